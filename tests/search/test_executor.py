"""Every job's outcome comes back once, whoever runs it and whatever dies."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.search import jobs
from tinylm.errors import MissingError
from tinylm.search.executor import Dask, Failed, Local


def test_local_processes_return_each_outcome_once():
    assert sorted(Local(2).run(jobs.square, {str(n): n for n in range(5)})) == [(str(n), n * n) for n in range(5)]


def test_a_job_that_raises_is_one_failure_with_its_sentence():
    found = dict(Local(1).run(jobs.picky, {str(n): n for n in range(5)}))
    assert found.pop("3") == Failed("job: three is not to be had.")
    assert found == {str(n): n for n in (0, 1, 2, 4)}


def test_a_job_that_kills_its_process_takes_no_other_with_it():
    results = list(Local(2).run(jobs.fatal, {str(n): n for n in range(5)}))
    found = dict(results)
    assert len(results) == 5 and isinstance(found["3"], Failed) and found["3"].reason == "its process died 3 times"
    assert all(found[str(n)] == n for n in (0, 1, 2, 4))


def test_no_scheduler_is_a_sentence():
    pytest.importorskip("distributed")
    with pytest.raises(MissingError, match="no Dask scheduler answers"):
        Dask("tcp://127.0.0.1:1", timeout=0.5)


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_half_way_loses_and_doubles_nothing(tmp_path: Path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, worker_dashboard_address=None
    ) as cluster:
        victim = next(iter(cluster.workers.values())).pid
        threading.Timer(0.8, os.kill, (victim, signal.SIGKILL)).start()
        executor = Dask(cluster.scheduler_address)
        wanted = {str(n): (str(tmp_path), n) for n in range(10)}
        results = list(executor.run(jobs.noted, wanted))
        executor.close()
    assert sorted(key for key, _ in results) == sorted(wanted), "each once"
    assert all(value == {"score": -((int(key) - 7) ** 2), "cost": int(key)} for key, value in results)
    begun = {path.name.split("-")[1] for path in tmp_path.iterdir()}
    assert str(victim) in begun, "the worker that was killed had taken jobs"
