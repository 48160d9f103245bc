"""Groups of near copies: each member near to the first, whatever lies between."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.near import grouping
from activellm.near.grouping import near_copies


class Points:
    """Texts as numbers on a line: they are the more alike the nearer they are."""

    bands = 4

    def __init__(self, points, width=1000):
        self.points, self.width = np.asarray(points, float), width

    def __len__(self):
        return len(self.points)

    def band(self, number):
        """Neighbours mostly share a band; each band has its borders elsewhere."""
        shift = self.width * number / self.bands
        return np.floor((self.points + shift) / self.width).astype(np.uint64)

    def estimated(self, some, others):
        return np.clip(1 - np.abs(self.points[some] - self.points[others]) / 10, 0, 1)


def found(points, threshold=0.8, **options):
    signed = Points(points, **options)
    return near_copies(signed, signed.estimated, threshold)


def folds(points, **options):
    result = found(points, **options)
    return dict(zip(result.rows.tolist(), result.firsts.tolist(), strict=True))


def test_a_chain_does_not_join_its_ends():
    """0 and 2 are near, 2 and 4 are near, 0 and 4 are not: 4 must not fold into 0."""
    assert folds([0, 2, 4]) == {1: 0}
    assert folds([0, 1, 2, 3, 4, 5]) == {1: 0, 2: 0, 4: 3, 5: 3}


def test_the_first_stays_whatever_the_order():
    assert folds([4, 2, 0]) == {1: 0}
    assert folds([2, 0, 4]) == {1: 0, 2: 0}


def test_a_copy_of_what_became_a_copy_is_let_go():
    """Row 2 folds into row 1 in the first band; in a later one row 1 folds into row 0."""
    signed = Points([8, 10, 12], width=9)
    keys = [signed.band(number).tolist() for number in range(signed.bands)]
    assert keys[0] == [0, 1, 1]  # the first band sees rows 1 and 2 only
    assert any(key[0] == key[1] for key in keys[1:])
    result = near_copies(signed, signed.estimated, 0.8)
    assert (result.rows.tolist(), result.firsts.tolist()) == ([1], [0])


@settings(max_examples=80)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=40), st.sampled_from([7, 20, 1000]))
def test_what_always_holds(points, width):
    result = found(points, width=width)
    signed = Points(points)
    assert (result.firsts < result.rows).all()
    assert set(result.firsts.tolist()).isdisjoint(result.rows.tolist())
    assert (signed.estimated(result.rows, result.firsts) >= 0.8).all()
    if width == 1000:  # one bucket: nothing can be missed
        stay = np.setdiff1d(np.arange(len(points)), result.rows)
        near = signed.estimated(np.repeat(stay, len(stay)), np.tile(stay, len(stay))) >= 0.8
        assert near.sum() == len(stay)


def test_the_exact_similarity_decides():
    signed = Points([0, 1, 2])
    result = near_copies(signed, lambda some, others: np.full(len(some), 0.79), 0.8)
    assert (len(result.rows), result.compared) == (0, 3 * 4)


def test_a_crowd_without_copies_is_cut_and_told():
    crowd = list(range(0, 3000, 10))
    with patch.object(grouping, "LEADERS", 5):
        cut = found(crowd, width=10**6).cut
    assert cut == 4 * (300 - 5)
    assert found([0] * 300, width=10_000).cut == 0


@pytest.mark.parametrize("points", [[], [3]])
def test_nothing_to_fold(points):
    assert folds(points) == {}
