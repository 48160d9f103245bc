"""Histories of rounds, made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from activellm.evaluation import Estimate
from activellm.stopping import History, RoundFacts
from activellm.task import Task


def task_of(*names: str, kind: str = "single") -> Task:
    return Task.build(
        description="What is it about?",
        labels=tuple({"name": name} for name in names),
        kind=kind,
    )


BINARY = task_of("no", "yes")
THREE = task_of("cats", "dogs", "birds")
MULTI = task_of("cats", "dogs", "birds", kind="multi")


def estimate(value: float, half: float = 0.03) -> Estimate:
    return Estimate(value, value - half, value + half)


def history(
    tables: Sequence[Any] = (),
    measured: Sequence[Any] = (),
    *,
    task: Task = THREE,
    left: int = 1000,
    select: int = 25,
    **facts: Any,
) -> History:
    """Rounds of 25 labels with these probabilities and these macro-F1 (and accuracy) values."""
    size = max(len(tables), len(measured), facts.pop("size", 0))
    rounds = []
    for number in range(1, size + 1):
        table = tables[number - 1] if number <= len(tables) else None
        value = measured[number - 1] if number <= len(measured) else None
        measure = estimate(value) if isinstance(value, float) else value
        rounds.append(
            RoundFacts(
                number,
                25 * number,
                seconds=100.0 * number,
                cost=0.5 * number,
                tokens=1000 * number,
                probabilities=None if table is None else np.array(table, dtype=float),
                macro_f1=measure,
                accuracy=measure,
                measured_on="" if measure is None else "hold-out",
                **facts,
            )
        )
    return History(task, tuple(rounds), left, select)


def sure(answers: Sequence[int], labels: int = 3) -> np.ndarray:
    """Probabilities of a classifier that is 90 % sure of these answers."""
    table = np.full((len(answers), labels), 0.1 / (labels - 1))
    table[np.arange(len(answers)), answers] = 0.9
    return table


def wandering(seed: int, rounds: int, texts: int = 60, labels: int = 3) -> list[np.ndarray]:
    """Probabilities that move from round to round, ever less and ever surer."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(size=(texts, labels))
    tables = []
    for number in range(rounds):
        odds = odds * 1.4 + rng.normal(size=odds.shape) * 2.0 ** -(number / rng.integers(1, 4))
        powers = np.exp(odds - odds.max(axis=1, keepdims=True))
        tables.append(powers / powers.sum(axis=1, keepdims=True))
    return tables
