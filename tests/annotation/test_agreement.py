"""Agreement against the krippendorff package, scikit-learn, and by hand."""

from __future__ import annotations

import json

import krippendorff
import numpy as np
import pytest
from annotation_samples import LABELS, make_task
from answers import events_of, said, votes
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from activellm.annotation.agreement import ONE_ANSWER, agreement

TASK = make_task()
MULTI = make_task(kind="multi")

TABLES = st.lists(
    st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=30
).map(np.array)


@given(TABLES)
def test_alpha_is_that_of_the_krippendorff_package(table):
    shared = table[(table >= 0).sum(axis=1) > 1]
    found = agreement(events_of(table, LABELS), TASK)
    assert found.texts == len(shared)
    if not len(shared) or len(np.unique(shared[shared >= 0])) == 1:
        assert found.alpha.value is None
        assert found.alpha.why
        return
    data = np.where(shared < 0, np.nan, shared.astype(float)).T
    expected = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
    assert found.alpha.value == pytest.approx(expected)


@given(TABLES)
def test_kappa_of_each_pair_is_scikit_learns(table):
    for pair in agreement(events_of(table, LABELS), TASK).pairs:
        a, b = int(pair.a[1:]), int(pair.b[1:])
        both = table[(table[:, a] >= 0) & (table[:, b] >= 0)]
        assert pair.texts == len(both)
        if len(np.unique(both[:, [a, b]])) > 1:
            expected = cohen_kappa_score(both[:, a], both[:, b])
            assert pair.kappa.value == pytest.approx(expected)
        else:
            assert pair.kappa.value is None


def test_fleiss_by_hand():
    """Three people, four texts: 3-0, 2-1, 1-2, 0-3. Agreement 2/3, by chance 1/2."""
    events = votes(
        {
            "a": ("Roads", "Roads", "Roads", "Waste"),
            "b": ("Roads", "Roads", "Waste", "Waste"),
            "c": ("Roads", "Waste", "Waste", "Waste"),
        }
    )
    assert agreement(events, TASK).fleiss.value == pytest.approx((2 / 3 - 1 / 2) / (1 / 2))


@given(TABLES)
def test_fleiss_is_alpha_without_the_correction_for_few_answers(table):
    """Where all texts have as many answers: 1 - alpha = (1 - 1 / answers) (1 - kappa)."""
    full = table[(table >= 0).all(axis=1)]
    found = agreement(events_of(full, LABELS), TASK)
    if found.alpha.value is not None:
        rest = (1 - 1 / full.size) * (1 - found.fleiss.value)
        assert found.alpha.value == pytest.approx(1 - rest)


def test_fleiss_of_texts_with_two_and_with_three_answers_by_hand():
    """Disagreement 0, 1 and 2/3; shares of Roads 1, 1/2 and 1/3, in the mean 11/18."""
    events = votes(
        {
            "a": ("Roads", "Roads", "Roads"),
            "b": ("Roads", "Waste", "Waste"),
            "c": ("", "", "Waste"),
        }
    )
    observed, chance = (0 + 1 + 2 / 3) / 3, 2 * (11 / 18) * (7 / 18)
    assert agreement(events, TASK).fleiss.value == pytest.approx(1 - observed / chance)


def test_alpha_of_each_class_is_that_of_the_two_answers_with_and_without_it():
    rng = np.random.default_rng(0)
    table = rng.integers(-1, 3, size=(40, 3))
    found = agreement(events_of(table, LABELS), TASK)
    for label, name in enumerate(LABELS):
        data = np.where(table < 0, np.nan, (table == label).astype(float)).T
        expected = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        assert found.classes[name].value == pytest.approx(expected)


def test_sets_of_labels_by_masi():
    """Distances: equal 0; {R} and {R, W} 1 - 1/2 * 2/3; {R, W} and {W, P} 1 - 1/3 * 1/3; else 1."""
    events = votes(
        {
            "a": ("Roads", "Roads", "Roads|Waste", "-", "-"),
            "b": ("Roads", "Roads|Waste", "Waste|Parks", "-", "Parks"),
        }
    )
    sets = [("R", "R"), ("R", "RW"), ("RW", "WP"), ("", ""), ("", "P")]

    def masi(x, y):
        x, y = set(x), set(y)
        if x == y:
            return 0.0
        m = 2 / 3 if x <= y or y <= x else 1 / 3
        return 1 - m * len(x & y) / len(x | y)

    each = [one for pair in sets for one in pair]
    observed = sum(2 * masi(x, y) for x, y in sets) / 10
    expected = sum(masi(x, y) for x in each for y in each) / 90
    assert masi("R", "RW") == pytest.approx(2 / 3)
    assert masi("RW", "WP") == pytest.approx(8 / 9)
    assert agreement(events, MULTI).alpha.value == pytest.approx(1 - observed / expected)


def test_kappa_of_sets_of_labels_weighs_by_masi_and_equals_cohens_where_each_has_one():
    rng = np.random.default_rng(4)
    table = rng.integers(-1, 3, size=(60, 3))
    single, multi = (agreement(events_of(table, LABELS), task) for task in (TASK, MULTI))
    assert [one.kappa.value for one in multi.pairs] == pytest.approx(
        [one.kappa.value for one in single.pairs]
    )
    near = votes({"a": ("Roads", "Waste"), "b": ("Roads|Parks", "Waste")})
    far = votes({"a": ("Roads", "Waste"), "b": ("Parks", "Waste")})
    kappas = [agreement(events, MULTI).pairs[0].kappa.value for events in (near, far)]
    # observed (2/3) / 2 and 1/2; by chance (2/3 + 1 + 1 + 0) / 4 and 3/4
    assert kappas == pytest.approx([1 - (1 / 3) / (8 / 12), 1 - (1 / 2) / (3 / 4)])


