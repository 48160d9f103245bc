"""Several questions at once: never more than each model takes, results in the order of the jobs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from activellm.llm.protocol import QueryModel
from activellm.llm.wrapper import telling
from activellm.progress import Progress, silent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """A piece of work that asks one model."""

    model: QueryModel
    work: Callable[[], T]


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    index: int
    result: T | None
    error: BaseException | None


def side_by_side(
    jobs: Sequence[Job[T]], *, what: str = "Asking", progress: Progress = silent
) -> list[T]:
    """Do all jobs, each model with at most `model.parallel` at a time.

    When one fails, no further one is begun, those under way are waited for (their answers are paid
    for, and recorded), and the first error is raised. Ctrl-C waits for nobody.

    Args:
        jobs: What to do; jobs of the same model object share its places.
        what: For the progress, which counts finished jobs.
        progress: Told after every job.

    Returns:
        The results, in the order of the jobs.
    """
    progress(what, 0, len(jobs))
    with telling((job.model for job in jobs), progress):
        if len(jobs) <= 1 or (
            all(job.model is jobs[0].model for job in jobs) and (jobs[0].model.parallel == 1)
        ):
            return _one_by_one(jobs, what, progress)
        return _in_threads(jobs, what, progress)


def _one_by_one(jobs: Sequence[Job[T]], what: str, progress: Progress) -> list[T]:
    results = []
    for job in jobs:
        results.append(job.work())
        progress(what, len(results), len(jobs))
    return results


def _in_threads(jobs: Sequence[Job[T]], what: str, progress: Progress) -> list[T]:
    lines: dict[int, queue.SimpleQueue[int]] = {}
    for index, job in enumerate(jobs):
        lines.setdefault(id(job.model), queue.SimpleQueue()).put(index)
    done: queue.SimpleQueue[_Done[T]] = queue.SimpleQueue()
    stop = threading.Event()
    places = {id(job.model): job.model.parallel for job in jobs}
    under_way = 0
    for model, line in lines.items():
        for _ in range(min(places[model], line.qsize())):
            # Daemons: a person who presses Ctrl-C does not wait for a slow server.
            threading.Thread(target=_worker, args=(jobs, line, done, stop), daemon=True).start()
            under_way += 1
    return _collected(jobs, done, stop, under_way, what, progress)


def _worker(
    jobs: Sequence[Job[T]],
    line: queue.SimpleQueue[int],
    done: queue.SimpleQueue[_Done[T]],
    stop: threading.Event,
) -> None:
    """Do one model's jobs until there are none, or another one failed; -1 says goodbye."""
    while not stop.is_set():
        try:
            index = line.get_nowait()
        except queue.Empty:
            break
        try:
            done.put(_Done(index, jobs[index].work(), None))
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            stop.set()
            done.put(_Done(index, None, error))
    done.put(_Done(-1, None, None))


def _collected(
    jobs: Sequence[Job[T]],
    done: queue.SimpleQueue[_Done[T]],
    stop: threading.Event,
    under_way: int,
    what: str,
    progress: Progress,
) -> list[T]:
    results: dict[int, T] = {}
    failed: BaseException | None = None
    try:
        while under_way:
            one = done.get()
            if one.index < 0:
                under_way -= 1
            elif one.error is not None:
                failed = failed or one.error
            else:
                results[one.index] = one.result  # type: ignore[assignment]
                progress(what, len(results), len(jobs))
    finally:
        stop.set()
    if failed is not None:
        raise failed
    return [results[index] for index in range(len(jobs))]
