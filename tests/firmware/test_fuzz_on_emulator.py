"""Random lines into the shipped model's firmware on an emulated board: no fault, no overrun, an answer for each '%'."""

import pytest

from tests.firmware.lines import random_lines
from tinylm import boards
from tinylm.firmware.make import make_image

pytest.importorskip("unicorn")


@pytest.mark.slow
@pytest.mark.parametrize(("board", "count", "seed"), [*(("nrf52840", 2_500, seed) for seed in range(4)), ("pico", 1_000, 4)])
def test_random_lines_do_no_harm(board, count, seed, tmp_path):
    from tinylm.targets.emulator import EmulatorStream, Machine

    image = make_image(board, "commands", tmp_path / "image", "balanced")
    machine = Machine(boards.board(board), image.elf)  # stops at any access to nothing
    stream = EmulatorStream(machine, timeout=5.0)
    read_answer(stream, b"")
    for line in random_lines(seed, count).split(b"%")[:-1]:
        stream.write(line + b"%")
        read_answer(stream, line)
    stream.write(b"stack%")
    assert b"m-arena-[ok]" in read_answer(stream, b"stack")


def read_answer(stream, line):
    """Up to the 'm-ready' that ends it."""
    answer = b""
    while not answer.endswith(b"m-ready\r\n"):
        came = stream.read(1)
        assert came, f"silent after {line!r}: {answer[-200:]!r}"
        answer += came + stream.read(len(stream.machine.console.to_host))
    return answer
