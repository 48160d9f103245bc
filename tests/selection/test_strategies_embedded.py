"""Strategies that read embeddings or surprisals, beside other libraries and hand calculation."""

from __future__ import annotations

import numpy as np
import pytest
from selection_helpers import context
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import CoreSet as TheirCoreset
from skactiveml.pool import DiscriminativeAL
from skactiveml.pool import ProbCover as TheirProbCover
from skactiveml.pool import TypiClust as TheirTypiClust
from sklearn.linear_model import LogisticRegression
from small_text import EmbeddingKMeans
from small_text.query_strategies.coresets import greedy_coreset

from activellm.errors import UsageError
from activellm.pool.example import Example
from activellm.selection import Labelled, Selection, SelectionContext, open_strategy
from activellm.selection import typiclust as typiclust_module
from activellm.selection.alps import surprisal_vectors
from activellm.selection.clusters import cluster
from activellm.selection.discriminative import unlabelled_odds
from activellm.selection.kmeans import representatives
from activellm.selection.probcover import neighbours, pure_radius
from activellm.selection.typiclust import typicality


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def cloud(rows: int, *, seed: int = 0, topics: int = 6, width: int = 10) -> np.ndarray:
    """Unit vectors around a few directions; the first topics have more of them."""
    rng = np.random.default_rng(seed)
    topic = np.minimum(rng.geometric(0.35, size=rows) - 1, topics - 1)
    return unit(2 * np.eye(topics, width)[topic] + rng.normal(size=(rows, width)))


def angles(*degrees: float) -> np.ndarray:
    turned = np.radians(degrees)
    return unit(np.stack([np.cos(turned), np.sin(turned)], axis=1))


def placed(
    vectors: np.ndarray, labelled: np.ndarray | None = None, seed: int = 0
) -> SelectionContext:
    """A context whose candidates and labelled examples have these embeddings."""
    before = vectors[:0] if labelled is None else labelled
    places = {f"c{i}": row for i, row in enumerate(vectors)}
    places |= {f"l{i}": row for i, row in enumerate(before)}
    return context(
        seed=seed,
        candidates=tuple(Example(id=f"c{i}", text=f"c{i}") for i in range(len(vectors))),
        labelled=tuple(
            Labelled(Example(id=f"l{i}", text=f"l{i}"), ("cats",)) for i in range(len(before))
        ),
        embed=lambda contents: np.array([places[one] for one in contents], dtype=np.float32),
    )


def rows_of(chosen: Selection) -> list[int]:
    return [int(id_[1:]) for id_ in chosen.ids]


def select(name: str, given: SelectionContext, n: int, **options: object) -> Selection:
    return open_strategy(name, **options).select(given, n)


