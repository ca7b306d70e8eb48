"""Compilers. One today: clang from the ziglang wheel. Another (GCC) is another class with the same four members.

A freestanding target implies -ffreestanding, which would leave every small memcpy of the kernels a call; -fhosted mends
it, and only the file that defines memcpy is compiled without builtins.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tinylm.cores import Core
from tinylm.errors import MissingError, ToolError
from tinylm.paths import cache_dir

Level = Literal["s", "2", "3"]
PREFIX = "tl-part-"
_WORKERS = 2
_COMMON = (
    *("-std=c99", "-Wall", "-Wextra", "-fomit-frame-pointer", "-ffunction-sections", "-fdata-sections", "-ffp-contract=off"),
    *("-fno-unwind-tables", "-fno-asynchronous-unwind-tables"),
)


@dataclass(frozen=True)
class Unit:
    """One source file. part: the line of the size report that its bytes belong to; level: -O; libc: it defines memcpy and friends."""

    source: Path
    part: str
    level: Level = "s"
    libc: bool = False


class Toolchain(Protocol):
    """Compiles for a core, and links. Raises ToolError with the compiler's first words, MissingError where there is no compiler."""

    @property
    def name(self) -> str:
        """Name and version, as reports show it."""
        ...

    def compile(self, units: Sequence[Unit], core: Core, includes: Sequence[Path]) -> list[Path]:
        """The object of each unit, from the cache where nothing changed. Their names start with ``tl-part-<part>--``."""
        ...

    def link(self, objects: Sequence[Path], core: Core, script: Path, entry: str, elf: Path) -> None:
        """Link a firmware image."""
        ...

    def shared(self, objects: Sequence[Path], core: Core, library: Path) -> None:
        """Link a shared library for this machine."""
        ...


@dataclass(frozen=True)
class Zig:
    """clang and lld from the ziglang wheel. strict: warnings are errors. sanitize: undefined behaviour stops the program."""

    strict: bool = False
    sanitize: bool = False

    @property
    def name(self) -> str:
        try:
            return f"zig {importlib.metadata.version('ziglang')}"
        except importlib.metadata.PackageNotFoundError:
            raise _missing() from None

    def compile(self, units: Sequence[Unit], core: Core, includes: Sequence[Path]) -> list[Path]:
        folder = cache_dir() / "objects"
        folder.mkdir(exist_ok=True)
        headers = _headers(includes)
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(lambda unit: self._object(unit, core, includes, headers, folder), units))

    def link(self, objects: Sequence[Path], core: Core, script: Path, entry: str, elf: Path) -> None:
        key = _digest(self.name, *core.zig, entry, script.read_bytes(), *(path.name for path in objects))
        self._linked(key, [*core.zig, *map(str, objects), "-T", str(script), "-Wl,--gc-sections", f"-Wl,-e,{entry}"], elf)

    def shared(self, objects: Sequence[Path], core: Core, library: Path) -> None:
        key = _digest(self.name, *core.zig, *self._checks(), "shared", *(path.name for path in objects))
        self._linked(key, [*core.zig, *self._checks(), "-shared", *map(str, objects)], library)

    def program(self, objects: Sequence[Path], core: Core, executable: Path) -> None:
        """Link an executable for this machine."""
        self._run([*core.zig, *self._checks(), *map(str, objects), "-o", str(executable)], executable.name)

    def _checks(self) -> list[str]:
        return ["-fsanitize=undefined", "-fno-sanitize-recover=all"] if self.sanitize else ["-fno-sanitize=undefined"]

    def _flags(self, unit: Unit, core: Core) -> list[str]:
        flags = [*core.zig, *_COMMON, *self._checks(), f"-O{unit.level}"]
        if core.isa == "host":
            flags += ["-fPIC"]
        else:
            flags += ["-ffreestanding", "-fno-builtin"] if unit.libc else ["-fhosted"]
        return flags + ["-Werror"] * self.strict

    def _object(self, unit: Unit, core: Core, includes: Sequence[Path], headers: str, folder: Path) -> Path:
        flags = self._flags(unit, core)
        key = _digest(self.name, *flags, headers, unit.source.name, unit.source.read_bytes())
        target = folder / f"{PREFIX}{unit.part}--{unit.source.stem}-{key[:24]}.o"
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=folder) as aside:
                made = Path(aside) / target.name
                paths = [f"-I{path}" for path in includes]
                self._run([*flags, *paths, "-c", str(unit.source), "-o", str(made)], unit.source.name)
                made.replace(target)
        return target

    def _linked(self, key: str, arguments: list[str], target: Path) -> None:
        kept = cache_dir() / "objects" / f"linked-{key[:24]}"
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=kept.parent) as aside:
                made = Path(aside) / target.name
                self._run([*arguments, "-o", str(made)], target.name)
                made.replace(kept)
        target.write_bytes(kept.read_bytes())

    def _run(self, arguments: Iterable[str], what: str) -> None:
        if importlib.util.find_spec("ziglang") is None:
            raise _missing()
        zig = str(cache_dir() / "zig")
        environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": zig, "ZIG_LOCAL_CACHE_DIR": zig}
        command = [sys.executable, "-m", "ziglang", "cc", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise ToolError(f"the compiler refused it: {_first_errors(done.stderr or done.stdout)}", where=what)


def _missing() -> MissingError:
    return MissingError("no C compiler: the package 'ziglang' is not installed.", hint="Run: python -m pip install ziglang==0.16.0")


def _first_errors(text: str, count: int = 4) -> str:
    text = re.sub(r"\S*[/\\](?=[\w.-]+:\d)", "", text)  # the folder is a temporary one, gone when this is read
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "undefined" in line.lower()]
    return " | ".join((errors or lines or ["(it said nothing)"])[:count])


def _headers(includes: Sequence[Path]) -> str:
    """Digest of every header that an include can find: coarse, but never stale."""
    files = [file for folder in includes for file in sorted(folder.glob("**/*.h"))]
    return _digest(*(part for file in files for part in (file.name, file.read_bytes())))


def _digest(*parts: str | bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()
