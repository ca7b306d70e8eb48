"""The console under AddressSanitizer. zig's clang brings UBSan along (test_console.py) but no ASan, so this needs a GCC."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.firmware import standin
from tests.firmware.lines import random_lines
from tinylm.bundle import load_bundle
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.firmware.render import RUNTIME, TYPES, render

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")


def compile_driver(folder: Path, program: standin.StandinProgram, bundle) -> Path:
    sources = render(None, program, bundle)
    for name, text in sources.rendered.items():
        (folder / name).write_text(text)
    rendered = [str(folder / name) for name in sources.rendered if name.endswith(".c")]
    plain = [str(path) for paths in sources.plain.values() for path in paths]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    includes = [f"-I{path}" for path in (folder, RUNTIME, TYPES, *program.includes)]
    driver = str(Path(__file__).with_name("feed_driver.c"))
    done = subprocess.run(["gcc", *flags, *includes, *rendered, *plain, driver, "-o", folder / "driver"], capture_output=True, text=True)
    if "asan" in done.stderr and done.returncode:
        pytest.skip("this gcc has no AddressSanitizer")
    assert done.returncode == 0, done.stderr
    return folder / "driver"


@pytest.mark.parametrize("model", ["add_one", "language"])
def test_abuse_touches_no_memory_that_is_not_its_own(tmp_path, model):
    bundle = getattr(standin, f"{model}_bundle")(tmp_path / "bundle")
    driver = compile_driver(tmp_path, getattr(standin, model)(), bundle)
    overfill = (b"lm feed " + b"a" * 72 + b"%") * 5 + b"lm generate 40%db load 8%db " + b"00" * 40 + b"%"
    data = overfill + b"db load 77777777777777777777%" + random_lines(7, 20_000)
    done = subprocess.run([driver], input=data, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert done.stdout.count(b"m-ready\r\n") == data.count(b"%") + 1


@pytest.mark.slow
def test_ten_thousand_random_lines_into_the_shipped_model(tmp_path):
    bundle = load_bundle("commands")
    driver = compile_driver(tmp_path, compile_bundle(bundle, core("host"), "balanced"), bundle)
    data = random_lines(11, 10_000) + b"name%"
    done = subprocess.run([driver], input=data, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert done.stdout.count(b"m-ready\r\n") == data.count(b"%") + 1
    assert done.stdout.endswith(b"m-name-dut-[tinylm-host]\r\nm-ready\r\n")


def test_the_address_sanitizer_works(tmp_path):
    program = standin.add_one()
    program.files["model.c"] = program.files["model.c"].replace("tl_arena[i] = 0x77;", "tl_arena[i + 4096] = 0x77;")
    driver = compile_driver(tmp_path, program, standin.add_one_bundle(tmp_path / "bundle"))
    done = subprocess.run([driver], input=b"infer 1%", capture_output=True, timeout=60)
    assert b"global-buffer-overflow" in done.stderr or b"out of bounds" in done.stderr
