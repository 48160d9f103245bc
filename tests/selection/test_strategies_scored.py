"""Strategies that ask the trained classifier, beside small-text, scikit-activeml and by hand."""

from __future__ import annotations

import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selection_helpers import TASK, context, texts
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import Badge as TheirBadge
from skactiveml.pool import ContrastiveAL, batch_bald, uncertainty_scores
from small_text import (
    BALD,
    BreakingTies,
    LeastConfidence,
    PredictionEntropy,
)

from activellm.errors import ActiveLLMError
from activellm.selection import Labelled, open_strategy
from activellm.selection.badge import Gradients, hallucinated_errors, spread
from activellm.selection.bald import mutual_information
from activellm.selection.batchbald import greedy
from activellm.selection.breaking_ties import margins
from activellm.selection.cal import divergences, nearest
from activellm.selection.entropy import entropies
from activellm.selection.least_confidence import doubts
from activellm.selection.ranking import best

SIZES = [(40, 2), (60, 3), (200, 6)]


def dirichlet(rows: int, labels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(labels, 0.7), size=rows)


class Given:
    """A classifier for small-text that answers what it was given."""

    def __init__(self, probabilities: np.ndarray, sampled: np.ndarray | None = None) -> None:
        self.probabilities, self.sampled = probabilities, sampled

    def predict_proba(self, dataset: Any, dropout_sampling: int = 1) -> np.ndarray:
        if dropout_sampling > 1:
            assert self.sampled is not None
            return self.sampled[:dropout_sampling].transpose(1, 0, 2)
        return self.probabilities


class Fitted:
    """A trained successor that answers what it was given, by the order of the texts."""

    def __init__(self, probabilities: np.ndarray, sampled: Any = None, features: Any = None):
        self.probabilities, self.sampled, self._features = probabilities, sampled, features

    def _rows(self, contents: Any) -> list[int]:
        return [int(content.split()[1]) for content in contents]

    def predict_proba(self, contents: Any, **_: Any) -> np.ndarray:
        return self.probabilities[self._rows(contents)]

    def sample_proba(self, contents: Any, passes: int, **_: Any) -> np.ndarray:
        return self.sampled[:passes, self._rows(contents)]

    def features(self, contents: Any, **_: Any) -> np.ndarray:
        return self._features[self._rows(contents)]


def ours(name: str, fitted: Fitted, n: int, count: int, **changes: Any) -> set[int]:
    given = context(count, open_successor=lambda: fitted, **changes)
    return {int(id_.split("-")[1]) for id_ in open_strategy(name).select(given, n).ids}


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


