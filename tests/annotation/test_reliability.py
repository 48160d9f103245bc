"""Dawid and Skene's estimate: recovers known annotators, by hand, and its symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from answers import simulated
from hypothesis import given
from hypothesis import strategies as st

from activellm.annotation.reliability import dawid_skene

NAMES = ("x", "y", "z")


def estimate(table, count=3):
    table = table[(table >= 0).any(axis=1)]
    texts, people = np.nonzero(table >= 0)
    return dawid_skene(texts, people, table[texts, people], count)


def test_it_recovers_how_people_confuse_labels():
    rng = np.random.default_rng(0)
    confusions = np.array(
        [
            [[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]],
            [[0.8, 0.2, 0.0], [0.1, 0.7, 0.2], [0.0, 0.1, 0.9]],
            [[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]],
            [[1 / 3] * 3] * 3,
        ]
    )
    truth = rng.choice(3, p=[0.5, 0.3, 0.2], size=1500)
    table = simulated(truth, confusions, rng, NAMES, missing=0.2)
    found, truth = estimate(table), truth[(table >= 0).any(axis=1)]
    assert np.abs(found.confusion - confusions).max() < 0.08
    assert np.abs(found.prior - [0.5, 0.3, 0.2]).max() < 0.03
    assert (found.posterior.argmax(axis=1) == truth).mean() > 0.9
    assert found.accuracy == pytest.approx([0.9, 0.79, 0.24, 1 / 3], abs=0.05)


def test_it_beats_the_majority_where_three_of_five_guess():
    rng = np.random.default_rng(1)
    good, guess = np.full((3, 3), 0.05) + 0.85 * np.eye(3), np.full((3, 3), 1 / 3)
    truth = rng.integers(3, size=400)
    table = simulated(truth, [good, good, guess, guess, guess], rng, NAMES)
    votes = np.array([np.bincount(row, minlength=3) for row in table])
    right = (estimate(table).posterior.argmax(axis=1) == truth).mean()
    assert right > (votes.argmax(axis=1) == truth).mean() + 0.1


def test_one_step_by_hand():
    """Two people who always agree: their answer, the surer the more texts say so."""
    few, many = estimate(np.array([[0, 0], [1, 1]])), estimate(np.array([[0, 0], [1, 1]] * 20))
    assert few.posterior.argmax(axis=1).tolist() == [0, 1]
    assert many.posterior[0, 0] > few.posterior[0, 0] > 0.8
    assert many.confusion[0, 0, 0] > 0.9


@given(
    st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=15),
    st.permutations(range(3)),
)
def test_renaming_labels_renames_the_result(rows, order):
    table = np.array(rows)
    if not (table >= 0).any(axis=0).all():
        return
    found = estimate(table)
    renamed = estimate(np.where(table < 0, -1, np.array(order)[table]))
    np.testing.assert_allclose(renamed.posterior[:, order], found.posterior, atol=1e-6)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    assert np.isfinite(found.confusion).all()


def test_one_person_one_answer_one_label():
    found = estimate(np.array([[0]]))
    assert found.posterior[0].argmax() == 0
    assert estimate(np.array([[0], [0]]), count=2).posterior[:, 0].min() > 0.5


def test_texts_answered_alike_can_be_one():
    rng = np.random.default_rng(2)
    confusion = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    table = simulated(rng.integers(3, size=200), [confusion] * 3, rng, NAMES)
    rows, at, often = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    texts, people = np.nonzero(rows >= 0)
    found = dawid_skene(texts, people, rows[texts, people], 3, often=often)
    np.testing.assert_allclose(found.posterior[at], estimate(table).posterior, atol=1e-6)
    np.testing.assert_allclose(found.confusion, estimate(table).confusion, atol=1e-6)


def test_one_round_of_known_labels_by_hand():
    """One person, labels known: 2 of 3 right of label 0, with 1/2 and 1 pseudo-answers beside."""
    texts, people, labels = np.arange(4), np.zeros(4, dtype=int), np.array([0, 0, 1, 1])
    found = dawid_skene(texts, people, labels, 2, known=np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(found.posterior, [[1, 0], [1, 0], [1, 0], [0, 1]])
    np.testing.assert_allclose(found.confusion[0], [[3.5 / 5, 1.5 / 5], [0.5 / 3, 2.5 / 3]])
    np.testing.assert_allclose(found.prior, [4 / 6, 2 / 6])
