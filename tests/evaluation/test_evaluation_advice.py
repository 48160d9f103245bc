"""Advice follows from the numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pydantic import TypeAdapter

from activellm.evaluation import Advice, Evaluation, advise, evaluate
from activellm.successors import make_successor, read_successor
from activellm.task import Label, Task

TASK = Task(description="d", labels=tuple(Label(name=n) for n in ("spam", "ham", "odd")))
ENOUGH = np.repeat([0, 1, 2], [20, 20, 8])


def measured(right, of, subject="successor", texts="gold"):
    truth = np.arange(of) % 3
    predicted = truth.copy()
    predicted[right:] = (truth[right:] + 1) % 3
    return evaluate(TASK, truth, predicted, subject=subject, texts=texts)


def said(*evaluations, targets=ENOUGH, comparison=None, task=TASK, tunable=False):
    found = advise(task, targets, evaluations, comparison, tunable=tunable)
    return " ".join(f"[{a.kind}] {a.text}" for a in found)


def test_a_good_classifier_may_stop():
    text = said(measured(980, 1000), measured(330, 1000, "majority"))
    assert "[stop] The classifier is right on 98\N{NO-BREAK SPACE}%" in text
    assert "[more]" not in text
    assert "[care]" not in text


def test_a_middling_one_goes_on():
    assert "[more] If you need more than this" in said(measured(700, 1000))


def test_the_majority_class_is_not_beaten():
    assert "most frequent answer" in said(measured(70, 100), measured(65, 100, "majority"))
    assert "most frequent" not in said(measured(90, 100), measured(40, 100, "majority"))


@pytest.mark.parametrize(
    ("model", "expected"), [(95, "need no classifier"), (72, "may be as good"), (30, None)]
)
def test_the_query_model_alone(model, expected):
    text = said(measured(70, 100), measured(model, 100, "query model"))
    assert (expected in text) if expected else ("query model" not in text)


def test_only_measurements_on_the_same_texts_are_compared():
    text = said(measured(70, 100), measured(99, 100, "query model", "labelled"))
    assert "query model" not in text


def test_the_query_model_is_compared_where_both_were_measured():
    text = said(
        measured(70, 100),
        measured(20, 32, texts="labelled"),
        measured(31, 32, "query model", "labelled"),
    )
    assert "need no classifier" in text


def test_few_or_no_examples_of_a_label():
    text = said(measured(70, 100), targets=np.array([0] * 9 + [1] * 3))
    assert "No text is labelled odd" in text
    assert "Few texts are labelled ham (3)" in text


def test_one_answer_only():
    text = said(targets=np.zeros(12, dtype=np.int64))
    assert "All 12 labelled texts got the same answer (spam)" in text


def test_a_random_sample_is_asked_for_where_there_is_none():
    assert "--holdout 50" in said(measured(30, 40, texts="labelled"))
    assert "--holdout" not in said(measured(30, 40, texts="hold-out"))
    assert "hold-out set is small (20 texts)" in said(measured(12, 20, texts="hold-out"))


def test_nothing_measured_and_nothing_labelled():
    assert "[measure] Nothing is measured yet" in said(targets=np.array([], dtype=np.int64))


def test_json_round_trip():
    for kind, value in (
        (tuple[Advice, ...], advise(TASK, ENOUGH, [measured(70, 100)])),
        (Evaluation, measured(7, 10)),
    ):
        adapter = TypeAdapter(kind)
        assert adapter.validate_json(adapter.dump_json(value)) == value


def test_with_many_labels_a_tuned_encoder_is_worth_a_try():
    many = np.arange(100) % 3
    assert "[try]" in said(measured(700, 1000), targets=many, tunable=True)
    assert "--successor setfit" in said(measured(700, 1000), targets=many, tunable=True)
    for text in (
        said(measured(700, 1000), targets=many[:99], tunable=True),
        said(measured(700, 1000), targets=many),
        said(measured(980, 1000), targets=many, tunable=True),
        said(targets=many, tunable=True),
    ):
        assert "[try]" not in text


def test_the_settings_advised_exist():
    text = said(measured(700, 1000), targets=np.arange(100) % 3, tunable=True)
    written = re.search(r"'(setfit\(.+\))'", text)
    name, settings = read_successor(written[1])
    assert make_successor(name, TASK, seed=0, **settings).contrast.pairs == 5


def test_of_several_labels_a_text_nothing_was_measured():
    multi = Task(description="d", kind="multi", labels=TASK.labels)
    truth = np.tile(np.eye(3, dtype=np.int64), (40, 1))
    wrong = truth.copy()
    wrong[:40] = np.roll(wrong[:40], 1, axis=1)
    found = evaluate(multi, truth, wrong, subject="successor", texts="gold")
    text = said(found, targets=truth, task=multi, tunable=True)
    assert "[more]" in text
    assert "[try]" not in text