@pytest.mark.parametrize(("rows", "labels"), SIZES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_batchbald_as_scikit_activeml_while_all_combinations_are_counted(
    rows: int, labels: int, seed: int
) -> None:
    sampled = np.stack([dirichlet(rows, labels, 100 * seed + one) for one in range(6)])
    n = {2: 6, 3: 4, 6: 3}[labels]
    utilities = batch_bald(sampled.copy(), batch_size=n, n_MC_samples=labels**n, random_state=0)
    rng = np.random.default_rng(0)
    chosen, gains = greedy(sampled, n, labels**n, rng)
    assert chosen.tolist() == np.nanargmax(utilities, axis=1).tolist()
    np.testing.assert_allclose(gains.cumsum(), np.nanmax(utilities, axis=1), atol=1e-5)


def test_drawn_combinations_estimate_the_joint_information() -> None:
    sampled = np.stack([dirichlet(12, 2, seed) for seed in range(5)])
    _, gains = greedy(sampled, 10, 2**10, np.random.default_rng(0))
    totals = [greedy(sampled, 10, 800, np.random.default_rng(s))[1].sum() for s in range(5)]
    assert np.mean(totals) == pytest.approx(gains.sum(), rel=0.05)


def test_batchbald_takes_what_tells_the_same_once() -> None:
    same, other = [[0.9, 0.1], [0.1, 0.9]], [[0.8, 0.2], [0.75, 0.25]]
    sampled = np.array([same, same, other]).transpose(1, 0, 2)
    # By hand: the twin's label follows from the first one's but for noise.
    chosen, gains = greedy(sampled, 3, 100, np.random.default_rng(0))
    assert set(chosen[:2].tolist()) == {0, 1}
    single = mutual_information(sampled, multi=False)
    assert gains[0] == pytest.approx(single[0])
    assert gains[1] < single[1]
    joint = 0.0
    for one, two in product(range(2), repeat=2):
        p = np.mean([sampled[k, 0, one] * sampled[k, 1, two] for k in range(2)])
        joint -= p * np.log(p)
    conditional = entropies(sampled, multi=False).mean(axis=0)[:2].sum()
    assert gains[:2].sum() == pytest.approx(joint - conditional)


def test_many_picks_of_many_labels_stay_finite() -> None:
    sampled = np.stack([dirichlet(300, 20, seed) for seed in range(4)])
    chosen, gains = greedy(sampled, 120, 200, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 120
    assert np.isfinite(gains).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_cal_as_scikit_activeml(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(80, 5)).astype(np.float64)
    labels = rng.integers(3, size=80).astype(float)
    known = 15
    model = SklearnClassifier(_regression(), classes=[0, 1, 2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn, about how it is called
        model.fit(features[:known], labels[:known])
        given = np.where(np.arange(80) < known, labels, np.nan)
        _, utilities = ContrastiveAL(
            nearest_neighbors_dict={"n_neighbors": 10}, random_state=0
        ).query(features, given, model, fit_clf=False, return_utilities=True)
        p = model.predict_proba(features)
    near = nearest(features[known:], features[:known], 10)
    scores = divergences(p[known:], p[:known], near, multi=False)
    np.testing.assert_allclose(scores, utilities[0][known:], rtol=1e-5, atol=1e-8)


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def test_multi_label_divergence_by_hand() -> None:
    p, q = np.array([[0.2, 0.5]]), np.array([[0.4, 0.5]])
    expected = 0.4 * np.log(0.4 / 0.2) + 0.6 * np.log(0.6 / 0.8)
    assert divergences(p, q, np.array([[0]]), multi=True)[0] == pytest.approx(expected)


def test_badge_distances_are_those_of_the_whole_gradients() -> None:
    rng = np.random.default_rng(0)
    p, features = dirichlet(30, 4), rng.normal(size=(30, 7))
    errors = hallucinated_errors(p, multi=False)
    whole = np.einsum("ij,ik->ijk", errors, features).reshape(30, -1)
    gradients = Gradients(errors, features)
    np.testing.assert_allclose(gradients.squares, (whole**2).sum(axis=1))
    for row in (0, 7):
        np.testing.assert_allclose(
            gradients.distances(row), ((whole - whole[row]) ** 2).sum(axis=1), atol=1e-9
        )


def test_badge_begins_and_weighs_as_scikit_activeml() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(60, 4))
    labels = (features[:, 0] > 0).astype(float)
    given = np.where(np.arange(60) < 10, labels, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SklearnClassifier(_regression(), classes=[0, 1]).fit(features[:10], labels[:10])
        rows, utilities = TheirBadge(random_state=0).query(
            features, given, model, fit_clf=False, batch_size=2, return_utilities=True
        )
        p = model.predict_proba(features[10:])
    gradients = Gradients(hallucinated_errors(p, multi=False), features[10:])
    chosen = spread(gradients, 1, np.random.default_rng(0))
    assert chosen[0] + 10 == rows[0]
    # Theirs counts the origin as a centre, too; the paper's authors do not.
    weights = np.minimum(gradients.distances(int(chosen[0])), gradients.squares)
    chances = weights / weights.sum()
    theirs = utilities[1][10:]
    np.testing.assert_allclose(np.delete(chances, chosen[0]), np.delete(theirs, chosen[0]), 1e-6)


def test_badge_draws_at_random_where_all_gradients_are_nothing() -> None:
    gradients = Gradients(np.zeros((9, 2)), np.ones((9, 3)))
    found = {tuple(sorted(spread(gradients, 3, np.random.default_rng(s)))) for s in range(9)}
    assert len(found) > 1
    assert all(len(set(rows)) == 3 for rows in found)


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
    given = context(40, open_successor=lambda: fitted, labelled=(_labelled(),))
    with pytest.raises(ActiveLLMError, match="no numbers for"):
        open_strategy(name, **({"passes": 2} if "bald" in name else {})).select(given, 4)


def _labelled() -> Labelled:
    return Labelled(texts(1)[0], (TASK.label_names[0],))


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
