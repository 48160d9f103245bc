"""The time that is left, where pieces of work differ."""

from __future__ import annotations

import pytest
from rich.progress import Progress

from activellm.bench.grid import Cell
from activellm.bench.pace import Pace, TimeLeft, choosing, pieces, training
from activellm.cli.bench_progress import line
from activellm.cli.remaining import Remaining


def cell(*trained: str, rounds: int = 1, seeds: int = 1) -> Cell:
    return Cell("a", "kmeans", "none", "", 200, 10, rounds, 0, 0, "", trained, seeds)


def score(learner: str, labels: int, seconds: float) -> dict[str, object]:
    return {
        "successor": learner,
        "labels": labels,
        "fit_cpu_s": seconds - 1,
        "predict_cpu_s": 1.0,
        "schedule": "kmeans",
        "llm": "none",
    }


def choice(seconds: float) -> dict[str, object]:
    return {"schedule": "kmeans", "llm": "none", "seconds": seconds}


def test_a_cell_is_its_rounds_learners_and_seeds() -> None:
    assert pieces(cell("slow", "quick", rounds=2, seeds=3)) == {
        choosing("kmeans", "none"): 2,
        training("slow", 10): 3,
        training("slow", 20): 3,
        training("quick", 10): 3,
        training("quick", 20): 3,
    }


def test_the_nearest_that_was_measured_tells_the_pace() -> None:
    pace = Pace([choice(4)], [score("slow", 10, 20), score("slow", 10, 40), score("slow", 20, 60)])
    assert pace.seconds(training("slow", 10)) == 30
    assert pace.seconds(training("slow", 99)) == 40
    assert pace.seconds(training("other", 10)) is None
    assert pace.guess(training("other", 10)) == 40
    assert pace.seconds(choosing("kmeans", "none")) == 4
    assert pace.seconds(choosing("kmeans", "gpt")) is None
    assert Pace().guess(training("slow", 10)) is None


def test_slow_learners_are_not_timed_by_quick_ones() -> None:
    now = [0.0]
    left = TimeLeft([cell("quick", "slow") for _ in range(4)], Pace(), lambda: now[0])
    assert left.seconds() is None
    now[0] = 1.0
    left.done(choosing("kmeans", "none"), [choice(0.5)])
    left.done(training("quick", 10), [score("quick", 10, 1.5)])
    # Two seconds of work took one: two workers. Trainings of "slow" are still taken for quick ones.
    assert left.seconds() == pytest.approx((3 * 0.5 + 3 * 1.5 + 4 * 1.5) / 2)
    now[0] = 10.0
    left.done(training("slow", 10), [score("slow", 10, 18)])
    assert left.seconds() == pytest.approx((3 * 0.5 + 3 * 1.5 + 3 * 18) / 2)
    left.drop(training("slow", 10), 3)
    assert left.seconds() == pytest.approx((3 * 0.5 + 3 * 1.5) / 2)


def test_lines_for_those_without_a_terminal() -> None:
    assert line(1200, 5000, 3725) == "1,200 of 5,000 measurements, 1 h 2 min left"
    assert line(0, None, None) == "0 measurements"


def test_the_bar_says_what_the_work_knows_of_its_end() -> None:
    bars = Progress()
    task = bars.add_task("Experiment", total=3)
    assert Remaining().render(bars.tasks[0]).plain == "-:--:--"
    bars.update(task, left=90.0)
    assert Remaining().render(bars.tasks[0]).plain == "1 min 30 s left"
