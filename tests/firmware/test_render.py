"""Rendered firmware against tests/golden; --update-golden writes it anew."""

import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from tests.firmware import standin, standin_commands
from tests.shelf import PORTS
from tinylm.boards import board
from tinylm.errors import InputError
from tinylm.firmware.render import RUNTIME, c_string, render
from tinylm.paths import KERNELS


@pytest.mark.parametrize("name", PORTS)
def test_rendered_files_are_the_reviewed_ones(name, tmp_path, golden):
    sources = render(board(name), standin.language(), standin.language_bundle(tmp_path))
    apart = ("model", "tokenizer", "language", "info", "tl_bench")
    rendered = {file: text for file, text in sources.rendered.items() if not file.startswith(apart)}
    assert set(rendered) == {"startup.c", "link.ld", f"{board(name).soc.port}.c"}
    for file, text in rendered.items():
        golden(f"{name}/{file}", text)


def test_tokenizer_tables_are_the_reviewed_ones(tmp_path, golden):
    golden("tokenizer_data.c", render(None, standin.language(), standin.language_bundle(tmp_path)).rendered["tokenizer_data.c"])


def test_tables_of_a_model_of_commands_are_the_reviewed_ones(tmp_path, golden):
    rendered = render(None, standin_commands.program(), standin_commands.bundle(tmp_path)).rendered
    for name in ("language_data.c", "home_data.c", "grammar_data.c"):
        golden(name, rendered[name])


def test_only_a_language_model_carries_a_tokenizer(tmp_path):
    sources = render(board("pico"), standin.add_one(), standin.add_one_bundle(tmp_path))
    assert "tokenizer_data.c" not in sources.rendered
    runtime = {path.name for path in sources.plain["runtime"]}
    assert "tl_lm_none.c" in runtime and not runtime & {"tl_lm.c", "tl_text.c", "tl_read.c", "tl_step.c"}


def test_no_file_of_the_runtime_hides_one_of_the_kernels():
    kernels = {path.name for path in KERNELS.rglob("*.[chS]")}
    assert not kernels & {path.name for path in RUNTIME.glob("*")}


def test_a_model_pays_only_for_what_it_uses(tmp_path):
    plain = {path.name for path in render(None, standin.language(), standin.language_bundle(tmp_path / "a")).plain["runtime"]}
    full = {path.name for path in render(None, standin_commands.program(), standin_commands.bundle(tmp_path / "b")).plain["runtime"]}
    assert full - plain == {"tl_answer.c", "tl_home.c", "tl_numbers.c"} and plain - full == {"tl_sample.c", "tl_keep.c", "tl_snapshot.c"}


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("nrf52840", {"clock_hz": 32_000_000}, "64000000 Hz only"),
        ("pico", {"clock_hz": 12_000_000}, "whole MHz from 63 to 133"),
        ("pico", {"clock_hz": 100_000_500}, "whole MHz"),
        ("pico", {"baud": 100}, "baud rate not supported"),
        ("nrf52840", {"baud": 12_345}, "baud rate not supported by the UARTE. Possible: 9600,"),
    ],
)
def test_a_clock_or_baud_rate_that_the_chip_cannot_make_is_refused(tmp_path, name, change, words):
    good = board(name)
    if "baud" in change:
        change = {"console": msgspec.structs.replace(good.file.console, **change)}
    changed = replace(good, file=msgspec.structs.replace(good.file, **change))
    with pytest.raises(InputError, match=words):
        render(changed, standin.add_one(), standin.add_one_bundle(tmp_path))


@pytest.mark.parametrize("baud", [9600, 115200, 460800, 921600])
def test_the_pl011_divisor_is_within_two_percent(tmp_path, baud):
    good = board("pico")
    changed = replace(good, file=msgspec.structs.replace(good.file, console=msgspec.structs.replace(good.file.console, baud=baud)))
    text = render(changed, standin.add_one(), standin.add_one_bundle(tmp_path)).rendered["rp2040.c"]
    whole, part = (int(text.split(f"UART{reg} = ")[1].split(";")[0]) for reg in ("IBRD", "FBRD"))
    assert 125e6 / (16 * (whole + part / 64)) == pytest.approx(baud, rel=0.02)


def test_c_strings_survive_what_a_token_may_hold():
    text = 'a"\\?1\n\0é'
    assert c_string(text) == '"a\\042\\134\\0771\\012\\000\\303\\251"'


def test_rendering_does_not_depend_on_the_process(tmp_path):
    """Hash seeds and the like must not get into the build id."""
    bundle = standin.language_bundle(tmp_path)
    script = (
        "from pathlib import Path; from tests.firmware import standin;"
        "from tinylm.boards import board; from tinylm.firmware.render import render;"
        f"print(render(board('pico'), standin.language(), standin.language_bundle(Path({str(tmp_path)!r}))).build_id)"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert other == render(board("pico"), standin.language(), bundle).build_id
