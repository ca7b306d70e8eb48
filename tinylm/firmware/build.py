"""A program, a bundle and a board make an image; without a board, a shared library of the same C for this machine."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinylm.boards import HOST, Board
from tinylm.bundle import Bundle
from tinylm.cores import CORES
from tinylm.errors import InputError
from tinylm.firmware import fit, image, sizes
from tinylm.firmware.render import RUNTIME, SCRIPT, TYPES, Program, Sources, cpu_folder, part_of, render, tables_of
from tinylm.firmware.renode import FOLDER, renode_files
from tinylm.firmware.toolchain import Level, Toolchain, Unit, Zig
from tinylm.paths import written_aside

Optimize = Literal["size", "balanced", "speed"]
Constants = Literal["auto", "flash", "ram"]
ENTRY = "Reset_Handler"
_KERNEL_LEVEL: dict[str, Level] = {"size": "s", "balanced": "2", "speed": "3"}
_LIBRARY = {"win32": "firmware.dll", "darwin": "libfirmware.dylib"}.get(sys.platform, "libfirmware.so")


@dataclass(frozen=True)
class BuildResult:
    """A built image. files: elf hex bin uf2 map. seconds: wall time of the build."""

    board: str
    core: str
    model: str
    toolchain: str
    optimize: str
    build_id: str
    seconds: float
    files: dict[str, Path]
    sizes: sizes.Sizes

    @property
    def elf(self) -> Path:
        return self.files["elf"]

    def to_json(self) -> dict[str, object]:
        """The stable keys of `build --json`."""
        return {
            "board": self.board,
            "core": self.core,
            "model": self.model,
            "runtime": "tinylm",
            "toolchain": self.toolchain,
            "optimize": self.optimize,
            "build_id": self.build_id,
            "seconds": round(self.seconds, 3),
            "files": {kind: str(path) for kind, path in self.files.items()},
            **self.sizes.to_json(),
        }


def build(
    bundle: Bundle,
    program: Program,
    board: Board,
    out_dir: Path,
    *,
    optimize: Optimize = "balanced",
    constants: Constants = "auto",
    toolchain: Toolchain | None = None,
) -> BuildResult:
    """Build the firmware into ``out_dir``: firmware.{elf,hex,bin,uf2,map}, src/, build.json. It is replaced whole or not at all.

    constants: where the model's weights and tables are read from; auto: RAM where the board's flash is slow and there is room, unless
    ``optimize`` is size.
    Raises FitError (does not fit the board), InputError (output not writable, bad tokenizer), ToolError, MissingError (no compiler).
    """
    started = time.monotonic()
    compiler = toolchain or Zig()
    in_ram = constants == "ram" or (constants == "auto" and optimize != "size" and fit.constants_pay_in_ram(board, program))
    if constants == "ram" and board.soc.data_window is not None:
        raise InputError(f"--constants ram is not there for the {board.soc.title}: it has a cache for them.", where=board.name)
    fit.check_estimate(board, program, tables_of(bundle), in_ram)
    sources = render(board, program, bundle, (compiler.name, optimize), in_ram)
    target = out_dir.resolve()
    with written_aside(target) as aside:
        src = _write_sources(sources, aside / "src", f"{bundle.name} for {board.file.title}")
        objects = compiler.compile(
            _units(sources, src, optimize, program.minor), board.core, [src, RUNTIME, cpu_folder(board), TYPES, *program.includes]
        )
        compiler.link(objects, board.core, src / SCRIPT, ENTRY, aside / "firmware.elf")
        elf = image.with_boot2_crc((aside / "firmware.elf").read_bytes())
        measured = sizes.measure(elf, board)
        fit.check_image(board, program, measured)
        kinds = _write_images(elf, board, aside)
        for name, text in renode_files(board, bundle, sources.build_id).items():
            (aside / FOLDER).mkdir(exist_ok=True)
            (aside / FOLDER / name).write_text(text)
        result = BuildResult(
            board=board.name,
            core=board.core.name,
            model=bundle.name,
            toolchain=compiler.name,
            optimize=optimize,
            build_id=sources.build_id,
            seconds=time.monotonic() - started,
            files={kind: target / f"firmware.{kind}" for kind in kinds},
            sizes=measured,
        )
        (aside / "build.json").write_text(json.dumps(result.to_json(), indent=2) + "\n")
    return result


def build_host(bundle: Bundle, program: Program, out_dir: Path, *, sanitize: bool = False, toolchain: Toolchain | None = None) -> Path:
    """Build the same C as a shared library in ``out_dir`` (replaced). sanitize: undefined behaviour aborts. Raises as build does."""
    compiler = toolchain or Zig(sanitize=sanitize)
    sources = render(None, program, bundle, (compiler.name, HOST))
    target = out_dir.resolve()
    core = CORES[HOST]
    with written_aside(target) as aside:
        src = _write_sources(sources, aside / "src", f"{bundle.name} for this machine")
        objects = compiler.compile(_units(sources, src, "balanced", program.minor), core, [src, RUNTIME, TYPES, *program.includes])
        compiler.shared(objects, core, aside / _LIBRARY)
    return target / _LIBRARY


def _units(sources: Sources, src: Path, optimize: Optimize, minor: Collection[Path]) -> list[Unit]:
    """minor: kernels that are compiled to be small whatever ``optimize`` is."""
    kernel: Level = _KERNEL_LEVEL[optimize]
    levels: dict[str, Level] = {"kernels": kernel, "model": "2" if optimize == "speed" else "s"}
    rendered = [(part_of(name), src / name) for name in sorted(sources.rendered) if name.endswith(".c")]
    plain = [(part, path) for part, paths in sources.plain.items() for path in paths]
    return [
        Unit(path, part, "s" if path in minor else levels.get(part, "s"), libc=path.stem == "tl_libc") for part, path in [*rendered, *plain]
    ]


def _write_sources(sources: Sources, src: Path, title: str) -> Path:
    src.mkdir()
    head = f"/* Generated by tinylm: {title}. Every build makes it again: change the templates or the model, not this file. */\n"
    for name, text in sources.rendered.items():
        (src / name).write_text(head + text)
    return src


def _write_images(elf: bytes, board: Board, folder: Path) -> Sequence[str]:
    kinds = {"elf": elf, "hex": image.to_hex(elf).encode(), "bin": image.to_bin(elf), "map": sizes.memory_map(elf).encode()}
    if board.soc.uf2_family is not None:
        kinds["uf2"] = image.to_uf2(elf, board.soc.uf2_family)
    for kind, data in kinds.items():
        (folder / f"firmware.{kind}").write_bytes(data)
    return list(kinds)
