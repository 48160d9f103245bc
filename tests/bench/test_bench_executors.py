"""Workers that are killed: their jobs are done by others, and the results stay the same."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from small_experiment import begin, without_times, write
from worker_processes import workers

from activellm.bench.executors import Executor, Here, Processes
from activellm.bench.executors.ray_cluster import RayCluster
from activellm.bench.jobs import Done, Job
from activellm.bench.results import Results
from activellm.bench.running import run
from activellm.bench.workshop import Workshop
from activellm.errors import ActiveLLMError, MissingExtraError


@pytest.fixture
def file(tmp_path: Path, tiny_encoder: Path) -> Path:
    return write(tmp_path, tiny_encoder)


def processes(workshop: Workshop, workers: int) -> Processes:
    return Processes(workers, workshop.experiment, workshop.base, workshop.folder)


def ray_cluster(workshop: Workshop, workers: int) -> RayCluster:
    return RayCluster(workers, workshop.experiment, workshop.base, workshop.folder)


def kill(worker: psutil.Process) -> None:
    with suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGKILL)


class Killing:
    """An executor of which one worker is killed after some jobs."""

    def __init__(self, inner: Executor, after: int) -> None:
        self.inner, self.after = inner, after
        self.workers: list[psutil.Process] = []
        self.listening: set[str] = set()

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        for number, done in enumerate(self.inner.run(take), start=1):
            if number == self.after:
                self.workers = workers()
                self.listening = set(addresses())
                kill(self.workers[0])
                psutil.wait_procs(self.workers[:1], timeout=10)
            yield done


def addresses() -> Iterator[str]:
    """Where this test's processes listen."""
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with suppress(psutil.Error):
            for connection in process.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    yield connection.laddr.ip


def same_as_in_one_process(results: Results, file: Path) -> bool:
    workshop, expected = begin(file, "expected")
    assert run(workshop, expected, Here(workshop)).failed == {}
    return all(
        without_times(mine) == without_times(its)
        for mine, its in (
            (results.scores(), expected.scores()),
            (results.choices(), expected.choices()),
        )
    )


def test_a_killed_process_is_replaced(file: Path) -> None:
    workshop, results = begin(file)
    executor = Killing(processes(workshop, 1), after=4)
    assert run(workshop, results, executor).failed == {}
    assert len(executor.workers) == 1
    assert same_as_in_one_process(results, file)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_a_killed_actor_is_replaced_and_nobody_else_can_reach_the_cluster(
    file: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")  # another cluster, which is not asked for
    workshop, results = begin(file)
    executor = Killing(ray_cluster(workshop, 3), after=4)
    assert run(workshop, results, executor).failed == {}
    assert capfd.readouterr().out == ""
    assert len(executor.workers) == 3
    assert {one.removeprefix("::ffff:") for one in executor.listening} == {"127.0.0.1"}
    assert same_as_in_one_process(results, file)
    assert psutil.wait_procs(executor.workers, timeout=30)[1] == []


@contextmanager
def deadly() -> Iterator[None]:
    """No worker lives long."""
    ended = threading.Event()

    def kill_them() -> None:
        while not ended.wait(0.1):
            for worker in workers():
                kill(worker)

    thread = threading.Thread(target=kill_them)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_three_deaths_in_a_row_end_the_run(file: Path) -> None:
    workshop, results = begin(file)
    with deadly(), pytest.raises(ActiveLLMError, match="killed again and again"):
        run(workshop, results, processes(workshop, 2))
    assert results.choices() == []


def test_without_ray_the_install_line_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    workshop, _ = begin(file)
    with pytest.raises(MissingExtraError, match=r"pip install 'activellm\[ray\]'"):
        ray_cluster(workshop, 2)
