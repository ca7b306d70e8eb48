"""Labelled inputs as MLPerf Tiny has them: a folder (or a zip of it) with y_labels.csv and one file an input.

A line of y_labels.csv is ``file,classes,class``, and for a sliding window ``,bytes,stride`` besides (mlcommons/tiny,
benchmark/evaluation/datasets/README.md). Without y_labels.csv the number before ``.bin`` is the class, as in the keyword set's names.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinylm.errors import InputError

LABELS = "y_labels.csv"
_NAMED = re.compile(r"(?:.*_)?(\d+)\.bin")


@dataclass(frozen=True)
class Sample:
    """windows: the bytes to load, one after the other; one of them for all models but a sliding window's. label: its class."""

    name: str
    label: int
    windows: list[bytes]


@dataclass(frozen=True)
class _Row:
    """A line of y_labels.csv. window, stride: bytes, None where the whole file is one input."""

    file: str
    label: int
    window: int | None = None
    stride: int | None = None


def load_dataset(path: Path, sizes: set[int]) -> list[Sample]:
    """The samples in their order. sizes: bytes that the device takes in a load.

    Raises InputError: not there, no labels, a file that is missing, a size that the model does not take.
    """
    read, names = _source(path)
    where = str(path)
    if LABELS in names:
        rows = _rows(read(LABELS).decode("utf-8", "replace"), f"{path}/{LABELS}")
    else:
        rows = [_Row(name, int(found[1])) for name in names if (found := _NAMED.fullmatch(name))]
    if not rows:
        raise InputError(f"has no labelled inputs: neither {LABELS} nor files named ..._CLASS.bin.", where=where)
    missing = [row.file for row in rows if row.file not in names]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"{LABELS} names '{missing[0]}'{more}, which is not there.", where=where)
    return [_sample(row, read(row.file), sizes, where) for row in rows]


def _source(path: Path) -> tuple[Callable[[str], bytes], list[str]]:
    """How to read a file of the set by its name, and the names in order."""
    if path.is_dir():
        return lambda name: (path / name).read_bytes(), sorted(entry.name for entry in path.iterdir() if entry.is_file())
    if not path.is_file():
        raise InputError("no such folder or zip of labelled inputs.", where=str(path))
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError("is neither a folder nor a zip.", where=str(path)) from error
    entries = {Path(name).name: name for name in sorted(archive.namelist()) if not name.endswith("/")}
    return lambda name: archive.read(entries[name]), list(entries)


def _rows(text: str, where: str) -> list[_Row]:
    rows = []
    for number, fields in enumerate(csv.reader(io.StringIO(text)), 1):
        if not fields:
            continue
        try:
            numbers = [int(field) for field in fields[1:]]
            if len(numbers) not in (2, 4) or not 0 <= numbers[1] < numbers[0] or min(numbers[2:], default=1) <= 0:
                raise ValueError
        except ValueError:
            what = f"line {number} is not 'file,classes,class' or 'file,classes,class,bytes,stride': '{','.join(fields)[:60]}'."
            raise InputError(what, where=where) from None
        rows.append(_Row(fields[0], numbers[1], *numbers[2:]))
    return rows


def _sample(row: _Row, data: bytes, sizes: set[int], where: str) -> Sample:
    size, stride = row.window or len(data), row.stride or 1
    if size not in sizes:
        taken = " or ".join(f"{size:,}" for size in sorted(sizes))
        raise InputError(f"'{row.file}' is an input of {size:,} bytes; the model takes {taken}.", where=where)
    starts = range(0, len(data) - size + 1, stride) if row.window else (0,)
    windows = [data[start : start + size] for start in starts]
    if not windows:
        raise InputError(f"'{row.file}' has {len(data):,} bytes, less than one window of {size:,}.", where=where)
    return Sample(row.file, row.label, windows)
