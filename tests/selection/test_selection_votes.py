"""Committees and heats: how lists are dealt, votes counted, agreement measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from activellm.errors import UsageError
from activellm.selection.contract import Ballot
from activellm.selection.heats import deal, split, stages
from activellm.selection.stability import agreement, evenness, quarters
from activellm.selection.voting import counted, elect


def ballot(shown: str, named: str, **changes) -> Ballot:
    return Ballot("m", tuple(shown), tuple(named), len(named), **changes)


def test_ten_thousand_texts_take_sixty_one_lists():
    plan = stages(10_000, 32, 200)
    assert [len(stage.sizes) for stage in plan] == [50, 8, 2, 1]
    assert [sum(stage.sizes) for stage in plan] == [10_000, 1600, 256, 64]
    assert plan[-1].final
    assert plan[-1].keep == (32,)


@given(candidates=st.integers(1, 20_000), n=st.integers(1, 600), shown=st.integers(2, 500))
def test_every_plan_ends_with_n_picks_and_no_list_is_too_long(candidates, n, shown):
    n = min(n, candidates)
    plan = stages(candidates, n, shown)
    left = candidates
    for stage in plan:
        assert sum(stage.sizes) == left
        assert max(stage.sizes) <= shown
        assert all(keep <= size for keep, size in zip(stage.keep, stage.sizes, strict=True))
        left = sum(stage.keep)
    assert left == n
    assert len(plan) <= 16  # lists of two halve what is left


def test_a_list_of_one_is_refused():
    with pytest.raises(UsageError, match="--shown"):
        stages(10, 2, 1)


def test_dealing_loses_nobody():
    lists = deal(range(100), split(100, 7), np.random.default_rng(1))
    assert sorted(row for one in lists for row in one) == list(range(100))
    assert [len(one) for one in lists] == [15, 15, 14, 14, 14, 14, 14]
    assert lists != deal(range(100), split(100, 7), np.random.default_rng(2))


def test_most_votes_first_then_the_earliest_named():
    cast = [ballot("abcdef", "abc"), ballot("fedcba", "bcd"), ballot("abcdef", "cba")]
    elected = elect(cast, np.random.default_rng(0))
    assert [(one.id, one.votes) for one in elected] == [("b", 3), ("c", 3), ("a", 2), ("d", 1)]
    assert [one.rank for one in elected] == pytest.approx([5 / 3, 2, 2, 3])


def test_equal_votes_are_decided_by_lot_and_by_nothing_else():
    cast = [ballot("ab", "a"), ballot("ba", "b")]
    first = [elect(cast, np.random.default_rng(seed))[0].id for seed in range(200)]
    assert 70 < first.count("a") < 130


def test_flawed_ballots_do_not_count_while_there_is_a_sound_one():
    sound, flawed = ballot("ab", "a"), ballot("ab", "b", flaw="exactly the first 1")
    assert counted([sound, flawed]) == (sound,)
    assert counted([flawed]) == (flawed,)


def test_agreement_by_hand():
    cast = [ballot("abcdefgh", "abcd"), ballot("hgfedcba", "cdef")]
    found = agreement(cast)
    assert found.ballots == 2
    assert found.jaccard == pytest.approx(2 / 6)
    assert found.expected_jaccard == pytest.approx(2 / 6)  # 4 * 4 / 8 = 2 in common by chance
    orders = ([1, 2, 3, 4, 8, 8, 8, 8], [8, 8, 1, 2, 3, 4, 8, 8])
    assert found.rank_correlation == pytest.approx(spearmanr(*orders).statistic)


def test_a_model_that_answers_by_place_is_seen():
    shown = [f"t{number}" for number in range(40)]
    turned = shown[::-1]
    cast = [Ballot("m", tuple(order), tuple(order[:8]), 8) for order in (shown, turned)]
    found = agreement(cast)
    assert found.jaccard == 0
    assert found.places_correlation == pytest.approx(1)
    assert quarters(cast) == (16, 0, 0, 0)
    assert evenness(cast) < 1e-6


def test_even_places_are_not_called_uneven():
    rng = np.random.default_rng(3)
    low = 0
    for _ in range(300):
        cast = []
        for _ in range(3):
            order = rng.permutation(100)
            shown = tuple(f"t{row}" for row in order)
            cast.append(Ballot("m", shown, tuple(rng.permutation(shown)[:16].tolist()), 16))
        low += evenness(cast) < 0.05
    assert low / 300 <= 0.07


def test_too_little_to_compare():
    assert agreement([ballot("ab", "a")]) is None
    assert agreement([ballot("ab", "a"), ballot("ab", "")]) is None
    assert evenness([ballot("abcdef", "ab")]) is None
    assert evenness([ballot("abcdef", "abcdef")]) is None
    assert quarters([ballot("ab", "")]) == ()
