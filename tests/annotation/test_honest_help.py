"""Agreement with oneself and with known answers, anchoring, and labels that are doubted."""

from __future__ import annotations

import json

import numpy as np
import pytest
from answers import said
from cleanlab.filter import find_label_issues
from hypothesis import given
from hypothesis import strategies as st

from activellm.annotation.anchoring import FEW, anchoring
from activellm.annotation.consistency import with_known, with_self
from activellm.annotation.second_look import doubted
from activellm.annotation.shares import share_of


def test_shares_have_wilsons_interval():
    """8 of 10, by the formula: (0.8 + 1.92/10 -+ 1.96 sqrt(0.016 + 0.0096)) / 1.384."""
    found = share_of(8, 10)
    assert (found.share, found.n) == (0.8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-3)
    assert share_of(0, 0) is None


def test_agreement_with_oneself():
    events = [
        said("t0", "a", "x"),
        said("t1", "a", "x"),
        said("t0", "a", "x", action="repeat"),
        said("t1", "a", "y", action="repeat"),
        said("t2", "a", "y", action="repeat"),
        said("t0", "b", "x"),
    ]
    assert {name: (one.share, one.n) for name, one in with_self(events).items()} == {"a": (0.5, 2)}


def test_the_first_answer_is_what_stood_when_the_text_came_again():
    first = [said("t0", "a", "x"), said("t0", "a", "y"), said("t0", "a", "z")]
    again = said("t0", "a", "y", action="repeat")
    undone = [*first, said("t0", "a", action="undo"), again]
    assert with_self(undone)["a"].share == 1
    assert with_self([*first, again, said("t0", "a", "y")])["a"].share == 0


def test_agreement_with_known_answers():
    events = [
        said("t0", "a", "x"),
        said("t1", "a", "y"),
        said("t0", "b", action="skip"),
        said("t2", "b", "x"),
    ]
    found = with_known(events, {"t0": ("x",), "t1": ("x",), "t3": ("x",)})
    assert {name: (one.share, one.n) for name, one in found.items()} == {"a": (0.5, 2)}


def swayed(seen, unseen, n=50):
    """Answers that equal the weak label so often where it was seen, and where not."""
    events = []
    for kind, share in (("before", seen), ("", unseen)):
        for number in range(n):
            label = "x" if number < share * n else "y"
            events.append(said(f"{kind}{number}", "a", label, revealed=kind))
    return events, {one.example_id: "x" for one in events}


def test_people_who_are_swayed():
    found = anchoring(*swayed(0.9, 0.5))
    assert found.difference == pytest.approx(0.4)
    assert 0 < found.low < 0.4 < found.high < 0.6
    assert not found.few
    assert found.after is None
    json.dumps(found.as_json(), allow_nan=False)


def test_newcombes_interval_by_his_own_example():
    """56 of 70 against 48 of 80 (Newcombe 1998, table II a): 0.0524 to 0.3339."""
    events = [said(f"b{n}", "a", "x" if n < 56 else "y", revealed="before") for n in range(70)]
    events += [said(f"u{n}", "a", "x" if n < 48 else "y") for n in range(80)]
    found = anchoring(events, {one.example_id: "x" for one in events})
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=2e-4)


def test_too_few_answers_say_so():
    assert anchoring(*swayed(0.9, 0.5, n=FEW - 1)).few
    nothing = anchoring([], {})
    assert (nothing.few, nothing.difference, nothing.unseen) == (True, None, None)
    json.dumps(nothing.as_json(), allow_nan=False)


def test_texts_without_weak_label_and_changed_answers_are_kept_apart():
    events = [
        said("t0", "a", "x"),
        said("t1", "a", "x", revealed="after"),
        said("t2", "a", "x"),
        said("t3", "a", action="skip"),
    ]
    found = anchoring(events, {"t0": "y", "t1": "x", "t3": "x"})
    assert (found.unseen.n, found.unseen.share) == (1, 0.0)
    assert (found.after.n, found.after.share) == (1, 1.0)


def test_an_answer_that_was_changed_after_looking_counts_as_given_without():
    events = [
        said("t0", "a", "y"),
        said("t0", "a", "x", revealed="after"),
        said("t1", "a", "x"),
        said("t2", "a", "x", revealed="before"),
        said("t2", "a", "y", revealed="before"),
    ]
    found = anchoring(events, {"t0": "x", "t1": "x", "t2": "x"})
    assert (found.unseen.n, found.unseen.share) == (2, 0.5)
    assert (found.after.n, found.after.share) == (1, 1.0)
    assert (found.before.n, found.before.share) == (1, 0.0)


@given(st.integers(0, 2**20), st.integers(20, 60), st.integers(3, 5))
def test_with_more_labels_too_where_the_most_probable_one_is_confident(seed, n, count):
    """Elsewhere cleanlab may doubt a label that is more probable than what it suggests."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(count), rng.integers(count, size=n - count)])
    p = rng.dirichlet(np.full(count, 0.6), size=n)
    expected = find_label_issues(labels, p, filter_by="confident_learning", n_jobs=1)
    doubts = {one.row: one for one in doubted(labels, p)}
    thresholds = np.array([p[labels == label, label].mean() for label in range(count)])
    confident = p >= thresholds
    for row in np.flatnonzero(confident[np.arange(n), p.argmax(axis=1)]):
        assert (row in doubts) == expected[row]
    assert [one.margin for one in doubts.values()] == sorted(
        (one.margin for one in doubts.values()), reverse=True
    )


@given(st.integers(0, 2**20), st.integers(20, 60))
def test_doubted_labels_are_cleanlabs_off_diagonals(seed, n):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(2), rng.integers(2, size=n - 2)])
    p = rng.dirichlet(np.full(2, 0.6), size=n)
    expected = find_label_issues(labels, p, filter_by="confident_learning", n_jobs=1)
    found = [one.row for one in doubted(labels, p)]
    assert sorted(found) == np.flatnonzero(expected).tolist()


def test_a_wrong_label_is_doubted_first():
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=60)
    p = np.where(np.eye(2)[truth] == 1, 0.9, 0.1)
    given_ = truth.copy()
    given_[7] = 1 - given_[7]
    p[7] = np.where(np.eye(2)[truth[7]] == 1, 0.99, 0.01)
    first, *_ = doubted(given_, p)
    assert (first.row, first.label, first.margin) == (7, truth[7], pytest.approx(0.98))
    assert doubted(truth, p) == []


def test_a_label_that_nobody_gave_is_never_suggested():
    p = np.array([[0.1, 0.1, 0.8], [0.2, 0.1, 0.7], [0.1, 0.6, 0.3]])
    assert all(one.label != 2 for one in doubted(np.array([0, 0, 1]), p))
