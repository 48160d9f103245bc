import os
import subprocess
import sys

import pytest

from activellm.errors import UsageError
from activellm.llm import threads
from activellm.llm.threads import choose_threads, idle_cores, sleeping_waiters
from activellm.threads import available_cores


def test_the_user_s_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, "5")
    assert choose_threads(3, sleeping=True).count == 3
    assert choose_threads(sleeping=True).count == 5
    for wrong in ("0", "-1", "two", ""):
        monkeypatch.setenv(threads.VARIABLE, wrong)
        with pytest.raises(UsageError, match="no number of threads"):
            choose_threads(sleeping=True)


@pytest.mark.parametrize(
    ("cores", "free", "sleeping", "count"),
    [
        (2, 1.9, True, 2),
        (2, 0.0, True, 2),
        (64, 0.0, True, 8),
        (2, 1.9, False, 1),
        (2, 0.0, False, 1),
        (8, 6.2, False, 5),
        (8, 8.0, False, 7),
        (4, 8.0, False, 4),
        (64, 60.0, False, 8),
    ],
)
def test_as_many_as_do_no_harm(
    monkeypatch: pytest.MonkeyPatch, cores: int, free: float, sleeping: bool, count: int
) -> None:
    monkeypatch.delenv(threads.VARIABLE, raising=False)
    monkeypatch.setattr(threads, "available_cores", lambda: cores)
    monkeypatch.setattr(threads, "idle_cores", lambda: free)
    choice = choose_threads(sleeping=sleeping)
    assert choice.count == count
    assert f"{cores} cores" in choice.reason


def test_cores_by_affinity() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
    assert 0 <= idle_cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's own counters")
def test_a_busy_core_is_not_idle() -> None:
    """With a process for each core that does nothing but count, hardly anything is idle."""
    code = "while True: pass"
    busy = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(os.cpu_count() or 1)]
    try:
        assert min(idle_cores() for _ in range(3)) < 0.5 * available_cores()
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_openmp_is_told_to_sleep_only_while_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setattr(threads, "_openmp_not_loaded", lambda: True)
    with sleeping_waiters() as sleeping:
        assert sleeping
        assert os.environ["OMP_WAIT_POLICY"] == "passive"
    assert "OMP_WAIT_POLICY" not in os.environ
    monkeypatch.setattr(threads, "_openmp_not_loaded", lambda: False)
    with sleeping_waiters() as sleeping:
        assert not sleeping
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    with sleeping_waiters() as sleeping:
        assert not sleeping
        assert os.environ["OMP_WAIT_POLICY"] == "active"
