"""The one family of errors: what is wrong, where, and what to do.

Libraries raise these and never print; ``tinylm.cli`` turns one into a sentence on stderr and an exit code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_MISSING = 0, 1, 2, 3


class TinylmError(Exception):
    """A failure that a person can act on.

    what: one sentence. where: file, key, operator or tensor. hint: what to do about it.
    """

    exit_code = EXIT_USAGE

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.hint}" if self.hint else text


class InputError(TinylmError):
    """A file, name or value that the user gave is not usable."""


class ModelError(InputError):
    """A .tflite file that is damaged or holds something that cannot be compiled."""


class FitError(InputError):
    """The model does not fit the board: the numbers are in the message."""


class ToolError(TinylmError):
    """A tool that we ran (compiler, converter) refused its input: a defect of ours or of the tool."""


class MissingError(TinylmError):
    """Something that has to be there is not: a tool, an extra, a port."""

    exit_code = EXIT_MISSING


class TargetError(TinylmError):
    """The device under test did not behave: silence, garbage, a fault.

    transcript: the last lines of the session, where one was open; log: the file that holds all of them.
    """

    exit_code = EXIT_FAILED
    transcript: Sequence[str] = ()
    log: Path | None = None


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint naming the known word closest to ``name``, or all known words where none is close."""
    words = sorted(known)
    near = difflib.get_close_matches(name.lower(), words, n=1, cutoff=0.5)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Known: {', '.join(words)}."
