"""Both toolchains: the same sources without warnings, the same outputs; what is compiled when, and what a missing compiler says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.firmware import standin
from tests.shelf import CORES as CORE_BOARDS
from tests.shelf import EMULATED, PORTS, slow_but
from tinylm import paths
from tinylm.bench.check import run_checks
from tinylm.bench.make import end_token
from tinylm.boards import board, names
from tinylm.bundle import load_bundle
from tinylm.compiler.program import compile_bundle
from tinylm.cores import CORES
from tinylm.errors import InputError, MissingError
from tinylm.firmware.build import build, build_host
from tinylm.firmware.toolchain import Gcc, Unit, Zig, inclusions, toolchain
from tinylm.targets.open import open_emulator


def gcc(core: str) -> Gcc:
    try:
        return Gcc.find(CORES[core], strict=True)
    except MissingError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", slow_but([*CORE_BOARDS, *PORTS], names()))
def test_gcc_builds_the_language_model_without_a_warning(name: str, tmp_path: Path):
    """strict: whatever the compiler or the linker warns of is an error."""
    where, bundle = board(name), load_bundle("commands")
    built = build(bundle, compile_bundle(bundle, where.core, "balanced"), where, tmp_path / "out", toolchain=gcc(where.core.name))
    assert built.toolchain.startswith("gcc ")
    assert built.sizes.flash["constants"] > 90_000 and built.sizes.ram["stack"] == where.file.reserve.stack


@pytest.mark.slow
@pytest.mark.parametrize("name", EMULATED)
def test_gcc_images_equal_the_oracle(name: str, tmp_path: Path):
    pytest.importorskip("unicorn")
    where, bundle = board(name), load_bundle("commands")
    program = compile_bundle(bundle, where.core, "balanced")
    built = build(bundle, program, where, tmp_path / "out", toolchain=gcc(where.core.name))
    with open_emulator(where, built.elf, built.build_id, end_token(bundle)) as device:
        report = run_checks(device, bundle, lambda *_: None)
    assert report.passed and report.compared >= 1000, [check for check in report.checks if not check.passed]


@pytest.mark.slow
@pytest.mark.parametrize("core", [name for name, core in CORES.items() if core.isa != "host"])
def test_gcc_compiles_every_kernel_without_a_warning(core: str):
    compiler = gcc(core)
    folders = [paths.KERNELS / feature for feature in ("portable", *sorted(CORES[core].features))]
    units = [Unit(file, "kernels", "2") for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.[cS]"))]
    assert len(compiler.compile(units, CORES[core], [paths.KERNELS / "include"])) == len(units) > 50


def test_kernels_are_compiled_once_a_core_not_once_a_model(tmp_path: Path, monkeypatch):
    """Models differ in model.h, which no kernel and nearly nothing of the runtime includes."""
    monkeypatch.setenv("TINYLM_CACHE", str(tmp_path / "cache"))
    where, bundle = board("mps2-an386"), load_bundle("commands")
    program = compile_bundle(bundle, where.core, "balanced")
    build(bundle, program, where, tmp_path / "one")
    before = {path.name for path in (tmp_path / "cache/tinylm/objects").glob("*.o")}
    program.files["model.h"] += "#define TL_OTHER 1\n"
    build(bundle, program, where, tmp_path / "two")
    added = {
        path.name.split("--")[1].rsplit("-", 1)[0] for path in (tmp_path / "cache/tinylm/objects").glob("*.o") if path.name not in before
    }
    assert added and not [name for name in added if name.endswith("_s8") or name in ("startup", "mps", "tl_libc", "tl_format")]
    assert sum("kernels--" in name for name in before) == len(program.kernels)


def test_nothing_is_left_in_the_users_tree(tmp_path: Path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("mps2-an386"), Path("out"))
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["out"]
    assert sorted(path.suffix for path in (tmp_path / "here/out").iterdir()) == ["", ".bin", ".elf", ".hex", ".json", ".map"]


def test_a_rebuild_that_changes_nothing_takes_under_a_second(tmp_path: Path):
    bundle, where = load_bundle("commands"), board("mps2-an386")
    program = compile_bundle(bundle, where.core, "balanced")
    for compiler in (Zig(), gcc("cortex-m4")):
        first = build(bundle, program, where, tmp_path / "out", toolchain=compiler)
        again = build(bundle, program, where, tmp_path / "out", toolchain=compiler)
        assert again.build_id == first.build_id and again.seconds < 1


def test_the_build_id_tells_the_toolchains_apart(tmp_path: Path):
    bundle, program, where = standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("mps2-an386")
    ids = {build(bundle, program, where, tmp_path / "out", toolchain=compiler).build_id for compiler in (Zig(), gcc("cortex-m4"))}
    assert len(ids) == 2


def test_the_host_library_can_be_built_with_gcc(tmp_path: Path):
    library = build_host(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), tmp_path / "out", toolchain=gcc("host"))
    assert library.stat().st_size > 1000


@pytest.mark.parametrize(("core", "package"), [("cortex-m4", "gcc-arm-none-eabi"), ("rv32imc", "gcc-riscv64-unknown-elf")])
def test_a_missing_gcc_says_how_to_get_one(core: str, package: str, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match=rf"no GNU compiler for {core} on PATH.*{package}.*zig") as missing:
        toolchain("gcc", CORES[core])
    assert missing.value.exit_code == 3


def test_a_gcc_that_does_not_run_is_named(tmp_path: Path, monkeypatch):
    broken = tmp_path / "arm-none-eabi-gcc"
    broken.write_text("#!/bin/sh\necho cannot load libisl.so >&2\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match=r"arm-none-eabi-gcc does not run: cannot load libisl\.so"):
        toolchain("gcc", CORES["cortex-m4"])


def test_an_unknown_toolchain_offers_the_nearest():
    with pytest.raises(InputError, match=r"unknown toolchain 'gc'\. Did you mean 'gcc'\?"):
        toolchain("gc", CORES["cortex-m4"])


def test_inclusions_are_followed_through_headers_and_conditions(tmp_path: Path):
    (tmp_path / "inc").mkdir()
    (tmp_path / "a.c").write_text('#include <stdint.h>\n#ifdef X\n#  include "b.h"\n#endif\n// "d.h"\n')
    (tmp_path / "b.h").write_text('#include "c.h"\n#include "b.h"\n')
    (tmp_path / "inc" / "c.h").write_text("int c;\n")
    (tmp_path / "inc" / "d.h").write_text("int d;\n")
    assert [path.name for path in inclusions(tmp_path / "a.c", [tmp_path / "inc"])] == ["b.h", "c.h"]
