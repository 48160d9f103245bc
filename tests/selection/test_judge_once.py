"""Bare texts judged for a classifier: each once, and nothing made up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from selection_helpers import PAIR, TASK

from activellm.errors import QueryModelError
from activellm.llm.protocol import Messages
from activellm.llm.scripted import ScriptedModel
from activellm.progress import silent
from activellm.selection.judge_once import JudgeOnce


def scoring() -> ScriptedModel:
    def score(messages: Messages, label: str) -> float:
        return -1.0 - 3.0 * (label not in messages[-1].content.rsplit("Text", 1)[-1])

    return ScriptedModel(score=score)


def test_each_text_is_asked_about_once() -> None:
    model, seen = scoring(), []
    judge = JudgeOnce(lambda: model, "m", TASK, lambda some: seen.extend(e.text for e in some))
    first = judge(["a cats text", "dogs", "a cats text"], silent)
    assert model.calls == 2
    assert seen == ["a cats text", "dogs"]
    np.testing.assert_array_equal(first[0], first[2])
    again = judge(["dogs", "cars", "a cats text"], silent)
    assert model.calls == 3
    np.testing.assert_array_equal(again[[2, 0]], first[:2])
    np.testing.assert_allclose(again.sum(axis=1), 1)


def test_the_models_own_probabilities_whatever_the_company() -> None:
    texts = [f"cats {number}" for number in range(12)]
    together = JudgeOnce(scoring, "m", TASK, lambda _: None)(texts, silent)
    alone = JudgeOnce(scoring, "m", TASK, lambda _: None)(texts[:1], silent)
    np.testing.assert_allclose(together[0], alone[0])
    assert together[0].max() > 0.5


def test_a_text_without_an_answer_is_nan_and_asked_again() -> None:
    label = TASK.label_names[0]
    model = ScriptedModel(
        respond=lambda _: json.dumps([{"number": 1, "label": label, "clear": 100}])
    )
    judge = JudgeOnce(lambda: model, "m", TASK, lambda _: None)
    found = judge(["one", "two"], silent)
    assert found[0, 0] > 0.9
    assert np.isnan(found[1]).all()
    asked = model.calls
    judge(["one"], silent)
    assert model.calls == asked
    assert judge(["two"], silent)[0, 0] > 0.9
    assert model.calls > asked


def test_no_answer_at_all_is_an_error() -> None:
    judge = JudgeOnce(lambda: ScriptedModel(respond=lambda _: "no"), "m", TASK, lambda _: None)
    with pytest.raises(QueryModelError, match="labels in JSON"):
        judge(["one"], silent)


def test_pairs_and_nothing() -> None:
    judge = JudgeOnce(scoring, "m", PAIR, lambda _: None)
    assert judge([("a", "b"), ("a", "c")], silent).shape == (2, len(PAIR.labels))
    assert judge([], silent).shape == (0, len(PAIR.labels))
