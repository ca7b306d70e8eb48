"""Where the shipped data lies (beside the package in a checkout, inside it in a wheel), and safe writing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinylm.errors import InputError

_PACKAGE = Path(__file__).resolve().parent
_DATA = _PACKAGE / "_data" if (_PACKAGE / "_data").is_dir() else _PACKAGE.parent

BOARDS = _DATA / "boards"
SOCS = _DATA / "socs"
TEMPLATES = _DATA / "firmware_templates"
MODELS = _DATA / "models"
KERNELS = _PACKAGE / "kernels"


def cache_dir() -> Path:
    """The per-user cache (compiled kernels, the emulator's hook, the compiler's own cache)."""
    root = os.environ.get("TINYLM_CACHE") or os.environ.get("XDG_CACHE_HOME")
    base = Path(root) if root else Path.home() / ".cache"
    path = base / "tinylm"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the cache directory cannot be made ({error.strerror}).", where=str(path), hint="Set TINYLM_CACHE to a writable directory."
        ) from error
    return path


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Yield a fresh directory beside ``target``; when the block ends well, it takes the place of ``target``.

    An interrupted or failed block leaves ``target`` as it was. Raises InputError where the place is not writable.
    """
    target = target.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise InputError(
            f"the output directory cannot be written ({error.strerror}).", where=str(target), hint="Choose another with --output."
        ) from error
    try:
        yield aside
        _swap(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _swap(aside: Path, target: Path) -> None:
    aside.chmod(0o755)
    if not target.exists():
        aside.rename(target)
        return
    if not target.is_dir():
        raise InputError("the output path is a file, not a directory.", where=str(target), hint="Choose another with --output.")
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(old / "was")
    try:
        aside.rename(target)
    except OSError:
        (old / "was").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def need_writable(folder: Path) -> None:
    """Raises InputError where ``folder`` cannot be made or written in: to be asked before work whose result goes there."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    why = "Not a directory" if not there.is_dir() else None if os.access(there, os.W_OK | os.X_OK) else "Permission denied"
    if why:
        raise InputError(f"cannot be written ({why}: {there}).", where=str(folder), hint="Choose another place.")


def write_file(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all (written beside, then renamed); its folder is made."""
    payload = data.encode() if isinstance(data, str) else data
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise InputError(f"cannot be written ({error.strerror}).", where=str(path)) from error
