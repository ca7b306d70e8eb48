"""Kinds of layers that a student of text can be made of: a cell is a file, and a row here."""

from __future__ import annotations

from tinylm.lm.cells import fastgrnn, gru, mingru, tcn
from tinylm.lm.cells.base import Cell

CELLS: dict[str, Cell] = {"mingru": mingru, "gru": gru, "fastgrnn": fastgrnn, "tcn": tcn}
