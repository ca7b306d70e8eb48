"""Independent jobs behind one interface: processes of this machine, or a Dask cluster.

A job is a module-level function and one picklable argument. Every job's outcome comes back exactly once, in any order, also where a
worker dies in the middle of it: the job is then run again elsewhere.
"""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

from tinylm.errors import MissingError, TinylmError

ATTEMPTS = 3  # times that a job is begun before its workers' deaths are taken for its own fault
Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Failed:
    """What a job raised, or that it took its worker down."""

    reason: str


class Executor(Protocol):
    """run: yields (key, value or Failed) for each of ``jobs`` as it ends. Closing the iterator gives up what has not ended."""

    def run(self, function: Function, jobs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]: ...


class Local:
    """Processes of this machine. A fresh interpreter each, since TensorFlow does not survive a fork."""

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers

    def run(self, function: Function, jobs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        left, workers, deaths = dict(jobs), self.workers, 0
        while left:
            first = next(iter(left))
            pool = futures.ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
            running = {pool.submit(_guarded, function, argument): key for key, argument in left.items()}
            try:
                for done in futures.as_completed(running):
                    yield running[done], done.result()
                    del left[running[done]]
            except BrokenProcessPool:
                # Which job took its process down is not known; one at a time from here on, it is the first that is left.
                deaths = deaths + 1 if workers == 1 and first in left else 1
                workers = 1
                if deaths >= ATTEMPTS:
                    yield first, Failed(f"its process died {deaths} times")
                    del left[first]
                    deaths = 0
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


class Dask:
    """A Dask cluster, by the address of its scheduler, such as tcp://host:8786. Raises MissingError: not installed, or nobody there."""

    def __init__(self, address: str, timeout: float = 10.0) -> None:
        try:
            import distributed
        except ImportError as error:
            raise MissingError("Dask is not installed.", hint="Install it: pip install 'tinylm[distributed]'.") from error
        self._distributed: Any = distributed
        try:
            self._client: Any = self._distributed.Client(address, timeout=timeout, set_as_default=False)
        except (OSError, ValueError) as error:
            raise MissingError(f"no Dask scheduler answers at {address}.", hint="Start one: dask scheduler, dask worker.") from error

    def run(self, function: Function, jobs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        # The scheduler gives the tasks of a worker that died to another one by itself.
        pending = {
            self._client.submit(_guarded, function, argument, key=f"tinylm-{key}", pure=False, retries=ATTEMPTS - 1): key
            for key, argument in jobs.items()
        }
        try:
            for done in self._distributed.as_completed(list(pending), loop=self._client.loop):
                try:
                    outcome = done.result()
                except Exception as error:
                    outcome = Failed(f"{type(error).__name__}: {error}")
                yield pending[done], outcome
        finally:
            self._client.cancel(list(pending))

    def close(self) -> None:
        self._client.close()


def _guarded(function: Function, argument: Any) -> Any:
    """What the function returns, or Failed with the sentence of what it raised (exceptions themselves may not travel)."""
    try:
        return function(argument)
    except TinylmError as error:
        return Failed(str(error))
    except Exception as error:
        return Failed(f"{type(error).__name__}: {error}")
