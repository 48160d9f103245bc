"""Distances in blocks, k-means of a few and of many, and what is picked one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from activellm.selection import blocks as blocks_module
from activellm.selection.blocks import blocks, fingerprints, mean_vector, nearest
from activellm.selection.clusters import SMALL, cluster
from activellm.selection.greedy import Chooser
from activellm.selection.kmeans import representatives


def blobs(rows: int, topics: int, *, seed: int = 0, noise: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(topics, 16))
    topic = rng.integers(topics, size=rows)
    return (centres[topic] + noise * rng.normal(size=(rows, 16))).astype(np.float32)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 500))
def test_blocks_go_through_all_rows_once(rows, width, size):
    before = blocks_module.BLOCK
    blocks_module.BLOCK = size
    try:
        found = [np.arange(rows)[part] for part in blocks(rows, width)]
    finally:
        blocks_module.BLOCK = before
    assert np.concatenate([np.arange(0), *found]).tolist() == list(range(rows))
    assert all(len(part) * width <= max(size, width) for part in found)


@pytest.mark.parametrize("size", [1, 64, 100_000])
def test_nearest_as_scipy_says(monkeypatch, size):
    monkeypatch.setattr(blocks_module, "BLOCK", size)
    vectors, centres = blobs(70, 5), blobs(9, 9, seed=1)
    distances = cdist(vectors, centres, "sqeuclidean")
    found = nearest(vectors, centres)
    assert found.which.tolist() == distances.argmin(axis=1).tolist()
    np.testing.assert_allclose(found.squared, distances.min(axis=1), rtol=1e-4)
    np.testing.assert_allclose(mean_vector(vectors), vectors.mean(axis=0), rtol=1e-5, atol=1e-6)


@given(st.lists(st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.0, -1e-38]), min_size=3, max_size=3)))
def test_equal_fingerprints_are_equal_rows(rows):
    vectors = np.array(rows, dtype=np.float32).reshape(-1, 3)
    found = fingerprints(vectors)
    same = (vectors[:, None] == vectors[None]).all(axis=2)
    assert ((found[:, None] == found[None]) == same).all()


def test_many_vectors_are_clustered_as_well_as_by_scikit_learn():
    vectors = blobs(3 * SMALL, 40, noise=1.0)
    found = cluster(vectors, 20, np.random.default_rng(0))
    centres = np.stack([vectors[found.of == one].mean(axis=0) for one in range(20)])
    inertia = ((vectors - centres[found.of]) ** 2).sum()
    theirs = [KMeans(20, n_init=1, random_state=s).fit(vectors).inertia_ for s in range(4)]
    assert inertia < 1.02 * np.mean(theirs)
    np.testing.assert_allclose(found.centres, centres, atol=0.1)
    assert found.sizes.tolist() == np.bincount(found.of).tolist()


@pytest.mark.parametrize("rows", [900, SMALL + 900])
def test_nearest_rows_belong_to_their_clusters(rows):
    vectors = blobs(rows, 30)
    found = cluster(vectors, 12, np.random.default_rng(1))
    distances = cdist(found.centres, vectors)
    for one, row in enumerate(found.nearest):
        members = np.flatnonzero(found.of == one)
        assert row in members
        assert distances[one, row] == pytest.approx(distances[one, members].min(), rel=1e-4)


@pytest.mark.parametrize("rows", [60, SMALL + 60])
def test_few_points_are_a_cluster_each(rows):
    points = np.eye(4, dtype=np.float32)
    vectors = points[np.arange(rows) % 4]
    found = cluster(vectors, 4, np.random.default_rng(0))
    assert sorted(found.nearest.tolist()) == [0, 1, 2, 3]
    assert found.sizes.tolist() == [rows // 4] * 4
    assert (found.centres[found.of] == vectors).all()
    chosen = [one.index for one in representatives(vectors, 6, np.random.default_rng(0))]
    assert set(chosen[:4]) == {0, 1, 2, 3}
    assert len(set(chosen)) == 6


def test_many_twins_of_one_text_do_not_hide_the_others():
    vectors = np.concatenate([np.zeros((2 * SMALL, 16), dtype=np.float32), blobs(400, 50)])
    chosen = [one.index for one in representatives(vectors, 60, np.random.default_rng(0))]
    assert len(set(chosen)) == 60
    assert sum(row < 2 * SMALL for row in chosen) == 1


def test_many_clusters_depend_on_the_seed_only():
    vectors = blobs(SMALL + 500, 30, noise=1.0)
    one, two, other = (cluster(vectors, 25, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert one.nearest.tolist() == two.nearest.tolist()
    assert one.nearest.tolist() != other.nearest.tolist()


def test_the_highest_comes_first_and_equals_in_one_order():
    chooser = Chooser(5, np.random.default_rng(0))
    scores = np.array([1, 3, 3, 2, 3])
    first = [chooser.pick(scores) for _ in range(3)]
    assert sorted(first) == [1, 2, 4]
    assert not len(chooser.tied)
    assert [chooser.pick(scores), chooser.pick(scores)] == [3, 0]
    starts = {Chooser(5, np.random.default_rng(s)).pick(scores) for s in range(20)}
    assert starts == {1, 2, 4}
    chooser = Chooser(5, np.random.default_rng(0))
    chooser.pick(scores)
    assert chooser.tied.tolist() == [1, 2, 4]
