"""Builds hook.c and stalls.c for this machine with the zig that tinylm depends on anyway, once, and keeps them in the user's cache."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tinylm.errors import MissingError
from tinylm.paths import cache_dir

_FOLDER = Path(__file__).parent
_FLAGS = ("-shared", "-fPIC", "-O2", "-fno-sanitize=undefined")
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


def build_hook() -> Any:
    """The function tl_block. Raises MissingError where the compiler is not there or refuses."""
    return _functions("hook.c", "tl_block")[0]


def build_stalls() -> tuple[Any, ...]:
    """The functions tl_fetch and tl_load. Raises MissingError likewise."""
    return _functions("stalls.c", "tl_fetch", "tl_load")


@cache
def _functions(source: str, *names: str) -> tuple[Any, ...]:
    place = f"{' '.join(_FLAGS)} {sys.platform} {platform.machine()}"
    key = hashlib.sha256((_FOLDER / source).read_bytes() + place.encode()).hexdigest()[:16]
    library = cache_dir() / "emulator" / f"{Path(source).stem}-{key}{_SUFFIX}"
    if not library.exists():
        _compile(_FOLDER / source, library)
    try:
        loaded = ctypes.CDLL(str(library))
        return tuple(getattr(loaded, name) for name in names)
    except (OSError, AttributeError) as error:
        what = f"the emulator's native hook cannot be loaded ({error})."
        raise MissingError(what, where=str(library), hint="Delete that file.") from error


def _compile(source: Path, library: Path) -> None:
    """Written aside and renamed: two processes may build at once, and each sees a whole file or none."""
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".hook.", dir=library.parent) as folder:
        made = Path(folder) / library.name
        command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, str(source), "-o", str(made)]
        environment = {"ZIG_GLOBAL_CACHE_DIR": str(cache_dir() / "zig"), **os.environ}
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        except OSError as error:
            raise MissingError(f"the emulator's native hook cannot be built ({error}).") from error
        if done.returncode:
            raise MissingError(f"the emulator's native hook cannot be built: {done.stderr.strip()[-300:]}")
        os.replace(made, library)
