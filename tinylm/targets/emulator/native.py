"""Builds hook.c for this machine with the zig that tinylm depends on anyway, once, and keeps it in the user's cache."""

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

_SOURCE = Path(__file__).with_name("hook.c")
_FLAGS = ("-shared", "-fPIC", "-O2", "-fno-sanitize=undefined")
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


@cache
def build_hook() -> Any:
    """The function tl_block. Raises MissingError where the compiler is not there or refuses."""
    place = f"{' '.join(_FLAGS)} {sys.platform} {platform.machine()}"
    key = hashlib.sha256(_SOURCE.read_bytes() + place.encode()).hexdigest()[:16]
    library = cache_dir() / "emulator" / f"hook-{key}{_SUFFIX}"
    if not library.exists():
        _compile(library)
    try:
        return ctypes.CDLL(str(library)).tl_block
    except (OSError, AttributeError) as error:
        what = f"the emulator's native hook cannot be loaded ({error})."
        raise MissingError(what, where=str(library), hint="Delete that file.") from error


def _compile(library: Path) -> None:
    """Written aside and renamed: two processes may build at once, and each sees a whole file or none."""
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".hook.", dir=library.parent) as folder:
        made = Path(folder) / library.name
        command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, str(_SOURCE), "-o", str(made)]
        environment = {"ZIG_GLOBAL_CACHE_DIR": str(cache_dir() / "zig"), **os.environ}
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        except OSError as error:
            raise MissingError(f"the emulator's native hook cannot be built ({error}).") from error
        if done.returncode:
            raise MissingError(f"the emulator's native hook cannot be built: {done.stderr.strip()[-300:]}")
        os.replace(made, library)