def together(vectors: np.ndarray, labelled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All vectors and their labels, for scikit-activeml: not a number where there is none."""
    none = np.full(len(vectors), np.nan)
    return np.concatenate([vectors, labelled]), np.append(none, np.arange(len(labelled)) % 2)


class TestCoreset:
    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize(("rows", "known", "n"), [(60, 1, 20), (300, 25, 40)])
    def test_same_picks_as_small_text_and_scikit_activeml(self, seed, rows, known, n):
        vectors, labelled = cloud(rows, seed=seed), cloud(known, seed=seed + 100)
        ours = rows_of(select("coreset", placed(vectors, labelled), n))
        x, y = together(vectors, labelled)
        unlabelled, before = np.arange(rows), np.arange(rows, rows + known)
        theirs = greedy_coreset(x, unlabelled, before, n, distance_metric="euclidean")
        assert ours == theirs.tolist()
        assert ours == TheirCoreset(random_state=0).query(x, y, batch_size=n).tolist()

    def test_farthest_first_by_hand(self):
        chosen = select("coreset", placed(angles(12, 180, 95, 168, 300), angles(0)), 4)
        # From 0: 180 is farthest. Then 95 (85 from 180), 300 (60 from 0), and 12 and 168 are equal.
        assert rows_of(chosen)[:3] == [1, 2, 4]
        assert chosen.picks[0].score == pytest.approx(2)
        assert chosen.picks[1].score == pytest.approx(2 * np.sin(np.radians(85) / 2), rel=1e-5)
        assert set(rows_of(chosen)[3:]) <= {0, 3}
        assert set(chosen.health.tied) == {"c0", "c3"}

    def test_begins_in_the_middle_where_nothing_is_labelled(self):
        chosen = select("coreset", placed(angles(0, 10, 20, 50, 75)), 2)
        assert rows_of(chosen) == [2, 4]  # the mean points to 31 degrees
        assert chosen.picks[0].score is None
        assert "middle" in chosen.picks[0].reason

    def test_the_seed_decides_between_the_same_texts(self):
        vectors = np.repeat(angles(0, 90), [3, 4], axis=0)
        found = [select("coreset", placed(vectors, angles(0), seed), 1) for seed in range(40)]
        assert {rows_of(one)[0] for one in found} == {3, 4, 5, 6}
        assert all(set(one.health.tied) == {"c3", "c4", "c5", "c6"} for one in found)
        chosen = select("coreset", placed(vectors, angles(0)), 7)
        assert [pick.score for pick in chosen.picks[1:]] == [0] * 6


class TestKMeans:
    @pytest.mark.parametrize("seed", range(3))
    def test_same_picks_as_small_text_from_the_same_centres(self, seed):
        vectors = cloud(200, seed=seed)
        groups = cluster(vectors, 8, np.random.default_rng(seed))
        theirs = EmbeddingKMeans._get_nearest_to_centers(groups.centres, vectors, normalized=True)
        ours = representatives(vectors, 8, np.random.default_rng(seed))
        assert {one.index for one in ours} == set(theirs.tolist())


class Clustered:
    """A clustering for scikit-activeml that says what it was told to say."""

    says: np.ndarray

    def __init__(self, n_clusters: int):
        self.n_clusters = n_clusters

    def fit_predict(self, vectors: np.ndarray) -> np.ndarray:
        assert len(vectors) == len(self.says)
        return self.says


class TestTypiClust:
    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("neighbours", [5, 20])
    def test_same_picks_as_scikit_activeml_from_the_same_clusters(self, seed, neighbours):
        vectors, labelled = cloud(250, seed=seed), cloud(3, seed=seed + 50)
        given = placed(vectors, labelled, seed)
        x, y = together(vectors, labelled)
        says = cluster(x, 3 + 6, np.random.default_rng(seed)).of
        kind = type("Told", (Clustered,), {"says": says})
        theirs, utilities = TheirTypiClust(cluster_algo=kind, k=neighbours, random_state=0).query(
            x, y, batch_size=6, return_utilities=True
        )
        chosen = select("typiclust", given, 6, neighbours=neighbours)
        sizes = np.bincount(says)[says[rows_of(chosen)]]
        assert sizes.tolist() == sorted(sizes, reverse=True)
        assert not set(says[rows_of(chosen)]) & set(says[250:])  # no cluster that has a label
        assert set(rows_of(chosen)) == set(theirs.tolist())
        scores = {pick.id: pick.score for pick in chosen.picks}
        for row, utility in zip(theirs, utilities, strict=True):
            assert scores[f"c{row}"] == pytest.approx(utility[row], rel=1e-3)

    def test_typicality_by_hand(self):
        points = np.array([[0, 0], [1, 0], [3, 0]], dtype=np.float32)
        expected = 1 / (np.array([2, 1.5, 2.5]) + 1e-5)  # mean distances to both others
        np.testing.assert_allclose(typicality(points), expected)
        np.testing.assert_allclose(typicality(points, 1), 1 / (np.array([1, 1, 2]) + 1e-5))
        assert typicality(points[:1]).tolist() == [0]

    def test_clusters_give_in_turn_where_there_are_fewer_than_picks(self, monkeypatch):
        monkeypatch.setattr(typiclust_module, "MOST_CLUSTERS", 3)
        vectors = np.repeat(np.eye(3), [9, 3, 6], axis=0) + 0.05 * np.random.default_rng(0).normal(
            size=(18, 3)
        )
        group = np.repeat([0, 1, 2], [9, 3, 6])
        chosen = select("typiclust", placed(unit(vectors)), 12)
        assert group[rows_of(chosen)].tolist() == [0, 2, 1] * 3 + [0, 2, 0]

    def test_a_huge_cluster_is_known_by_a_part_of_it(self, monkeypatch):
        vectors = cloud(120, topics=1)
        all_known = select("typiclust", placed(vectors), 120)
        monkeypatch.setattr(typiclust_module, "MOST_MEMBERS", 30)
        monkeypatch.setattr(typiclust_module, "MOST_CLUSTERS", 1)
        chosen = select("typiclust", placed(vectors), 120)
        assert set(chosen.ids) == set(all_known.ids)
        assert [pick.score for pick in chosen.picks].count(0) == 90

    def test_a_cluster_with_a_label_comes_last(self):
        vectors = np.concatenate([cloud(20, topics=1), -cloud(5, topics=1)])
        chosen = select("typiclust", placed(vectors, vectors[:1]), 1)
        assert rows_of(chosen)[0] >= 20


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
        import activellm.selection.probcover as module

        vectors = cloud(3000)
        whole = pure_radius(vectors, 3, np.random.default_rng(0))
        monkeypatch.setattr(module, "MOST_BALLS", 500)
        monkeypatch.setattr(module, "MOST_TO_COVER", 2500)
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
        import activellm.selection.discriminative as module

        seen = []

        def watched(labelled, unlabelled, vectors):
            seen.append((len(labelled), len(unlabelled)))
            return unlabelled_odds(labelled, unlabelled, vectors)

        monkeypatch.setattr(module, "unlabelled_odds", watched)
        select("discriminative", placed(cloud(60), cloud(3, seed=1)), 4, rounds=2)
        assert seen == [(3, 30), (5, 50)]

    def test_nothing_labelled_says_what_to_schedule_before(self):
        with pytest.raises(UsageError, match=r"nothing is labelled yet.*--schedule 'coverage, d"):
            select("discriminative", placed(cloud(9)), 2)

    def test_no_rounds(self):
        with pytest.raises(UsageError, match="rounds must be at least 1"):
            open_strategy("discriminative", rounds=0)


class TestAlps:
    def test_a_part_of_each_text_counts(self):
        lengths = np.array([0, 1, 6, 7, 13, 14, 40])
        surprisals = np.where(np.arange(40) < lengths[:, None], 3.0, 0).astype(np.float32)
        found = surprisal_vectors(surprisals, 0.15, np.random.default_rng(0))
        kept = np.count_nonzero(found, axis=1)
        assert kept.tolist() == [0, 1, 1, 2, 2, 3, 6]  # 15 % rounded up
        assert np.count_nonzero(found[surprisals == 0]) == 0
        np.testing.assert_allclose(np.linalg.norm(found[1:], axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(found[6][found[6] > 0], 6**-0.5, rtol=1e-6)

    def test_each_token_counts_equally_often(self):
        surprisals = np.ones((4000, 10), dtype=np.float32)
        counts = np.count_nonzero(surprisal_vectors(surprisals, 0.2, np.random.default_rng(1)), 0)
        assert counts.sum() == 8000
        assert (abs(counts - 800) < 4.5 * (4000 * 0.2 * 0.8) ** 0.5).all()

    def test_one_of_each_way_to_surprise(self):
        way = np.repeat([0, 1, 2], [5, 9, 2])
        surprisals = (np.eye(3)[way] * 7 + 0.01 * cloud(16, width=3, topics=3)).astype(np.float32)
        given = context(16, surprise=lambda _: surprisals)
        chosen = select("alps", given, 3, share=1.0)
        picked = [int(id_.split("-")[1]) for id_ in chosen.ids]
        assert way[picked].tolist() == [1, 0, 2]
        assert [pick.score for pick in chosen.picks] == [9, 5, 2]

    @pytest.mark.parametrize("share", [0, 1.1, float("nan")])
    def test_impossible_share(self, share):
        with pytest.raises(UsageError, match="share must be above 0"):
            open_strategy("alps", share=share)


@pytest.mark.parametrize("name", ["kmeans", "coreset", "typiclust", "probcover", "discriminative"])
def test_more_picks_than_unlike_texts(name):
    vectors = np.repeat(angles(0, 120, 240), [4, 3, 2], axis=0)
    chosen = select(name, placed(vectors, angles(10, 20)), 8)
    assert len(set(chosen.ids)) == 8


@pytest.mark.parametrize("name", ["kmeans", "typiclust", "probcover"])
def test_each_unlike_text_comes_before_any_twin(name):
    vectors = np.repeat(angles(0, 120, 240), [4, 3, 2], axis=0)
    chosen = select(name, placed(vectors), 3)
    assert set(np.digitize(rows_of(chosen), [4, 7])) == {0, 1, 2}


def test_neighbours_of_none():
    with pytest.raises(UsageError, match="neighbours must be at least 1"):
        open_strategy("typiclust", neighbours=0)
