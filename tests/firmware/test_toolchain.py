"""Both toolchains: the same sources without warnings, the same outputs; what is compiled when, and what a missing compiler says."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import pytest

from tests.firmware import standin
from tinylm import paths
from tinylm.boards import board
from tinylm.bundle import load_bundle
from tinylm.compiler.program import compile_bundle
from tinylm.cores import CORES
from tinylm.errors import InputError, MissingError
from tinylm.firmware import toolchain as toolchains
from tinylm.firmware.build import build, build_host
from tinylm.firmware.toolchain import TOOLCHAINS, Gcc, Unit, Zig, inclusions, toolchain


def gcc(core: str) -> Gcc:
    try:
        return Gcc.find(CORES[core], strict=True)
    except MissingError as error:
        pytest.skip(str(error))


@pytest.mark.slow
@pytest.mark.parametrize("core", [name for name, core in CORES.items() if core.isa != "host"])
def test_gcc_compiles_every_kernel_without_a_warning(core: str):
    compiler = gcc(core)
    folders = [paths.KERNELS / feature for feature in ("portable", *sorted(CORES[core].features))]
    units = [Unit(file, "kernels", "2") for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.[cS]"))]
    assert len(compiler.compile(units, CORES[core], [paths.KERNELS / "include"])) == len(units) > 50


@pytest.mark.parametrize("name", TOOLCHAINS)
def test_only_what_changed_is_compiled_again(name: str, tmp_path: Path, monkeypatch):
    """Nothing, within a second, where nothing did; no kernel where the model did: only model.h tells models apart."""
    where, bundle = board("mps2-an386"), load_bundle("commands")
    compiler, program = Zig() if name == "zig" else gcc("cortex-m4"), compile_bundle(bundle, where.core, "balanced")
    compiled: list[str] = []
    run = toolchains._Cached._run

    def noted(self: toolchains._Cached, arguments: list[str], what: str) -> None:
        compiled.append(what)
        run(self, arguments, what)

    first = build(bundle, program, where, tmp_path / "out", toolchain=compiler)
    monkeypatch.setattr(toolchains._Cached, "_run", noted)
    started = time.process_time()
    again = build(bundle, program, where, tmp_path / "out", toolchain=compiler)
    assert (again.build_id, compiled) == (first.build_id, []) and time.process_time() - started < 1
    program.files["model.h"] += f"#define TL_OTHER {uuid.uuid4().int & 0xFFFF}\n"
    build(bundle, program, where, tmp_path / "out", toolchain=compiler)
    kernels = {path.name for path in program.kernels}
    assert "model.c" in compiled and not kernels & set(compiled) and not {"startup.c", "mps.c", "tl_libc.c"} & set(compiled)


def test_nothing_is_left_in_the_users_tree(tmp_path: Path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("mps2-an386"), Path("out"))
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["out"]
    assert sorted(path.suffix for path in (tmp_path / "here/out").iterdir()) == ["", ".bin", ".elf", ".hex", ".json", ".map"]


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
