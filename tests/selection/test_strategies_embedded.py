"""Strategies that spread over embeddings or surprisals, beside other libraries and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from embedded_helpers import Clustered, angles, cloud, placed, rows_of, select, together, unit
from selection_helpers import context
from skactiveml.pool import CoreSet as TheirCoreset
from skactiveml.pool import TypiClust as TheirTypiClust
from small_text import EmbeddingKMeans
from small_text.query_strategies.coresets import greedy_coreset

from activellm.errors import UsageError
from activellm.selection import open_strategy
from activellm.selection import typiclust as typiclust_module
from activellm.selection.alps import surprisal_vectors
from activellm.selection.clusters import cluster
from activellm.selection.kmeans import representatives
from activellm.selection.typiclust import typicality


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
