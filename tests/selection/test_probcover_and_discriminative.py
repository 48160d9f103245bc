"""ProbCover and discriminative active learning, beside scikit-activeml and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from embedded_helpers import Clustered, angles, cloud, placed, rows_of, select, together, unit
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import DiscriminativeAL
from skactiveml.pool import ProbCover as TheirProbCover
from sklearn.linear_model import LogisticRegression

from activellm.errors import UsageError
from activellm.selection import discriminative, open_strategy, probcover
from activellm.selection.clusters import cluster
from activellm.selection.discriminative import unlabelled_odds
from activellm.selection.probcover import neighbours, pure_radius


class TestProbCover:
    @pytest.mark.filterwarnings("ignore:The maximum purity")  # theirs, of one given radius
    @pytest.mark.parametrize("seed", range(3))
    def test_each_pick_is_a_best_one_to_scikit_activeml(self, seed):
        vectors, labelled = cloud(150, seed=seed), cloud(4, seed=seed + 50)
        chosen = select("probcover", placed(vectors, labelled), 12, delta=0.83)
        x, y = together(vectors, labelled)
        for pick, row in zip(chosen.picks, rows_of(chosen), strict=True):
            theirs = TheirProbCover(deltas=[0.83], random_state=0)
            _, utilities = theirs.query(x, y, batch_size=1, return_utilities=True)
            assert utilities[0][row] == np.nanmax(utilities) == pick.score
            y[row] = 0

    @pytest.mark.parametrize("seed", range(3))
    def test_same_radius_as_scikit_activeml(self, seed):
        vectors = cloud(160, seed=seed)
        says = cluster(vectors, 3, np.random.default_rng(seed)).of
        steps = np.linspace(0.01, 2, 400)
        theirs = TheirProbCover(
            n_classes=3, deltas=steps, cluster_algo=type("Told", (Clustered,), {"says": says})
        )
        theirs.query(vectors, np.append(np.full(159, np.nan), 0), batch_size=1)
        ours = pure_radius(vectors, 3, np.random.default_rng(seed))
        assert theirs.delta_max_ <= ours < theirs.delta_max_ + steps[1] - steps[0]

    def test_cover_by_hand(self):
        # Less than 25 degrees apart: 20 covers 0, 20 and 40; then 90 covers 90 and 100.
        delta = 2 * np.sin(np.radians(25) / 2)
        vectors = angles(0, 20, 40, 60, 90, 100, 200)
        assert neighbours(vectors, vectors, delta).tolist() == [2, 3, 3, 2, 2, 2, 1]
        chosen = select("probcover", placed(vectors, angles(55)), 3, delta=delta)
        assert [pick.score for pick in chosen.picks] == [2, 2, 1]
        assert set(rows_of(chosen)[:2]) <= {0, 1, 4, 5}
        assert rows_of(chosen)[2] == 6
        assert "100% are covered" in chosen.explanation

    def test_where_all_is_covered_the_seed_draws(self):
        vectors = cloud(30)
        found = [select("probcover", placed(vectors, seed=s), 9, delta=2.0) for s in range(5)]
        assert len({one.ids for one in found}) == 5
        # The ball is open: a text just opposite another is not in it, and there is none here.
        assert [pick.score for pick in found[0].picks] == [30] + [0] * 8
        assert "drawn by the seed" in found[0].picks[-1].reason
        assert len(found[0].health.tied) == 22

    def test_a_drawn_part_estimates_the_whole(self, monkeypatch):
        vectors = cloud(3000)
        whole = pure_radius(vectors, 3, np.random.default_rng(0))
        monkeypatch.setattr(probcover, "MOST_BALLS", 500)
        monkeypatch.setattr(probcover, "MOST_TO_COVER", 2500)
        assert pure_radius(vectors, 3, np.random.default_rng(0)) == pytest.approx(whole, rel=0.05)
        best = neighbours(vectors, vectors, 0.8)
        first = rows_of(select("probcover", placed(vectors), 1, delta=0.8))[0]
        assert best[first] > 0.93 * best.max()

    def test_one_cluster_only(self):
        same = np.repeat(angles(10), 8, axis=0)
        assert pure_radius(same, 3, np.random.default_rng(0)) == 2

    @pytest.mark.parametrize("delta", [0, -1, 2.5, float("nan")])
    def test_impossible_radius(self, delta):
        with pytest.raises(UsageError, match="delta must be above 0"):
            open_strategy("probcover", delta=delta)


class TestDiscriminative:
    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("greedy", [False, True])
    def test_same_picks_as_scikit_activeml(self, seed, greedy):
        vectors, labelled = cloud(100, seed=seed), cloud(12, seed=seed + 50, topics=2)
        x, y = together(vectors, labelled)
        side = SklearnClassifier(LogisticRegression(class_weight="balanced", max_iter=1000))
        theirs, utilities = DiscriminativeAL(greedy_selection=greedy, random_state=0).query(
            x, y, side, batch_size=7, return_utilities=True
        )
        chosen = select("discriminative", placed(vectors, labelled), 7, rounds=1 if greedy else 7)
        assert rows_of(chosen) == theirs.tolist()
        for pick, row, utility in zip(chosen.picks, theirs, utilities, strict=True):
            assert pick.score == pytest.approx(utility[row], rel=1e-3)

    def test_picks_come_from_where_nothing_is_labelled(self):
        vectors = unit(np.repeat(np.eye(2, 10), [40, 10], axis=0) + 0.2 * cloud(50))
        chosen = select("discriminative", placed(vectors, vectors[:6]), 5, rounds=1)
        assert all(row >= 40 for row in rows_of(chosen))

    def test_ten_unlabelled_for_each_labelled_are_seen(self, monkeypatch):
        seen = []

        def watched(labelled, unlabelled, vectors):
            seen.append((len(labelled), len(unlabelled)))
            return unlabelled_odds(labelled, unlabelled, vectors)

        monkeypatch.setattr(discriminative, "unlabelled_odds", watched)
        select("discriminative", placed(cloud(60), cloud(3, seed=1)), 4, rounds=2)
        assert seen == [(3, 30), (5, 50)]

    def test_nothing_labelled_says_what_to_schedule_before(self):
        with pytest.raises(UsageError, match=r"nothing is labelled yet.*--schedule 'coverage, d"):
            select("discriminative", placed(cloud(9)), 2)

    def test_no_rounds(self):
        with pytest.raises(UsageError, match="rounds must be at least 1"):
            open_strategy("discriminative", rounds=0)
