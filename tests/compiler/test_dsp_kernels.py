"""The other kernels for the DSP extension, and what is true of all of them, on an emulated Cortex-M4 with a fence behind every array."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.cases import GENERATORS
from tests.compiler.draw import Draw
from tests.compiler.layers import convolution, expect_equal, fully_connected, of, of_one_scale
from tests.compiler.on_core import Core, _Memory, build_kernels
from tinylm import paths
from tinylm.compiler.packing import linear

pytestmark = pytest.mark.usefixtures("no_signs")

DRAWN = ["FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "SUB", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D", "BATCH_MATMUL"]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("count", [30, pytest.param(400, marks=pytest.mark.slow)])
def test_drawn_models(m4: Core, name: str, count: int) -> None:
    """The models that the portable kernels are tested with, as far as they are int8."""
    seen = []

    @settings(max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def equal(data: st.DataObject) -> None:
        case = GENERATORS[name](Draw(data.draw))
        if all(values.dtype == np.int8 for values in case.inputs):
            seen.append(expect_equal(m4, case))

    equal()
    assert len(seen) > count // 8


@pytest.mark.parametrize("name", ["ADD", "SUB"])
@pytest.mark.parametrize("scales", [(0.1, 0.1), (0.1, 0.07), (0.01, 0.3)])
@pytest.mark.parametrize("proved", [True, False])
def test_sums_of_one_shape(m4: Core, name: str, scales: tuple[float, float], proved: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not proved:
        monkeypatch.setattr(linear, "linear", lambda *_: None)
    rng = np.random.default_rng(5)
    for size in (1, 3, 4, 256, 4097):
        outcome = expect_equal(m4, of_one_scale(name, (size,), scales, rng))
        table = "tl_sum_table_s8" if name == "ADD" else "tl_difference_table_s8"
        other = "tl_sum_pairs_s8" if proved else "tl_add_few_s8" if size < 600 else "tl_add_short_s8"
        assert outcome.functions == [table if scales[0] == scales[1] else other]


def test_words_are_where_hardware_wants_them(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Activations may lie anywhere (here they end where memory ends); arrays of words are aligned, and it would be seen if not."""
    rng = np.random.default_rng(11)
    w, x = of("random", rng, (9, 43)), of("random", rng, (3, 43))
    cases = [fully_connected(w, x, np.arange(9).astype(np.int32)), fully_connected(w // 16, x, np.arange(9).astype(np.int32), dtype="int4")]
    cases += [convolution("CONV_2D", rng, (1, 5, 6, depth), (3, 2), 5) for depth in (2, 3, 4)]
    cases += [convolution("DEPTHWISE_CONV_2D", rng, (1, 5, 6, 5), (3, 3), 1, stride=stride) for stride in (1, 2)]
    cases += [of_one_scale("ADD", (43,), (0.1, 0.07), rng)]
    for case in cases:
        m4.run(case, aligned=True)
    array = _Memory.array
    monkeypatch.setattr(_Memory, "array", lambda self, size, alignment: array(self, size, alignment) - 1)
    with pytest.raises(AssertionError, match="unaligned access"):
        m4.run(cases[0], aligned=True)


@pytest.mark.parametrize("core", ["cortex-m7", "cortex-m33"])
def test_other_cores_with_the_extension(core: str, tmp_path: Path) -> None:
    other, rng = Core(build_kernels(core, tmp_path), core), np.random.default_rng(10)
    for kind, dtype in (("random", "int8"), ("nibbles", "int4")):
        w = of("random", rng, (9, 43)) if kind == "random" else rng.integers(-8, 8, (9, 43)).astype(np.int8)
        expect_equal(other, fully_connected(w, of("random", rng, (2, 43)), np.arange(9).astype(np.int32), 1e-3, dtype=dtype))
    expect_equal(other, convolution("CONV_2D", rng, (1, 5, 6, 4), (3, 3), 5))
    expect_equal(other, convolution("DEPTHWISE_CONV_2D", rng, (1, 5, 6, 4), (3, 3), 1))


def test_kernels_build_for_the_m55(tmp_path: Path) -> None:
    assert build_kernels("cortex-m55", tmp_path).stat().st_size


@pytest.mark.parametrize("source", sorted((paths.KERNELS / "dsp").glob("*.S")), ids=lambda path: path.name)
def test_gnu_as_takes_the_assembly(source: Path, tmp_path: Path) -> None:
    gcc = shutil.which("arm-none-eabi-gcc")
    if gcc is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    flags = ["-mcpu=cortex-m4", "-mthumb", f"-I{paths.KERNELS / 'include'}"]
    done = subprocess.run([gcc, *flags, "-c", source, "-o", tmp_path / "out.o"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_small_code_uses_portable_kernels(m4: Core) -> None:
    rng = np.random.default_rng(6)
    case = fully_connected(of("random", rng, (4, 8)), of("random", rng, (1, 8)), np.zeros(4, np.int32))
    assert m4.run(case, optimize="size").functions == ["tl_fc_s8"]


def test_fewer_than_one_instruction_a_product(m4: Core) -> None:
    rng = np.random.default_rng(7)
    dense = fully_connected(of("random", rng, (128, 128)), of("random", rng, (1, 128)), np.zeros(128, np.int32))
    pointwise = convolution("CONV_2D", rng, (1, 6, 6, 64), (1, 1), 64, "random", activation=0)
    int4 = fully_connected(of("random", rng, (128, 128)) // 16, of("random", rng, (1, 128)), np.zeros(128, np.int32), dtype="int4")
    cases = ((dense, 1 << 14), (int4, 1 << 14), (pointwise, 9 << 14))
    per_product = [m4.run(case, count=True).instructions / products for case, products in cases]
    assert per_product[0] < 0.84 and per_product[1] < 0.99 and per_product[2] < 0.94


def gated(rng: np.random.Generator, count: int, product_zero: int = 0, old_scale: float = 1 / 128) -> Case:
    """h + LOGISTIC(a) * (TANH(b) - h)."""
    builder = Builder()
    a, b, h = (builder.input((1, count), scale=scale, zero_point=0) for scale in (1 / 16, 1 / 32, old_scale))
    z, c = builder.tensor((1, count), scale=1 / 256, zero_point=-128), builder.tensor((1, count), scale=1 / 128, zero_point=0)
    difference = builder.tensor((1, count), scale=1 / 64, zero_point=1)
    product = builder.tensor((1, count), scale=1 / 128, zero_point=product_zero)
    y = builder.output((1, count), scale=1 / 90, zero_point=5)
    builder.operator("LOGISTIC", [a], [z])
    builder.operator("TANH", [b], [c])
    builder.operator("SUB", [c, h], [difference], "SubOptions")
    builder.operator("MUL", [z, difference], [product], "MulOptions")
    builder.operator("ADD", [product, h], [y], "AddOptions")
    return Case(builder.finish(), [of("full", rng, (1, count)) for _ in range(3)])


@pytest.mark.parametrize("count", [1, 3, 4, 5, 88, 1000])
def test_a_gated_state_is_updated_in_one_pass(m4: Core, count: int) -> None:
    rng = np.random.default_rng(count)
    for zero in (0, 4):
        case = gated(rng, count, zero, 1 / 128 if not zero else 1 / 100)
        outcome = expect_equal(m4, case)
        sums = "tl_add_few_s8" if count < 600 else "tl_add_short_s8"
        fused = ["tl_gate_s8_13"] if not zero else ["tl_lookup_s8"] * 2 + [sums, "tl_mul_short_s8"]
        assert outcome.functions[: len(fused)] == fused
