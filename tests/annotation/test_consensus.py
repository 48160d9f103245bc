"""One label from several answers: majority, reliability, a classifier, a decision."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from annotation_samples import LABELS, make_task
from answers import events_of, said, simulated, votes
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.annotation.consensus import resolve
from activellm.annotation.crowdlab import crowdlab
from activellm.errors import MissingExtraError, UsageError

TASK = make_task()
MULTI = make_task(kind="multi")
METHODS = ["majority", "dawid-skene", "crowdlab"]
UNSURE = [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]]
SURE = [[0.96, 0.02, 0.02], [0.02, 0.96, 0.02], [0.02, 0.02, 0.96]]


def test_majority_ties_and_shares():
    found = resolve(
        votes(
            {
                "a": ("Roads", "Roads", "Roads"),
                "b": ("Roads", "Waste", "Waste"),
                "c": ("Roads", "Roads", "Parks"),
            }
        ),
        TASK,
    )
    agreed, most, tie = (found[f"t{number}"] for number in range(3))
    assert (agreed.labels, agreed.source, agreed.distribution) == (("Roads",), "agreed", (1, 0, 0))
    assert (most.labels, most.source) == (("Roads",), "majority")
    assert most.distribution == pytest.approx((2 / 3, 1 / 3, 0))
    assert (tie.labels, tie.source, tie.voters) == (None, "tie", 3)


@pytest.mark.parametrize("method", METHODS)
def test_one_answer_is_the_answer_and_skips_are_none(method):
    events = [said("t0", "a", "Parks"), said("t0", "b", action="skip"), said("t1", "b", "Waste")]
    found = resolve(events, TASK, method)
    assert {id_: one.labels for id_, one in found.items()} == {"t0": ("Parks",), "t1": ("Waste",)}
    assert resolve([said("t0", "b", action="skip")], TASK, method) == {}
    assert resolve([], TASK, method) == {}


@pytest.mark.parametrize("method", METHODS)
def test_a_decision_outranks_everybody(method):
    events = [
        *votes({"a": ("Roads",), "b": ("Roads",)}),
        said("t0", "judge", "Parks", action="resolve"),
        said("t1", "judge", "Waste", action="resolve"),
    ]
    found = resolve(events, TASK, method)
    assert (found["t0"].labels, found["t0"].source, found["t0"].voters) == (
        ("Parks",),
        "decision",
        2,
    )
    assert found["t1"].voters == 0
    back = resolve([*events, said("t0", "judge", action="undo")], TASK, method)
    assert (back["t0"].labels, back["t0"].source) == (("Roads",), "agreed")


def test_several_labels_are_decided_one_by_one():
    events = votes(
        {
            "a": ("Roads|Waste", "-", "Roads"),
            "b": ("Waste", "-", "-"),
            "c": ("Waste|Parks", "Parks", ""),
        }
    )
    found = resolve(events, MULTI)
    assert (found["t0"].labels, found["t0"].source) == (("Waste",), "majority")
    assert found["t0"].distribution == pytest.approx((1 / 3, 1, 1 / 3))
    assert (found["t1"].labels, found["t1"].source) == ((), "majority")
    assert (found["t2"].labels, found["t2"].source) == (None, "tie")


def test_who_is_reliable_decides_where_two_disagree():
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=300)
    table = simulated(truth, [SURE, UNSURE, UNSURE], rng, LABELS)
    split = np.flatnonzero((table[:, 0] != table[:, 1]) & (table[:, 1] == table[:, 2]))
    events = events_of(table, LABELS)
    right = {}
    for method in ("majority", "dawid-skene"):
        found = resolve(events, TASK, method)
        right[method] = np.mean([found[f"t{row}"].labels == (LABELS[truth[row]],) for row in split])
    assert right["dawid-skene"] > right["majority"] + 0.1
    assert {found[f"t{row}"].source for row in split} == {"reliability"}


def test_where_labels_are_several_reliability_is_by_label():
    rng = np.random.default_rng(3)
    truth = rng.random((200, 3)) < 0.4
    events = []
    for name, wrong in (("good", 0.02), ("poor", 0.4), ("poorer", 0.4)):
        given = truth ^ (rng.random(truth.shape) < wrong)
        for row, line in enumerate(given):
            held = [label for label, there in zip(LABELS, line, strict=True) if there]
            events.append(said(f"t{row}", name, *held))
    right = {}
    for method in ("majority", "dawid-skene"):
        found = resolve(events, MULTI, method)
        right[method] = np.mean(
            [
                found[f"t{row}"].labels
                == tuple(label for label, there in zip(LABELS, line, strict=True) if there)
                for row, line in enumerate(truth)
            ]
        )
    assert right["dawid-skene"] > right["majority"] + 0.1


def test_crowdlab_follows_a_good_classifier_where_people_are_split():
    rng = np.random.default_rng(1)
    truth = rng.integers(3, size=200)
    table = simulated(truth, [UNSURE, UNSURE], rng, LABELS)
    events = events_of(table, LABELS)
    probabilities = {
        f"t{row}": (0.9 * np.eye(3)[label] + 0.1 / 3).tolist() for row, label in enumerate(truth)
    }
    found = resolve(events, TASK, "crowdlab", probabilities=probabilities)
    split = np.flatnonzero(table[:, 0] != table[:, 1])
    right = np.mean([found[f"t{row}"].labels == (LABELS[truth[row]],) for row in split])
    plain = resolve(events, TASK, "dawid-skene")
    alone = np.mean([plain[f"t{row}"].labels == (LABELS[truth[row]],) for row in split])
    assert right > alone + 0.1
    for one in found.values():
        assert sum(one.distribution) == pytest.approx(1)


def test_decisions_tell_who_is_reliable():
    """a and b differ on everything; what was decided says that b is right."""
    events = votes({"a": ["Roads"] * 12, "b": ["Waste"] * 12})
    assert resolve(events, TASK, "dawid-skene")["t11"].source == "tie"
    events += [said(f"t{n}", "judge", "Waste", action="resolve") for n in range(6)]
    found = resolve(events, TASK, "dawid-skene")
    assert (found["t11"].labels, found["t11"].source) == (("Waste",), "reliability")
    assert resolve(events, TASK)["t11"].source == "tie"


def test_crowdlab_tells_what_cleanlab_tells_of_the_majoritys_label():
    from cleanlab.multiannotator import get_label_quality_multiannotator

    rng = np.random.default_rng(6)
    truth = rng.integers(3, size=80)
    table = simulated(truth, [SURE, UNSURE, UNSURE, UNSURE], rng, LABELS, missing=0.4)
    table = table[(table >= 0).any(axis=1)]
    probabilities = rng.dirichlet(np.ones(3), size=len(table))
    found = crowdlab(table, probabilities)
    expected = get_label_quality_multiannotator(
        np.where(table < 0, np.nan, table),
        probabilities,
        consensus_method="majority_vote",
        verbose=False,
    )["label_quality"]
    rows, labels = np.arange(len(table)), expected["consensus_label"].to_numpy(dtype=int)
    assert found.labels.tolist() == labels.tolist()
    np.testing.assert_allclose(found.posterior[rows, labels], expected["consensus_quality_score"])
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)


def test_crowdlab_overrules_no_majority():
    """The most probable label by its average may be the classifier's; the majority's is kept."""
    events = votes({"a": ["Roads"] * 9, "b": ["Roads"] * 9, "c": [*["Roads"] * 8, "Waste"]})
    events += votes({"d": [*["Roads"] * 8, "Waste"]})
    events += votes({"e": [*["Roads"] * 8, "Roads"]})
    probabilities = {f"t{n}": [0.98, 0.01, 0.01] for n in range(8)} | {"t8": [0.0, 1.0, 0.0]}
    found = resolve(events, TASK, "crowdlab", probabilities=probabilities)["t8"]
    assert (found.labels, found.source) == (("Roads",), "reliability")


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=2, max_size=8))
def test_crowdlab_copes_with_few_answers(rows):
    events = events_of(np.array(rows), LABELS)
    probabilities = {f"t{row}": [0.5, 0.3, 0.2] for row in range(0, len(rows), 2)}
    for one in resolve(events, TASK, "crowdlab", probabilities=probabilities).values():
        assert sum(one.distribution) == pytest.approx(1)


def test_crowdlab_without_a_classifier_is_reliability():
    rng = np.random.default_rng(2)
    table = simulated(rng.integers(3, size=50), [SURE, UNSURE], rng, LABELS)
    events = events_of(table, LABELS)
    assert resolve(events, TASK, "crowdlab") == resolve(events, TASK, "dawid-skene")


def test_crowdlab_is_for_one_label_a_text_and_needs_its_package(monkeypatch):
    events = votes({"a": ("Roads", "Roads"), "b": ("Waste", "Roads")})
    with pytest.raises(UsageError, match="one label a text"):
        resolve(events, MULTI, "crowdlab")
    monkeypatch.setitem(sys.modules, "cleanlab.multiannotator", None)
    with pytest.raises(MissingExtraError, match="crowd"):
        resolve(events, TASK, "crowdlab", probabilities={"t0": [0.4, 0.3, 0.3], "t1": [1, 0, 0]})
