"""Waiting for flash is counted line by line, through a cache where the chip has one."""

import ctypes as c

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.targets.conftest import Start
from tinylm.boards import FlashTiming
from tinylm.targets.emulator import native
from tinylm.targets.emulator.stalls import Stalls, _cache, _State

WAIT = 5


def waited(addresses: list[int], line: int, size: int, prefetch: bool) -> int:
    """Cycles that loads of four bytes wait, by hook.c's neighbour."""
    inside, cache = c.c_uint32(1), _cache(size, line)
    state = _State(
        end=1 << 20,
        shift=line.bit_length() - 1,
        wait=WAIT,
        prefetch=prefetch,
        inside=c.addressof(inside),
        code=c.addressof(cache),
        data=c.addressof(cache),
    )
    load = native.build_stalls()[1]
    load.argtypes = [c.c_void_p, c.c_int, c.c_uint64, c.c_int, c.c_int64, c.c_void_p]
    for address in addresses:
        load(None, 0, address, 4, 0, c.addressof(state))
    return state.load


def expected(addresses: list[int], line: int, size: int, prefetch: bool) -> int:
    """The same, said plainly: sets of two lines, the less recently used one goes."""
    sets: dict[int, list[int]] = {}
    count, last, cycles = size // line // 2, -2, 0
    for address in addresses:
        number = address // line
        held = sets.setdefault(number % count, []) if count else [last]
        if number not in held and not (prefetch and number == last + 1):
            cycles += WAIT
        if count:
            sets[number % count] = [*[other for other in held if other != number][-1:], number]
        last = number
    return cycles


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 255).map(lambda word: 4 * word), max_size=200),
    st.sampled_from([4, 8, 16, 32]),
    st.sampled_from([0, 64, 256]),
    st.booleans(),
)
def test_loads_wait_as_a_two_way_cache_says(addresses: list[int], line: int, size: int, prefetch: bool):
    assert waited(addresses, line, size, prefetch) == expected(addresses, line, size, prefetch)


@pytest.mark.parametrize(("size", "least", "most"), [(0, 1000 * WAIT, 10**6), (1024, WAIT, 20 * WAIT)], ids=["no cache", "cache"])
def test_a_loop_waits_once_where_the_cache_holds_it(on_nrf: Start, size: int, least: int, most: int):
    device = on_nrf()
    device.machine.watch("counted")
    stalls = Stalls(device.machine, FlashTiming(wait_states=WAIT, line_bytes=4, source="", instruction_cache=size))
    device("c")
    assert least <= stalls.fetch <= most


def test_counting_waits_changes_nothing_that_the_program_does(on_nrf: Start):
    """A hook on a load in an IT block made unicorn leave out instructions of the next block (its issue 2309)."""
    device = on_nrf()
    stalls = Stalls(device.machine, FlashTiming(wait_states=WAIT, line_bytes=4, source=""))
    assert device("?").split()[:2] == [b"0000002d", b"0000002c"]  # 45 and 44
    assert stalls.load == 0  # nothing is watched
