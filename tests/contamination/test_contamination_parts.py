"""The statistics and the texts' halves: values by hand, rates by simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.contamination.completion import overlap, rouge_l
from activellm.contamination.min_k import _pair, min_k
from activellm.contamination.order import SHUFFLES, exchange_p, neighbours_p, shards
from activellm.contamination.paired import compare, mean_interval, sign_flip_p
from activellm.contamination.passages import LONGEST, Passage, cut, draw, nearest, words
from activellm.contamination.report import Finding, Untested, conclude, corrected, holm


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_holm_by_hand() -> None:
    """0.01 x 4, 0.02 x 3, then 0.03 x 2 = 0.06 which holds for 0.04 x 1, too."""
    assert holm([0.02, 0.01, 0.04, 0.03]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_sign_flips_are_those_of_all_patterns() -> None:
    differences = np.array([1.0, -0.5, 2.0, 0.25, 1.5])
    patterns = np.array(list(itertools.product([-1, 1], repeat=5)))
    expected = np.mean(patterns @ differences >= differences.sum())
    assert sign_flip_p(differences, rng()) == pytest.approx(expected, abs=0.01)


def test_no_difference_is_no_evidence() -> None:
    assert sign_flip_p(np.zeros(30), rng()) == 1.0


def test_the_interval_is_about_that_of_the_normal_distribution() -> None:
    values = rng(1).normal(2.0, 1.0, size=400)
    low, high = mean_interval(values, rng())
    half = 1.96 * values.std() / math.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)


def test_a_margin_must_be_exceeded() -> None:
    own, other = np.full(30, 0.15), np.linspace(0.0, 0.2, 30)
    assert compare("completion", "x", own, other, rng()).p < 0.01
    assert compare("completion", "x", own, other, rng(), margin=0.1).p > 0.9


@pytest.mark.parametrize("skew", [0.0, 1.0])
def test_exchangeable_pairs_raise_the_alarm_at_the_nominal_rate(skew: float) -> None:
    """Text and control from one distribution, a symmetric or a very skewed one."""
    drawn = rng(2)
    alarms = 0
    for _ in range(400):
        both = drawn.normal(size=(2, 40))
        both = np.exp(skew * 2 * both) if skew else both
        alarms += sign_flip_p(both[0] - both[1], drawn, draws=199) <= 0.05
    assert alarms <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)


def test_orders_without_meaning_raise_the_alarm_at_the_nominal_rate() -> None:
    drawn = rng(3)
    alarms = 0
    for _ in range(600):
        runs = drawn.normal(size=(12, 1)) * 3 + drawn.standard_t(2, size=(12, 1 + SHUFFLES))
        alarms += exchange_p(runs, drawn, draws=199) <= 0.05
    assert 10 <= alarms <= 600 * 0.05 + 3 * math.sqrt(600 * 0.05 * 0.95)


def test_a_preference_for_the_first_orders_is_found() -> None:
    runs = rng(4).normal(size=(12, 1 + SHUFFLES))
    runs[:, 0] += 1.5
    assert exchange_p(runs, rng()) < 0.001


def test_whole_reports_of_unseen_texts_raise_the_alarm_at_the_nominal_rate() -> None:
    """Three methods, each at its worst case (exchangeable), corrected together."""
    drawn = rng(5)
    alarms = 0
    for _ in range(300):
        findings = []
        for method in ("completion", "order", "min-k"):
            one, other = drawn.normal(size=(2, 30))
            p = sign_flip_p(one - other, drawn, draws=199)
            findings.append(finding(method, p))
        verdict, _ = conclude(corrected(findings), ())
        alarms += verdict == "evidence that it has seen the texts"
    assert alarms <= 300 * 0.05 + 3 * math.sqrt(300 * 0.05 * 0.95)


def finding(method: str, p: float) -> Finding:
    return Finding(method, "", 30, 0, 0.5, 0.1, 0.4, 0.3, 0.5, 0.95, 0.0, p)  # type: ignore[arg-type]


def test_one_method_of_three_must_stand_after_correction() -> None:
    assert conclude(corrected([finding("order", 0.04)]), ())[0].startswith("evidence")
    three = corrected([finding("order", 0.04), finding("min-k", 0.5), finding("completion", 0.9)])
    verdict, sentence = conclude(three, ())
    assert verdict == "no evidence"
    assert "corrected p = 0.12" in sentence
    assert "no proof" in sentence


def test_without_a_finding_nothing_can_be_told() -> None:
    verdict, sentence = conclude((), (Untested("order", "Too few runs."),))
    assert verdict == "cannot tell"
    assert "Too few runs." in sentence


def test_rouge_l_by_hand() -> None:
    """Longest common subsequence "police the gunman" is 3 of 4 and 3 of 5 words: 6/9."""
    found, wanted = ["police", "killed", "the", "gunman"], ["the", "police", "hit", "the", "gunman"]
    assert rouge_l(found, wanted) == pytest.approx(6 / 9)
    assert rouge_l(wanted, wanted) == 1.0
    assert rouge_l([], wanted) == rouge_l(found, []) == 0.0


@given(st.lists(st.sampled_from("abc"), max_size=7), st.lists(st.sampled_from("abc"), max_size=7))
def test_rouge_l_is_that_of_all_subsequences(one: list[str], other: list[str]) -> None:
    def parts(of: list[str]) -> set[tuple[str, ...]]:
        return {some for size in range(len(of) + 1) for some in itertools.combinations(of, size)}

    longest = max(map(len, parts(one) & parts(other)))
    expected = 2 * longest / (len(one) + len(other)) if one and other else 0.0
    assert rouge_l(one, other) == pytest.approx(expected)


def test_words_that_were_shown_do_not_count() -> None:
    passage = Passage("the lamp in Mill Lane", " is broken and the lane is dark")
    said = words("the lamp in the lane")
    assert overlap(said, passage, passage.rest_words) == 0.0
    assert overlap(words("is broken and the lane"), passage, passage.rest_words) == pytest.approx(
        2 * 3 / (3 + 5)
    )


@given(st.text(max_size=300))
def test_the_halves_of_a_text_are_the_text(text: str) -> None:
    passage = cut(text)
    whole = passage.shown + passage.rest
    assert text.strip().startswith(whole)
    assert len(words(whole)) == min(LONGEST, len(words(text)))


def test_a_text_is_cut_at_a_space_and_a_pair_between_its_texts() -> None:
    assert cut("one two  three four") == Passage("one two", "  three four")
    assert cut(("premise here", "hypothesis")) == Passage("premise here", "\nhypothesis")
    assert cut("一二三四") == Passage("一二", "三四")


def test_only_usable_texts_are_drawn() -> None:
    good = "a b c d e f g h"
    repeated = "a b c d a b c d"
    found = draw([good, "too short", repeated, ("a b c d", "e f g h")], 10, rng())
    assert {one.shown + one.rest for one in found} == {good, "a b c d\ne f g h"}


def test_the_nearest_share_rare_words() -> None:
    texts = ["red fox runs x", "red fox sleeps y", "green frog jumps", "green frog eats x"]
    passages = [Passage(text, "") for text in texts]
    assert [row[0] for row in nearest(passages, 2)] == [1, 0, 3, 2]
    assert all(place not in row for place, row in enumerate(nearest(passages, 3)))


def test_min_k_by_hand() -> None:
    """The lowest 20 % of ten are -9 and -8."""
    assert min_k(-np.arange(10.0)) == -8.5
    assert min_k(np.array([-1.0, -2.0])) == -2.0


def test_both_second_halves_are_read_over_as_many_tokens() -> None:
    first = [-50.0, -50.0]
    true, made_up = [-1.0] * 10, [-3.0] * 8
    pair = _pair(10, np.array(first + true), np.array(first + made_up))
    assert pair == (-1.0, -3.0)
    assert _pair(10, np.array(first + true), np.array(first + made_up[:7])) is None


def test_runs_are_consecutive_and_fit() -> None:
    texts = [f"text number {number}" for number in range(20)]
    runs = shards(texts, 1000)
    assert [text for run in runs for text in run] == texts
    assert [len(run) for run in runs] == [8, 8, 4]
    assert all(len(run) < 8 for run in shards(texts, 30))


def test_neighbours_that_are_alike_are_noticed() -> None:
    topics = [[f"{topic}{word}" for word in "abcdefgh"] for topic in range(40)]
    sorted_runs = [
        tuple(" ".join(topics[4 * run + place // 2]) + f" {place}" for place in range(8))
        for run in range(10)
    ]
    assert neighbours_p(sorted_runs, rng()) < 0.01
    drawn = rng(6)
    p = [
        neighbours_p([tuple(run[at] for at in drawn.permutation(8)) for run in sorted_runs], drawn)
        for _ in range(20)
    ]
    assert sum(one < 0.05 for one in p) <= 4