def test_many_different_sets_change_nothing_but_the_draws_a_little(monkeypatch):
    rng = np.random.default_rng(5)
    truth = rng.random((150, 3)) < 0.5
    events = [
        said(f"t{row}", name, *np.array(LABELS)[line ^ (rng.random(3) < 0.2)])
        for name in "abc"
        for row, line in enumerate(truth)
    ]
    one = agreement(events, MULTI)
    monkeypatch.setattr("activellm.annotation.coefficients.MANY", 3)
    other = agreement(events, MULTI)
    assert one != other
    for a, b in [
        (one.alpha, other.alpha),
        (one.fleiss, other.fleiss),
        (one.pairs[2].kappa, other.pairs[2].kappa),
    ]:
        assert b.value == pytest.approx(a.value)
        assert (b.low, b.high) == pytest.approx((a.low, a.high), abs=0.01)


@pytest.mark.parametrize("texts", [1, 3, 30])
def test_full_agreement_on_few_texts_is_no_certainty(texts):
    """No disagreement in n texts: Wilson's upper end z^2 / (n + z^2), over that by chance."""
    answers = ["Roads", *["Waste"] * texts]
    found = agreement(votes({"a": answers, "b": answers}), TASK)
    n, chance = texts + 1, 2 * texts / (texts + 1) ** 2
    assert (found.fleiss.value, found.fleiss.high) == (1, 1)
    assert found.fleiss.low == pytest.approx(1 - 1.96**2 / (n + 1.96**2) / chance, abs=1e-3)
    assert found.pairs[0].kappa.low == pytest.approx(found.fleiss.low)


def test_a_label_without_answers_says_why():
    found = agreement(votes({"a": ("Roads", "Waste"), "b": ("Roads", "Waste")}), TASK).as_json()
    parks = next(one for one in found["classes"] if one["label"] == "Parks")
    assert (parks["alpha"], parks["low"]) == (None, None)
    assert parks["why"]


def test_the_interval_is_that_of_a_plain_bootstrap():
    rng = np.random.default_rng(1)
    truth = rng.integers(3, size=150)
    table = np.column_stack([np.where(rng.random(150) < 0.8, truth, rng.integers(3, size=150))
                             for _ in range(3)])  # fmt: skip
    found = agreement(events_of(table, LABELS), TASK, draws=2000).alpha
    draws = []
    for _ in range(500):
        rows = rng.integers(150, size=150)
        draws.append(
            krippendorff.alpha(
                reliability_data=table[rows].T.astype(float), level_of_measurement="nominal"
            )
        )
    assert found.low == pytest.approx(np.percentile(draws, 2.5), abs=0.03)
    assert found.high == pytest.approx(np.percentile(draws, 97.5), abs=0.03)
    assert found.low < found.value < found.high


def test_same_seed_same_interval():
    table = np.random.default_rng(2).integers(3, size=(30, 2))
    events = events_of(table, LABELS)
    assert agreement(events, TASK, seed=5) == agreement(events, TASK, seed=5)
    assert agreement(events, TASK, seed=5) != agreement(events, TASK, seed=6)


@pytest.mark.parametrize(
    "events",
    [
        [],
        votes({"a": ("Roads", "Waste")}),
        votes({"a": ("Roads", ""), "b": ("", "Waste")}),
        [said("t0", "a", "Roads"), said("t0", "b", action="skip")],
    ],
)
def test_without_shared_texts_nothing_is_defined(events):
    found = agreement(events, TASK)
    assert found.alpha.value is None
    assert found.fleiss.why == found.alpha.why == "No text has answers of two people yet."
    assert (found.texts, found.pairs) == (0, ())
    json.dumps(found.as_json(), allow_nan=False)


def test_one_answer_for_all_has_no_chance_to_compare_with():
    found = agreement(votes({"a": ("Roads", "Roads"), "b": ("Roads", "Roads")}), TASK)
    assert (found.alpha.value, found.alpha.why) == (None, ONE_ANSWER)
    assert found.pairs[0].kappa.value is None
    json.dumps(found.as_json(), allow_nan=False)


def test_what_was_taken_back_or_decided_by_others_does_not_count():
    events = [
        *votes({"a": ("Roads", "Waste"), "b": ("Roads", "Waste")}),
        said("t0", "b", "Parks"),
        said("t0", "b", action="undo"),
        said("t0", "judge", "Parks", action="resolve"),
        said("t1", "a", "Parks", action="repeat"),
    ]
    assert agreement(events, TASK).alpha.value == pytest.approx(1)


def test_json_names_everything():
    found = agreement(votes({"a": ("Roads", "Waste"), "b": ("Roads", "Parks")}), TASK).as_json()
    assert set(found) == {"alpha", "fleiss", "classes", "pairs", "texts", "annotators"}
    assert [one["label"] for one in found["classes"]] == list(LABELS)
    assert found["pairs"][0]["texts"] == found["texts"] == found["annotators"] == 2
