"""Metrics, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from activellm.errors import UsageError
from activellm.evaluation import evaluate, judged_predictions, majority_predictions
from activellm.evaluation.metrics import count, indicators
from activellm.selection.contract import Judgement
from activellm.task import Label, Task

SINGLE = Task(description="d", labels=tuple(Label(name=n) for n in "abcd"))
MULTI = SINGLE.model_copy(update={"kind": "multi"})

answers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)
sets = st.lists(
    st.tuples(*[st.lists(st.integers(0, 1), min_size=4, max_size=4)] * 2), min_size=1, max_size=40
)


@settings(max_examples=60)
@given(answers)
def test_single_label_metrics_are_those_of_scikit_learn(pairs):
    truth, predicted = (np.array(side) for side in zip(*pairs, strict=True))
    counts = count(indicators(SINGLE, truth), indicators(SINGLE, predicted))
    assert counts.accuracy() == pytest.approx(reference.accuracy_score(truth, predicted))
    # Without `labels` scikit-learn averages over the labels that occur in truth or predictions.
    expected = reference.f1_score(truth, predicted, average="macro", zero_division=0)
    assert counts.macro_f1() == pytest.approx(expected)


@settings(max_examples=60)
@given(sets)
def test_multi_label_metrics_are_those_of_scikit_learn(pairs):
    truth, predicted = (np.array(side) for side in zip(*pairs, strict=True))
    counts = count(indicators(MULTI, truth), indicators(MULTI, predicted))
    assert counts.accuracy() == pytest.approx(reference.accuracy_score(truth, predicted))
    occurring = np.flatnonzero((truth | predicted).any(axis=0))
    if len(occurring):
        expected = np.mean(
            [reference.f1_score(truth[:, i], predicted[:, i], zero_division=0) for i in occurring]
        )
        assert counts.macro_f1() == pytest.approx(expected)
    else:
        assert counts.macro_f1() == 1.0


def test_each_label_and_the_confusions_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    truth, predicted = rng.integers(0, 4, 80), rng.integers(0, 4, 80)
    found = evaluate(SINGLE, truth, predicted, subject="successor", texts="gold")
    expected = reference.precision_recall_fscore_support(truth, predicted, labels=range(4))
    for i, label in enumerate(found.labels):
        got = (label.precision, label.recall, label.f1, label.support)
        assert got == pytest.approx([column[i] for column in expected])
        assert label.predicted == np.sum(predicted == i)
    matrix = reference.confusion_matrix(truth, predicted, labels=range(4))
    assert np.array_equal(np.array(found.confusion), matrix)


def test_a_label_that_never_occurs_has_no_precision_and_no_weight():
    found = evaluate(
        SINGLE, np.array([0, 0, 1]), np.array([0, 0, 1]), subject="successor", texts="gold"
    )
    assert found.macro_f1.value == 1.0
    assert (found.labels[3].precision, found.labels[3].recall, found.labels[3].f1) == (None,) * 3


def test_repeated_predictions_are_averaged():
    truth = np.array([0, 1, 0, 1])
    repeats = [truth, np.array([0, 0, 0, 0])]
    found = evaluate(SINGLE, truth, repeats, subject="successor", texts="labelled")
    assert found.accuracy.value == pytest.approx((1.0 + 0.5) / 2)
    assert found.macro_f1.value == pytest.approx((1.0 + (2 / 3 + 0) / 2) / 2)
    assert found.confusion[1][:2] == (1.0, 1.0)
    assert found.labels[0].predicted == 3.0


def test_nothing_to_evaluate_is_refused():
    nothing = np.array([], dtype=np.int64)
    with pytest.raises(UsageError, match="Cannot evaluate"):
        evaluate(SINGLE, nothing, nothing, subject="successor", texts="gold")
    with pytest.raises(UsageError, match="Cannot evaluate"):
        evaluate(SINGLE, np.array([1]), np.array([1, 2]), subject="successor", texts="gold")
    with pytest.raises(UsageError, match="shape"):
        indicators(MULTI, np.array([1, 2]))
    with pytest.raises(UsageError, match="shape"):
        indicators(SINGLE, np.zeros((2, 4), dtype=np.int64))


def test_the_most_frequent_answer():
    assert majority_predictions(np.array([2, 1, 2]), 3).tolist() == [2, 2, 2]
    sets_given = np.array([[1, 0], [0, 0], [0, 0]])
    assert majority_predictions(sets_given, 2).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(UsageError):
        majority_predictions(np.array([], dtype=np.int64), 3)


def test_judgements_become_predictions():
    judgements = [Judgement("1", (0.1, 0.6, 0.2, 0.1)), Judgement("2", (0.5, 0.0, 0.9, 0.49))]
    assert judged_predictions(SINGLE, judgements).tolist() == [1, 2]
    assert judged_predictions(MULTI, judgements).tolist() == [[0, 1, 0, 0], [1, 0, 1, 0]]
    assert judged_predictions(SINGLE, []).tolist() == []
