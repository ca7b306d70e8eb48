"""Compilers: clang from the ziglang wheel, and the GNU ones on PATH. Another is another class with the same four members.

A freestanding target implies -ffreestanding, which would leave every small memcpy of the kernels a call; -fhosted mends
it for clang, -fbuiltin for GCC (which as a hosted compiler would want newlib's headers). Only the file that defines memcpy
is compiled without builtins.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tinylm.cores import Core
from tinylm.errors import InputError, MissingError, ToolError, nearest
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


class _Cached:
    """What the compilers share: objects and linked files in the user's cache, named by a digest of all that went into them."""

    strict: bool

    @property
    def name(self) -> str:
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _machine(self, core: Core) -> Sequence[str]:
        raise NotImplementedError

    def _checks(self) -> list[str]:
        return []

    def _freestanding(self, libc: bool) -> list[str]:
        raise NotImplementedError

    def _script(self, script: Path, entry: str) -> list[str]:
        return ["-T", str(script), "-Wl,--gc-sections", f"-Wl,-e,{entry}"]

    def compile(self, units: Sequence[Unit], core: Core, includes: Sequence[Path]) -> list[Path]:
        folder = cache_dir() / "objects"
        folder.mkdir(exist_ok=True)
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(lambda unit: self._object(unit, core, includes, folder), units))

    def link(self, objects: Sequence[Path], core: Core, script: Path, entry: str, elf: Path) -> None:
        how = [*self._machine(core), *self._script(Path(script.name), entry)]
        key = _digest(self.name, *how, script.read_bytes(), *(path.name for path in objects))
        self._linked(key, [*self._machine(core), *map(str, objects), *self._script(script, entry)], elf)

    def shared(self, objects: Sequence[Path], core: Core, library: Path) -> None:
        key = _digest(self.name, *self._machine(core), *self._checks(), "shared", *(path.name for path in objects))
        self._linked(key, [*self._machine(core), *self._checks(), "-shared", *map(str, objects)], library)

    def program(self, objects: Sequence[Path], core: Core, executable: Path) -> None:
        """Link an executable for this machine."""
        self._run([*self._machine(core), *self._checks(), *map(str, objects), "-o", str(executable)], executable.name)

    def _flags(self, unit: Unit, core: Core) -> list[str]:
        flags = [*self._machine(core), *_COMMON, *self._checks(), f"-O{unit.level}"]
        if core.isa == "host":
            flags += ["-fPIC"]
        else:
            flags += self._freestanding(unit.libc)
        return flags + ["-Werror"] * self.strict

    def _object(self, unit: Unit, core: Core, includes: Sequence[Path], folder: Path) -> Path:
        flags = self._flags(unit, core)
        headers = inclusions(unit.source, includes)
        contents = [part for file in (unit.source, *headers) for part in (file.name, file.read_bytes())]
        target = folder / f"{PREFIX}{unit.part}--{unit.source.stem}-{_digest(self.name, *flags, *contents)[:24]}.o"
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
        command = [*self._command(), *arguments]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, errors="replace", check=False)
        said = done.stderr or done.stdout
        if done.returncode != 0 or (self.strict and "warning:" in said):
            raise ToolError(f"the compiler refused it: {_first_errors(said)}", where=what)


@dataclass(frozen=True)
class Zig(_Cached):
    """clang and lld from the ziglang wheel. strict: warnings are errors. sanitize: undefined behaviour stops the program."""

    strict: bool = False
    sanitize: bool = False

    @property
    def name(self) -> str:
        try:
            return f"zig {importlib.metadata.version('ziglang')}"
        except importlib.metadata.PackageNotFoundError:
            raise _no_zig() from None

    def _command(self) -> list[str]:
        if importlib.util.find_spec("ziglang") is None:
            raise _no_zig()
        return [sys.executable, "-m", "ziglang", "cc"]

    def _environment(self) -> dict[str, str]:
        zig = str(cache_dir() / "zig")
        return os.environ | {"ZIG_GLOBAL_CACHE_DIR": zig, "ZIG_LOCAL_CACHE_DIR": zig}

    def _machine(self, core: Core) -> Sequence[str]:
        return core.zig

    def _checks(self) -> list[str]:
        return ["-fsanitize=undefined", "-fno-sanitize-recover=all"] if self.sanitize else ["-fno-sanitize=undefined"]

    def _freestanding(self, libc: bool) -> list[str]:
        return ["-ffreestanding", "-fno-builtin"] if libc else ["-fhosted"]

    def _script(self, script: Path, entry: str) -> list[str]:
        # small pages: lld would put the ELF's own header into flash where a page has room for it
        return ["-Wl,-z,max-page-size=16", *super()._script(script, entry)]


