"""BatchBALD beside scikit-activeml and by counting all combinations of labels."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scored_helpers import Fitted, dirichlet
from selection_helpers import context, texts
from skactiveml.pool import batch_bald

from activellm.errors import UsageError
from activellm.selection import open_strategy
from activellm.selection.bald import mutual_information
from activellm.selection.batchbald import greedy
from activellm.selection.entropy import entropies


@pytest.mark.parametrize(("rows", "labels"), [(40, 2), (60, 3), (200, 6)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_batchbald_as_scikit_activeml_while_all_combinations_are_counted(
    rows: int, labels: int, seed: int
) -> None:
    sampled = np.stack([dirichlet(rows, labels, 100 * seed + one) for one in range(6)])
    n = {2: 6, 3: 4, 6: 3}[labels]
    utilities = batch_bald(sampled.copy(), batch_size=n, n_MC_samples=labels**n, random_state=0)
    rng = np.random.default_rng(0)
    batch = greedy(sampled, n, labels**n, rng)
    assert batch.rows.tolist() == np.nanargmax(utilities, axis=1).tolist()
    np.testing.assert_allclose(batch.gains.cumsum(), np.nanmax(utilities, axis=1), atol=1e-5)


def joint_information(sampled: np.ndarray, rows: np.ndarray) -> float:
    """What the labels of the rows tell of the pass, by counting all combinations of labels."""
    together = 0.0
    for labels in product(range(sampled.shape[2]), repeat=len(rows)):
        p = np.prod([sampled[:, row, label] for row, label in zip(rows, labels, strict=True)], 0)
        together -= p.mean() * np.log(p.mean())
    return together - float(entropies(sampled, multi=False).mean(axis=0)[rows].sum())


@pytest.mark.parametrize("most", [200, 1000])
def test_drawn_combinations_estimate_the_joint_information(most: int) -> None:
    sampled = np.stack([dirichlet(12, 2, seed) for seed in range(5)])
    for seed in range(5):
        batch = greedy(sampled, 12, most, np.random.default_rng(seed))
        assert batch.gains.min() > 0, "a label more never tells less"
        assert batch.gains.sum() == pytest.approx(joint_information(sampled, batch.rows), rel=0.02)


def test_drawn_combinations_choose_as_well_as_counted_ones() -> None:
    draws = np.random.default_rng(1).normal(size=(6, 60, 3)) * 0.4
    odds = np.exp(dirichlet(60, 3) * 3 + draws)
    sampled = odds / odds.sum(axis=2, keepdims=True)
    exact = greedy(sampled, 8, 3**8, np.random.default_rng(0))
    drawn = greedy(sampled, 8, 100, np.random.default_rng(0))
    assert joint_information(sampled, exact.rows) == pytest.approx(exact.gains.sum())
    assert joint_information(sampled, drawn.rows) > 0.98 * exact.gains.sum()


@pytest.mark.parametrize("seed", [0, 1])
def test_many_picks_tell_all_that_passes_can_tell(seed: int) -> None:
    odds = np.exp(np.random.default_rng(0).normal(size=(50, 40, 6)) * 3)
    sampled = odds / odds.sum(axis=2, keepdims=True)
    gains = greedy(sampled, 32, 400, np.random.default_rng(seed)).gains
    # Draws that depend on each other miss it by 2 %.
    assert gains.sum() == pytest.approx(np.log(50), rel=0.01)


def test_few_passes_that_are_told_apart_early_are_a_warning() -> None:
    rng = np.random.default_rng(0)
    sure = np.eye(2)[rng.integers(2, size=(40, 40))] * 0.98 + 0.01  # passes that contradict
    fitted = Fitted(sure[0], sure)
    given = context(40, open_successor=lambda: fitted)
    few = open_strategy("batchbald", passes=4).select(given, 20)
    assert "4 draws" in few.health.warnings[0]
    assert open_strategy("batchbald", passes=40).select(given, 3).health.warnings == ()


def test_batchbald_takes_what_tells_the_same_once() -> None:
    same, other = [[0.9, 0.1], [0.1, 0.9]], [[0.8, 0.2], [0.75, 0.25]]
    sampled = np.array([same, same, other]).transpose(1, 0, 2)
    # By hand: the twin's label follows from the first one's but for noise.
    batch = greedy(sampled, 3, 100, np.random.default_rng(0))
    gains = batch.gains
    assert set(batch.rows[:2].tolist()) == {0, 1}
    single = mutual_information(sampled, multi=False)
    assert gains[0] == pytest.approx(single[0])
    assert gains[1] < single[1]
    assert gains[:2].sum() == pytest.approx(joint_information(sampled, batch.rows[:2]))


def test_many_picks_of_many_labels_stay_finite() -> None:
    sampled = np.stack([dirichlet(300, 20, seed) for seed in range(4)])
    batch = greedy(sampled, 120, 200, np.random.default_rng(0))
    assert len(set(batch.rows.tolist())) == 120
    assert np.isfinite(batch.gains).all()


def test_candidates_that_tell_nothing_are_left_to_the_seed() -> None:
    certain = np.zeros((10, 40, 3))
    certain[:, :, 1] = 1.0
    fitted = Fitted(certain[0], certain)
    found = [
        open_strategy("batchbald").select(context(40, seed=seed, open_successor=lambda: fitted), 5)
        for seed in range(3)
    ]
    assert len({one.ids for one in found}) == 3
    for one in found:
        assert {pick.score for pick in one.picks} == {0.0}
        assert set(one.health.tied) == {e.id for e in texts(40)} - set(one.ids[:4])


def test_only_the_short_list_of_the_highest_bald_scores_is_looked_at() -> None:
    odds = np.random.default_rng(0).normal(size=(5, 90, 3))
    odds[:, 45:] *= 0.01  # the passes agree on the second half
    sampled = np.exp(odds) / np.exp(odds).sum(axis=2, keepdims=True)
    fitted = Fitted(sampled[0], sampled)
    strategy = open_strategy("batchbald", passes=5)
    rows = strategy.select(context(90, open_successor=lambda: fitted), 2).ids
    everything = greedy(sampled, 2, 1000, np.random.default_rng(0)).rows
    assert rows == tuple(f"id-{row}" for row in everything)


@pytest.mark.parametrize("options", [{"passes": 1}, {"configurations": 1}])
def test_options_that_leave_nothing_to_compare(options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="at least 2, not 1"):
        open_strategy("batchbald", **options)
