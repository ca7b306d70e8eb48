"""UF2 bootloaders: drives with an INFO_UF2.TXT that names the board (microsoft/uf2, README: "Files exposed by bootloaders")."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinylm.errors import InputError, TargetError

INFO = "INFO_UF2.TXT"
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Drive:
    """A mounted bootloader. board_id: the Board-ID it states."""

    folder: Path
    board_id: str

    def __str__(self) -> str:
        return f"{self.folder} ({self.board_id})"


def read_drive(folder: Path) -> Drive | None:
    """The bootloader mounted at ``folder``; None: it is none."""
    try:
        text = (folder / INFO).read_text(errors="replace")
    except OSError:
        return None
    found = re.search(r"^Board-ID:\s*(.+?)\s*$", text, re.MULTILINE)
    return Drive(folder, found[1] if found else "no Board-ID")


def drives() -> list[Drive]:
    """Every UF2 drive that this machine has mounted. TINYLM_DRIVES: folders to look at instead of the usual places."""
    named = os.environ.get("TINYLM_DRIVES")
    places = [Path(part) for part in named.split(os.pathsep) if part] if named is not None else _mounted()
    return [drive for place in sorted(set(places)) if (drive := read_drive(place))]


def _mounted() -> list[Path]:
    if sys.platform == "win32":
        return [Path(f"{letter}:/") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ"]
    if sys.platform == "darwin":
        return list(Path("/Volumes").glob("*"))
    try:
        lines = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return []
    points = [line.split()[1].encode().decode("unicode_escape") for line in lines]  # a space in a name is written \040
    return [Path(point) for point in points if point.startswith(("/media/", "/run/media/", "/mnt"))]


def choose(wanted: Sequence[str], place: str | None, title: str) -> Drive | None:
    """The drive of a board with one of the Board-IDs ``wanted``: the one at ``place``, or the only one there is; None: none is.

    Raises InputError: several, or another board at ``place``.
    """
    if place is not None:
        drive = read_drive(Path(place))
        if drive is None:
            return None
        if drive.board_id not in wanted:
            hint = f"The {title} calls itself {' or '.join(wanted)}. Nothing was written."
            raise InputError(f"this is the drive of another board: {drive.board_id}.", where=place, hint=hint)
        return drive
    found = [drive for drive in drives() if drive.board_id in wanted]
    if len(found) > 1:
        raise InputError(f"several boards wait for an image: {', '.join(map(str, found))}.", hint="Name the drive with --port.")
    return found[0] if found else None


def copy(image: Path, drive: Drive, recover: str) -> None:
    """Copy a UF2 file. Raises InputError: no room, nothing written; TargetError: full or gone in the middle."""
    data = image.read_bytes()
    free = shutil.disk_usage(drive.folder).free
    if free < len(data):
        what = f"the drive has {free} bytes free, the image takes {len(data)}. Nothing was written."
        raise InputError(what, where=str(drive.folder), hint="Is it the bootloader's drive? Unplug the board and plug it in again.")
    written = 0
    try:
        with open(drive.folder / image.name, "wb", buffering=0) as file:
            while written < len(data):
                written += file.write(data[written : written + _CHUNK])
            _settle(file.fileno())
    except OSError as error:
        if written == len(data) and not (drive.folder / INFO).exists():
            return  # a bootloader takes its drive away as soon as it has the last block
        why = "the drive is full" if error.errno == errno.ENOSPC else f"the drive went away ({error.strerror})"
        what = f"{why} after {written} of {len(data)} bytes: the board holds no valid image."
        raise TargetError(what, where=str(drive.folder), hint=recover) from error


def _settle(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file that cannot be synced has nothing to sync
            raise