@dataclass(frozen=True)
class Gcc(_Cached):
    """A GNU compiler, e.g. arm-none-eabi-gcc; ``find`` looks for the one of a core. version: as it tells it."""

    program_path: str
    version: str
    strict: bool = False

    @classmethod
    def find(cls, core: Core, strict: bool = False) -> Gcc:
        """The first on PATH that makes code for the core. Raises MissingError, which says how to get one."""
        names = [f"{prefix}gcc" for prefix in _GNU_PREFIXES[core.isa]]
        found = next(filter(None, map(shutil.which, names)), None)
        if found is None:
            hint = f"Install it ({_GNU_PACKAGES[core.isa]}) and put it on PATH, or leave --toolchain at zig."
            raise MissingError(f"no GNU compiler for {core.name} on PATH (looked for {', '.join(names)}).", hint=hint)
        done = subprocess.run([found, "-dumpfullversion"], capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise MissingError(f"{found} does not run: {_first_errors(done.stderr, 1)}", hint="Install it again.")
        return cls(found, done.stdout.strip(), strict)

    @property
    def name(self) -> str:
        return f"gcc {self.version}"

    def _command(self) -> list[str]:
        return [self.program_path]

    def _machine(self, core: Core) -> Sequence[str]:
        return core.gcc

    def _freestanding(self, libc: bool) -> list[str]:
        # the last: or loops become calls of strlen, and memcpy one of itself
        return ["-ffreestanding", "-fno-builtin" if libc else "-fbuiltin", "-fno-tree-loop-distribute-patterns"]

    def _script(self, script: Path, entry: str) -> list[str]:
        # -n: no padding of segments to pages, in which ld would put the ELF's own header into flash
        return ["-nostdlib", "-Wl,-n", *super()._script(script, entry), "-lgcc"]


_GNU_PREFIXES = {
    "arm": ("arm-none-eabi-",),
    "riscv": ("riscv32-unknown-elf-", "riscv64-unknown-elf-", "riscv-none-elf-", "riscv32-esp-elf-"),
    "host": ("",),
}
_GNU_PACKAGES = {
    "arm": "Debian and Ubuntu: gcc-arm-none-eabi; elsewhere the Arm GNU Toolchain",
    "riscv": "Debian and Ubuntu: gcc-riscv64-unknown-elf; elsewhere xPack's riscv-none-elf-gcc",
    "host": "Debian and Ubuntu: gcc",
}
TOOLCHAINS = ("zig", "gcc")


def toolchain(name: str, core: Core) -> Toolchain:
    """The compiler of that name for a core. Raises InputError: unknown name; MissingError: not installed."""
    if name not in TOOLCHAINS:
        raise InputError(f"unknown toolchain '{name}'.", hint=nearest(name, TOOLCHAINS))
    return Zig() if name == "zig" else Gcc.find(core)


def _no_zig() -> MissingError:
    return MissingError("no C compiler: the package 'ziglang' is not installed.", hint="Run: python -m pip install ziglang==0.16.0")


def _first_errors(text: str, count: int = 4) -> str:
    text = re.sub(r"\S*[/\\](?=[\w.-]+:\d)", "", text)  # the folder is a temporary one, gone when this is read
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "undefined" in line.lower()]
    return " | ".join((errors or lines or ["(it said nothing)"])[:count])


_INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def inclusions(source: Path, includes: Sequence[Path]) -> list[Path]:
    """Every header that a source includes by name in quotes, directly or not, taken or not; sorted. The compiler's own come with it."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        file = waiting.pop()
        for name in map(bytes.decode, _INCLUDE.findall(file.read_bytes())):
            header = next((folder / name for folder in (file.parent, *includes) if (folder / name).is_file()), None)
            if header and header not in found:
                found.add(header)
                waiting.append(header)
    return sorted(found)


def _digest(*parts: str | bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()
