"""Successive halving spends its steps on what no other trial beats, and takes up where it was stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search import jobs
from tinylm.errors import InputError
from tinylm.search.executor import Failed
from tinylm.search.halving import Journal, Outcome, front, halve
from tinylm.search.space import Trial, applied, draw

CHOICES = {"student.wide": [4, 16, 64], "student.deep": [1, 2, 3]}


class Here:
    """Runs jobs in this process and keeps what was asked for."""

    def __init__(self, stop_after: int = 1 << 30) -> None:
        self.ran: list[str] = []
        self.stop_after = stop_after

    def run(self, function: Callable[[Any], Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, argument in wanted.items():
            if len(self.ran) == self.stop_after:
                raise KeyboardInterrupt
            self.ran.append(key)
            yield key, function(argument)


def search(journal: Path, executor: Any, function: Any = jobs.quality, **options: Any) -> list[Outcome]:
    return halve(
        draw(CHOICES, 9, seed=1),
        rungs=[100, 300, 900],
        keep=3,
        score="score",
        costs=["flash"],
        job=lambda trial, steps: (dict(trial.choices), steps),
        function=function,
        executor=executor,
        journal=Journal(journal, "one"),
        **options,
    )


def test_a_third_goes_on_at_each_rung(tmp_path: Path):
    executor = Here()
    outcomes = search(tmp_path / "journal", executor)
    assert [sum(key.endswith(f"-{steps}") for key in executor.ran) for steps in (100, 300, 900)] == [9, 3, 1]
    assert sorted(outcome.rung for outcome in outcomes) == [0] * 6 + [1] * 2 + [2]


def test_a_search_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path):
    whole = search(tmp_path / "whole", Here())
    first, second = Here(stop_after=5), Here()
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "cut", first)
    assert search(tmp_path / "cut", second) == whole
    assert not set(first.ran) & set(second.ran) and len(first.ran) + len(second.ran) == 13


def test_a_line_that_a_crash_cut_off_is_a_job_that_is_run_again(tmp_path: Path):
    whole = search(tmp_path / "journal", Here())
    text = (tmp_path / "journal").read_text()
    (tmp_path / "journal").write_text(text[:-20])
    again = Here()
    assert search(tmp_path / "journal", again) == whole and len(again.ran) == 1


def test_a_trial_that_fails_is_out_and_says_why(tmp_path: Path):
    def quality(argument: Any) -> Any:
        return Failed("does not fit") if argument[0]["student.wide"] == 64 else jobs.quality(argument)

    outcomes = search(tmp_path / "journal", Here(), quality)
    assert {outcome.failed for outcome in outcomes if outcome.trial.choices["student.wide"] == 64} == {"does not fit"}
    assert all(outcome.rung >= 0 for outcome in outcomes if outcome.trial.choices["student.wide"] != 64)


def test_past_the_deadline_nothing_new_is_waited_for(tmp_path: Path):
    executor = Here()
    outcomes = search(tmp_path / "journal", executor, deadline=time.monotonic() - 1)
    assert len(executor.ran) == 1 and sum(outcome.rung == 0 for outcome in outcomes) == 1


def test_a_journal_of_another_search_is_refused(tmp_path: Path):
    (tmp_path / "journal").write_text(json.dumps({"search": "other"}) + "\n")
    with pytest.raises(InputError, match="belongs to another search"):
        search(tmp_path / "journal", Here())


points = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)


@given(points)
def test_the_front_is_what_nothing_beats(drawn: list[tuple[int, int, int]]):
    outcomes = [Outcome(Trial({"n": n}), 0, {"score": s, "flash": f, "time": t}) for n, (s, f, t) in enumerate(drawn)]
    chosen = front(outcomes, "score", ["flash", "time"])

    def beats(a: Outcome, b: Outcome) -> bool:
        one, other = a.figures, b.figures
        return one != other and one["score"] >= other["score"] and one["flash"] <= other["flash"] and one["time"] <= other["time"]

    assert chosen
    for outcome in outcomes:
        assert (outcome in chosen) == (not any(beats(rival, outcome) for rival in outcomes))


def test_trials_differ_and_depend_on_the_seed_alone():
    first = [trial.name for trial in draw(CHOICES, 9, 1)]
    assert len(set(first)) == 9 and first == [trial.name for trial in draw(CHOICES, 9, 1)] != [trial.name for trial in draw(CHOICES, 9, 2)]


def test_choices_are_set_in_the_recipes_tables_and_nothing_else_is():
    recipe = {"name": "x", "student": {"wide": 1, "rest": [1]}}
    assert applied(recipe, {"student.wide": 4, "corpus.rows": 9}) == {
        "name": "x",
        "student": {"wide": 4, "rest": [1]},
        "corpus": {"rows": 9},
    }
    assert recipe["student"] == {"wide": 1, "rest": [1]}


@pytest.mark.parametrize("choices", [{}, {"a": []}])
def test_nothing_to_choose_among_is_refused(choices: dict[str, list[int]]):
    with pytest.raises(InputError, match="names no values"):
        draw(choices, 3, 0)


def test_a_key_through_something_that_is_no_table_is_refused():
    with pytest.raises(InputError, match="leads through 'name', which is no table"):
        applied({"name": "x"}, {"name.first": 1})
