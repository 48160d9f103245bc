"""BADGE and CAL beside scikit-activeml, small-text and by hand."""

from __future__ import annotations

import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr
from scored_helpers import Fitted, dirichlet, labelled
from selection_helpers import GIVEN, TASK, Scripted, context
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import Badge as TheirBadge
from skactiveml.pool import ContrastiveAL
from sklearn.neighbors import NearestNeighbors
from small_text import ContrastiveActiveLearning

from activellm.selection import open_strategy
from activellm.selection.badge import Gradients, hallucinated_errors, spread
from activellm.selection.cal import divergences, nearest
from activellm.selection.ranking import best


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


@pytest.mark.parametrize("seed", [0, 1])
def test_cal_picks_as_small_text_among_labelled_neighbours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(80, 5))
    features /= np.linalg.norm(features, axis=1, keepdims=True)  # theirs looks at directions only
    p, known = dirichlet(80, 3, seed), 15
    # By itself small-text looks for neighbours among the unlabelled texts, too; algorithm 1 of
    # the paper, only among the labelled ones.
    index = NearestNeighbors(n_neighbors=10).fit(features[:known])
    theirs = ContrastiveActiveLearning(k=10, pbar=None)._contrastive_active_learning(
        range(65), features, p, np.arange(known, 80), index, 7
    )
    near = nearest(features[known:], features[:known], 10)
    scores = divergences(p[known:], p[:known], near, multi=False)
    chosen = best(scores, 7, np.random.default_rng(0)).rows
    assert set(chosen.tolist()) == set(theirs.tolist())


@given(st.integers(0, 200), st.integers(1, 12), st.booleans())
def test_divergences_are_those_of_scipy(seed: int, k: int, multi: bool) -> None:
    rng = np.random.default_rng(seed)
    p, q = dirichlet(6, 3, seed), dirichlet(12, 3, seed + 1)
    near = np.stack([rng.permutation(12)[:k] for _ in range(6)])
    parts = rel_entr(q[near], p[:, None]) + multi * rel_entr(1 - q[near], 1 - p[:, None])
    found = divergences(p, q, near, multi=multi)
    np.testing.assert_allclose(found, parts.sum(axis=2).mean(axis=1), rtol=1e-4, atol=1e-5)


def test_a_label_that_the_classifier_excludes_gives_no_endless_divergence() -> None:
    p, q = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    for multi, expected in ((False, 16.1), (True, 32.2)):  # the logarithm of 1e7, once a side
        found = divergences(p, q, np.array([[0]]), multi=multi)
        assert found[0] == pytest.approx(expected, abs=0.1)


def test_fewer_labelled_texts_than_neighbours() -> None:
    features = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    fitted = Fitted(dirichlet(40, 3), features=features)
    given_ = context(40, open_successor=lambda: fitted, labelled=(labelled(),))
    chosen = open_strategy("cal", neighbours=10).select(given_, 4)
    assert "the 1 labelled texts" not in chosen.explanation
    assert len(chosen.picks) == 4


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
    first = spread(gradients, 1, np.random.default_rng(0)).rows[0]
    assert first + 10 == rows[0]
    # Theirs counts the origin as a centre, too; the paper's authors do not.
    weights = np.minimum(gradients.distances(int(first)), gradients.squares)
    chances = weights / weights.sum()
    theirs = utilities[1][10:]
    np.testing.assert_allclose(np.delete(chances, first), np.delete(theirs, first), 1e-6)


def test_badge_draws_the_second_pick_by_its_squared_distance() -> None:
    errors, features = np.array([[3.0], [1.0], [0.0], [2.0]]), np.ones((4, 1), dtype=np.float32)
    gradients = Gradients(errors, features)  # squared distances from the first: 0, 4, 9, 1
    drawn = [spread(gradients, 2, np.random.default_rng(seed)) for seed in range(1400)]
    assert {one.rows[0] for one in drawn} == {0}
    counts = np.bincount([one.rows[1] for one in drawn], minlength=4)
    np.testing.assert_allclose(counts / 1400, np.array([0, 4, 9, 1]) / 14, atol=0.05)
    assert {tuple(one.apart) for one in drawn} == {(3.0, 2.0), (3.0, 3.0), (3.0, 1.0)}


def test_badge_keeps_no_product_of_labels_and_features() -> None:
    rows, labels, d = 4000, 40, 200
    errors = hallucinated_errors(dirichlet(rows, labels), multi=False)
    features = np.random.default_rng(0).normal(size=(rows, d)).astype(np.float32)
    tracemalloc.start()
    spread(Gradients(errors, features), 5, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * rows * (labels + d)


def test_multi_label_gradients_by_hand() -> None:
    errors = hallucinated_errors(np.array([[0.3, 0.6], [0.5, 0.0]]), multi=True)
    np.testing.assert_allclose(errors, [[0.3, -0.4], [-0.5, 0.0]])


def test_badge_draws_at_random_where_all_gradients_are_nothing() -> None:
    gradients = Gradients(np.zeros((9, 2)), np.ones((9, 3), dtype=np.float32))
    found = [spread(gradients, 3, np.random.default_rng(seed)) for seed in range(9)]
    assert len({tuple(sorted(one.rows)) for one in found}) > 1
    assert all(len(set(one.rows)) == 3 for one in found)
    assert all(len(one.tied) == 7 and one.rows[2] in one.tied for one in found)


def test_badge_says_which_picks_were_drawn_at_random() -> None:
    p, features = dirichlet(40, 3), np.random.default_rng(0).normal(size=(40, 4))
    p[:], features[:] = p[0], features[0]
    features[7] *= -2
    fitted = Fitted(p, features=features.astype(np.float32))
    chosen = open_strategy("badge").select(context(40, open_successor=lambda: fitted), 5)
    assert chosen.ids[0] == "id-7"
    assert [pick.score == 0 for pick in chosen.picks] == [False, False, True, True, True]
    assert chosen.health.warnings[0].startswith("3 of 5 picks were drawn at random")
    assert len(chosen.health.tied) == 36


@pytest.mark.parametrize("name", ["badge", "cal"])
def test_texts_are_read_once_where_the_classifier_goes_on_from_its_features(name: str) -> None:
    class Reading(Scripted):
        asked = 0

        def predict_proba(self, contents: Any, **_: Any) -> np.ndarray:
            Reading.asked += 1
            return super().predict_proba(contents)

        def proba_of(self, features: np.ndarray) -> np.ndarray:
            odds = np.exp(3 * features.astype(np.float64)[:, :3])
            return odds / odds.sum(axis=1, keepdims=True)

    plain = open_strategy(name).select(context(labelled=GIVEN), 8)
    reading = context(labelled=GIVEN, open_successor=lambda: Reading(TASK))
    assert open_strategy(name).select(reading, 8) == plain
    assert Reading.asked == 0
