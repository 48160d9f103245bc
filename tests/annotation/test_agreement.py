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
