"""Several questions at once: bounded by each model, in order, stopped by the first failure."""

from __future__ import annotations

import threading
import time

import pytest

from activellm.errors import QueryModelError
from activellm.llm.scripted import ScriptedModel
from activellm.llm.side_by_side import Job, side_by_side


class Gauge:
    """Counts how many are inside at once."""

    def __init__(self) -> None:
        self.now = self.most = self.all = 0
        self.lock = threading.Lock()

    def visit(self, seconds: float = 0.02) -> None:
        with self.lock:
            self.now += 1
            self.all += 1
            self.most = max(self.most, self.now)
        time.sleep(seconds)
        with self.lock:
            self.now -= 1


def job(model, gauge, result):
    def work():
        gauge.visit()
        return result

    return Job(model, work)


@pytest.mark.parametrize("parallel", [1, 3, 8])
def test_never_more_at_once_than_the_model_takes_and_in_order(parallel):
    model, gauge = ScriptedModel([], parallel=parallel), Gauge()
    assert side_by_side([job(model, gauge, index) for index in range(20)]) == list(range(20))
    assert gauge.most == parallel


def test_each_model_has_its_own_places():
    slow, fast = ScriptedModel([], parallel=1), ScriptedModel([], parallel=2)
    one, two = Gauge(), Gauge()
    jobs = [job(slow, one, "slow"), job(fast, two, "fast")] * 4
    assert side_by_side(jobs) == ["slow", "fast"] * 4
    assert (one.most, two.most) == (1, 2)


@pytest.mark.parametrize("parallel", [1, 4])
def test_the_first_failure_is_raised_and_nothing_new_is_begun(parallel):
    model, gauge = ScriptedModel([], parallel=parallel), Gauge()

    def fail():
        raise QueryModelError("no")

    jobs = [Job(model, fail), *(job(model, gauge, index) for index in range(30))]
    with pytest.raises(QueryModelError, match="no"):
        side_by_side(jobs)
    assert gauge.all < 10
    assert gauge.now == 0, "those under way were waited for"


def test_progress_counts_to_the_end():
    told = []
    model = ScriptedModel([], parallel=4)
    side_by_side(
        [Job(model, lambda: None) for _ in range(5)],
        what="Asking",
        progress=lambda what, done, total: told.append((what, done, total)),
    )
    assert told == [("Asking", done, 5) for done in range(6)]


def test_nothing_to_do():
    assert side_by_side([]) == []
