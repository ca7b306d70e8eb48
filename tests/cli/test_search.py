"""python -m tinylm search: bad words are one sentence; a small search trains, builds and measures for real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_bad_input import refused

RECIPE = """
name = "tiny"
title = "Tiny"
seed = 1
[corpus]
rows = 1000
clean_rows = 0
heldout_rows = 10
noncommand_rows = 10
[tokenizer]
merges = 10
sample = 1000
[training]
batch = 16
warmup = 1
quantised = 1.0
lengths = [24]
[student]
window = 40
"""
SEARCH = '[search]\ntrials = 2\nrungs = [2]\n[search.choices]\n"student.layers" = [[8], [160]]\n'


def recipe(folder: Path, search: str = SEARCH) -> str:
    (folder / "tiny").mkdir()
    (folder / "tiny" / "recipe.toml").write_text(RECIPE + search)
    return "tiny/recipe.toml"


BAD_WORDS: list[tuple[list[str], str, int, list[str]]] = [
    (["--flash", "64Q"], SEARCH, 2, ["'64Q' is no amount such as 64K or 30m"]),
    (["--ram", "0"], SEARCH, 2, ["'0' is no amount"]),
    (["--tokens-per-second", "0"], SEARCH, 2, ["--tokens-per-second"]),
    (["--scheduler", "tcp://127.0.0.1:1"], SEARCH, 3, ["no Dask scheduler answers"]),
    ([], "", 2, ["has no [search] table", "[search.choices]"]),
    ([], "[search]\n[search.choices]\n", 2, ["names no values to choose among"]),
    ([], "[search]\nrounds = 3\n[search.choices]\n", 2, ["unknown key 'rounds'", "'rungs'"]),
]


@pytest.mark.parametrize(("arguments", "search", "code", "parts"), BAD_WORDS, ids=[" ".join(row[0]) or row[1] for row in BAD_WORDS])
def test_wrong_words_get_one_sentence(tinylm: Run, tmp_path: Path, arguments: list[str], search: str, code: int, parts: list[str]) -> None:
    if "--scheduler" in arguments:
        pytest.importorskip("distributed")
    refused(tinylm("search", recipe(tmp_path, search), "--board", "nrf52840", *arguments), code, *parts)


def test_an_unknown_board_is_refused_before_anything_is_done(tinylm: Run, tmp_path: Path) -> None:
    refused(tinylm("search", recipe(tmp_path), "--board", "nrf52480"), 2, "Did you mean 'nrf52840'?")
    assert not (tmp_path / "build").exists()


@pytest.mark.train
@pytest.mark.timeout(900)
def test_a_search_drops_what_does_not_fit_and_draws_the_front(tinylm: Run, tmp_path: Path) -> None:
    arguments = ("search", recipe(tmp_path), "--board", "nrf52840", "--flash", "64K", "--json")
    done = tinylm(*arguments, "--workers", "2", seconds=600)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    out = [trial for trial in found["trials"] if trial["failed"]]
    assert [trial["choices"]["student.layers"] for trial in out] == [[160]]
    assert "bytes of flash, 65,536 are allowed" in out[0]["failed"]
    assert found["front"] and all(entry["figures"]["flash"] <= 65536 for entry in found["front"])
    best = found["front"][0]
    assert "layers" in (tmp_path / "build/search/tiny" / f"{best['trial']}.toml").read_text()
    assert "<svg" in (tmp_path / found["picture"]).read_text()
    again = json.loads(tinylm(*arguments).stdout)
    assert again["front"] == found["front"] and again["seconds"] < 10, "from the journal"
