"""Numbers as the device writes them, against Python's."""

import ctypes
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinylm.targets.host import HostStream


@pytest.fixture(scope="module")
def written(libraries):
    stream = HostStream(libraries["add-one"])
    library = stream._library
    library.tl_put_fixed3.argtypes, library.tl_put_u64.argtypes = [ctypes.c_float], [ctypes.c_uint64]
    library.tl_put_hex.argtypes = [ctypes.c_uint32, ctypes.c_int]

    def call(name: str, *values: float) -> str:
        stream.reset_input_buffer()
        getattr(library, name)(*values)
        library.tl_end_line()
        return stream.read(100).decode().removesuffix("\r\n")

    yield call
    stream.close()


@given(st.integers(0, 2**64 - 1))
@example(0)
@example(9)
@example(10)
@example(2**32)
@example(2**64 - 1)
def test_integers(written, value):
    assert written("tl_put_u64", value) == str(value)


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_hexadecimal(written, value, digits):
    assert written("tl_put_hex", value, digits) == f"{value:08X}"[8 - digits :]


@given(st.floats(width=32, min_value=-(2.0**62), max_value=2.0**62))
@example(0.9996)
@example(-0.0004)
@example(1.0005)
@example(16777216.0)
def test_floats_have_three_decimals_and_are_as_near_as_that_allows(written, value):
    text = written("tl_put_fixed3", value)
    assert len(text.split(".")[1]) == 3 and text != "-0.000"
    assert abs(float(text) - value) <= 0.000501 + abs(value) * 1e-7


@pytest.mark.parametrize(("value", "text"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (1e30, "inf"), (-1e19, "-inf")])
def test_what_has_no_decimals(written, value, text):
    assert written("tl_put_fixed3", value) == text
