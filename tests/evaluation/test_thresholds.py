"""Thresholds: the best ones by brute force, shrinkage, and what they decide."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from activellm.errors import UsageError
from activellm.evaluation import thresholds
from activellm.evaluation.thresholds import choose_thresholds, decide
from activellm.task import Task

MULTI = Task.build(description="?", labels=[{"name": name} for name in "abc"], kind="multi")
SINGLE = Task.build(description="?", labels=[{"name": name} for name in "abc"])


@pytest.fixture
def unshrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "SHRINKAGE", 0.0)


def sample(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that know a little, of a rare, a common and a middling label."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((n, 3)) < [0.1, 0.7, 0.4]).astype(np.int64)
    return np.clip(0.3 * targets + 0.5 * rng.random((n, 3)).round(2), 0.01, 0.99), targets


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.usefixtures("unshrunk")
def test_each_labels_f1_is_the_highest_that_any_threshold_gives(seed: int) -> None:
    chances, targets = sample(seed)
    found = decide(chances, MULTI, choose_thresholds(chances, targets))
    for label in range(3):
        tried = [*np.unique(chances[:, label]), 2.0]
        best = max(f1_score(targets[:, label], chances[:, label] >= at) for at in tried)
        assert f1_score(targets[:, label], found[:, label]) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(3))
def test_labels_that_exclude_each_other_gain_macro_f1_where_it_was_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = np.repeat([0, 1, 2], [80, 12, 8])
    odds = 1.5 * np.eye(3)[targets] + rng.normal(size=(100, 3)) + [3, 0, 0]
    chances = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    plain, chosen = (
        f1_score(targets, decide(chances, SINGLE, limits), average="macro")
        for limits in ((), choose_thresholds(chances, targets))
    )
    assert chosen > plain + 0.1
    limits = np.log(choose_thresholds(chances, targets))
    powers = np.diff(limits) / np.diff(np.log([81, 13, 9]))
    assert powers[0] == pytest.approx(powers[1])
    assert powers[0] in (pytest.approx(power) for power in (0.25, 0.5, 0.75, 1.0))


def test_no_threshold_where_none_is_better() -> None:
    targets = np.array([0, 1, 2] * 5)
    chances = 0.1 + 0.7 * np.eye(3)[targets]
    assert choose_thresholds(chances, targets) == (1.0, 1.0, 1.0)


def test_few_texts_of_a_label_leave_its_threshold_near_the_middle() -> None:
    has = np.array([[1]] * 10 + [[0]] * 90)
    chances = np.where(has == 1, 0.2, 0.0)
    assert choose_thresholds(chances, has)[0] == pytest.approx(0.5 - 0.4 * 10 / 20)
    assert choose_thresholds(chances[9:], has[9:])[0] == pytest.approx(0.5 - 0.4 * 1 / 11)
    for constant in (has * 0, has * 0 + 1):
        assert choose_thresholds(chances, constant) == (0.5,)


def test_without_thresholds_it_is_the_most_probable_label_or_one_half() -> None:
    chances = np.array([[0.2, 0.5, 0.3], [0.6, 0.5, 0.1]])
    np.testing.assert_array_equal(decide(chances, SINGLE), [1, 0])
    np.testing.assert_array_equal(decide(chances, MULTI), [[0, 1, 0], [1, 1, 0]])
    np.testing.assert_array_equal(decide(chances, MULTI, (0.2, 0.6, 0.2)), [[1, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(decide(chances, SINGLE, (0.1, 1, 1)), [0, 0])


@pytest.mark.parametrize("limits", [(0.5,), (0.5, 0.5, 0.0), (0.5, 0.5, float("nan"))])
def test_impossible_thresholds(limits: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="3 thresholds above 0"):
        decide(np.full((1, 3), 0.3), SINGLE, limits)


def test_nothing_to_choose_from() -> None:
    with pytest.raises(UsageError, match="texts with answers"):
        choose_thresholds(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    with pytest.raises(UsageError, match="texts with answers"):
        choose_thresholds(np.zeros((2, 3)), np.zeros(1, dtype=np.int64))
