"""Strategies that ask the trained classifier, beside small-text, scikit-activeml and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_helpers import Fitted, dirichlet, labelled, ours
from selection_helpers import TASK, context, texts
from skactiveml.pool import uncertainty_scores
from small_text import BALD, BreakingTies, LeastConfidence, PredictionEntropy

from activellm.errors import ActiveLLMError
from activellm.selection import Labelled, open_strategy
from activellm.selection.bald import mutual_information
from activellm.selection.breaking_ties import margins
from activellm.selection.entropy import entropies
from activellm.selection.least_confidence import doubts
from activellm.selection.ranking import best

SIZES = [(40, 2), (60, 3), (200, 6)]


class Given:
    """A classifier for small-text that answers what it was given."""

    def __init__(self, probabilities: np.ndarray, sampled: np.ndarray | None = None) -> None:
        self.probabilities, self.sampled = probabilities, sampled

    def predict_proba(self, dataset: Any, dropout_sampling: int = 1) -> np.ndarray:
        if dropout_sampling > 1:
            assert self.sampled is not None
            return self.sampled[:dropout_sampling].transpose(1, 0, 2)
        return self.probabilities


@pytest.mark.parametrize(("rows", "labels"), SIZES)
@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("entropy", PredictionEntropy()),
        ("least-confidence", LeastConfidence()),
        ("breaking-ties", BreakingTies()),
    ],
)
def test_same_picks_as_small_text(name: str, theirs: Any, rows: int, labels: int) -> None:
    p = dirichlet(rows, labels)
    data = [f"Text {row}" for row in range(rows)]
    every, none = np.arange(rows), np.array([], dtype=int)
    found = theirs.query(Given(p), data, every, none, none, n=9)
    assert ours(name, Fitted(p), 9, rows) == set(found.tolist())


@pytest.mark.parametrize(("rows", "labels"), SIZES)
def test_bald_as_small_text(rows: int, labels: int) -> None:
    sampled = np.stack([dirichlet(rows, labels, seed) for seed in range(10)])
    data = [f"Text {row}" for row in range(rows)]
    every, none = np.arange(rows), np.array([], dtype=int)
    found = BALD(10).query(Given(sampled[0], sampled), data, every, none, none, n=9)
    assert ours("bald", Fitted(sampled[0], sampled), 9, rows) == set(found.tolist())


@pytest.mark.parametrize(("rows", "labels"), SIZES)
def test_same_scores_as_scikit_activeml(rows: int, labels: int) -> None:
    p = dirichlet(rows, labels)
    close = {"rtol": 1e-6, "atol": 1e-9}
    np.testing.assert_allclose(
        entropies(p, multi=False), uncertainty_scores(p, method="entropy"), **close
    )
    np.testing.assert_allclose(
        doubts(p, multi=False), uncertainty_scores(p, method="least_confident"), **close
    )
    np.testing.assert_allclose(
        1 - margins(p, multi=False), uncertainty_scores(p, method="margin_sampling"), **close
    )


def test_balanced_takes_the_least_sure_of_each_expected_label() -> None:
    p = np.full((40, 3), 0.05)
    expected = np.array([0] * 30 + [1] * 8 + [2] * 2)
    top = np.linspace(0.5, 0.89, 40)
    p[np.arange(40), expected] = top
    p[np.arange(40), (expected + 1) % 3] = 0.95 - top
    chosen = ours("balanced-least-confidence", Fitted(p), 8, 40)
    assert chosen == {0, 1, 2, 30, 31, 32, 38, 39}


def test_labels_given_count_against_a_share() -> None:
    p = dirichlet(60, 3, seed=5)
    expected = p.argmax(axis=1)
    done = tuple(Labelled(one, (TASK.label_names[0],)) for one in texts(100)[90:])
    chosen = ours("balanced-entropy", Fitted(p), 6, 60, labelled=done)
    assert [int((expected[list(chosen)] == label).sum()) for label in range(3)] == [0, 3, 3]


def test_multi_label_scores_by_hand() -> None:
    p = np.array([[0.5, 0.9], [0.1, 0.0]])
    h = lambda q: -(q * np.log(q) + (1 - q) * np.log(1 - q))  # noqa: E731
    np.testing.assert_allclose(entropies(p, multi=True), [h(0.5) + h(0.9), h(0.1)])
    np.testing.assert_allclose(doubts(p, multi=True), [0.3, 0.05])
    np.testing.assert_allclose(margins(p, multi=True), [0.4, 0.9])
    sampled = np.array([[[0.0]], [[1.0]]])
    assert mutual_information(sampled, multi=True)[0] == pytest.approx(np.log(2))
    assert entropies(np.array([[1 + 3e-16, 1.0000001]]), multi=True)[0] == 0


@given(st.permutations(range(4)), st.integers(0, 50))
def test_the_order_of_labels_changes_no_score(order: list[int], seed: int) -> None:
    p = dirichlet(20, 4, seed)
    sampled = np.stack([p, dirichlet(20, 4, seed + 1)])
    for score in (entropies, doubts, margins):
        np.testing.assert_allclose(score(p, multi=False), score(p[:, order], multi=False))
    np.testing.assert_allclose(
        mutual_information(sampled, multi=False),
        mutual_information(sampled[:, :, order], multi=False),
        atol=1e-12,
    )


@pytest.mark.parametrize(
    "name", ["entropy", "least-confidence", "breaking-ties", "bald", "batchbald", "badge", "cal"]
)
def test_numbers_that_are_none_are_an_error(name: str) -> None:
    p = dirichlet(40, 3)
    p[[3, 8]] = np.nan
    fitted = Fitted(p, np.stack([p, p]), np.full((40, 4), np.nan, dtype=np.float32))
    given = context(40, open_successor=lambda: fitted, labelled=(labelled(),))
    with pytest.raises(ActiveLLMError, match="no numbers for"):
        open_strategy(name, **({"passes": 2} if "bald" in name else {})).select(given, 4)


@pytest.mark.parametrize("name", ["entropy", "least-confidence", "breaking-ties", "bald"])
def test_a_classifier_that_knows_one_label_only_leaves_the_choice_to_the_seed(name: str) -> None:
    p = np.zeros((40, 3))
    p[:, 1] = 1.0
    fitted = Fitted(p, np.stack([p] * 10))
    found = [
        open_strategy(name).select(context(40, seed=seed, open_successor=lambda: fitted), 6)
        for seed in range(3)
    ]
    assert len({one.ids for one in found}) == 3
    assert all(len(one.health.tied) == 40 for one in found), "that the seed decided is recorded"


def test_ties_at_the_border_are_recorded_and_only_these() -> None:
    ranking = best(np.array([3.0, 1.0, 2.0, 2.0, 2.0]), 2, np.random.default_rng(0))
    assert ranking.rows[0] == 0
    assert ranking.tied.tolist() == [2, 3, 4]
    assert best(np.array([3.0, 2.0, 2.0]), 3, np.random.default_rng(0)).tied.tolist() == []
    assert best(np.array([3.0, 2.0, 1.0]), 1, np.random.default_rng(0)).tied.tolist() == []


def test_rounding_of_the_machine_breaks_no_tie() -> None:
    scores = np.array([0.1 + 0.2, 0.3, 0.0])
    found = {int(best(scores, 1, np.random.default_rng(seed)).rows[0]) for seed in range(20)}
    assert found == {0, 1}
