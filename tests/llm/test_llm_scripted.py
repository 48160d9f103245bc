import json
from pathlib import Path

import pytest
from query_model_contract import PROMPTS, QueryModelContract

from activellm.errors import DataError, QueryModelError
from activellm.llm import Completion, QueryModel, ScriptedModel, open_model


class TestContract(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self) -> QueryModel:
        return ScriptedModel(
            respond=lambda messages: f"seen {len(messages[-1].content)} letters",
            score=lambda messages, text: -float(len(messages[-1].content) + len(text)),
        )


class TestContractOfAFile(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self, tmp_path: Path) -> QueryModel:
        script = tmp_path / "script.json"
        script.write_text(json.dumps({"rules": [{"answer": "yes"}]}), encoding="utf-8")
        return open_model(f"scripted/{script}")


def test_answers_come_in_order_and_run_out() -> None:
    model = ScriptedModel(["one", Completion("two", "length"), QueryModelError("three failed")])
    assert model.complete(PROMPTS[0], max_tokens=5).text == "one"
    assert model.complete(PROMPTS[1], max_tokens=5).finish == "length"
    with pytest.raises(QueryModelError, match="three failed"):
        model.complete(PROMPTS[0], max_tokens=5)
    with pytest.raises(QueryModelError, match="no answer to question 4"):
        model.complete(PROMPTS[0], max_tokens=5)
    assert model.calls == 4
    assert model.asked[:2] == PROMPTS[:2]


def test_the_first_rule_that_fits_speaks(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    rules = [
        {"contains": "film", "answer": "about a film", "logprobs": {"positive": -0.5}},
        {"contains": "book", "error": "the server is down"},
        {"answer": "something else", "finish": "length"},
    ]
    script.write_text(json.dumps({"rules": rules}), encoding="utf-8")
    model = ScriptedModel.load(script)
    assert model.complete(PROMPTS[0], max_tokens=5).text == "about a film"
    assert model.complete(PROMPTS[2], max_tokens=5).finish == "length"
    with pytest.raises(QueryModelError, match="the server is down"):
        model.complete(PROMPTS[1], max_tokens=5)
    assert model.can_score
    assert model.score(PROMPTS[:1], ["positive"]).logprobs.tolist() == [[-0.5]]
    with pytest.raises(QueryModelError, match="'negative'"):
        model.score(PROMPTS[:1], ["negative"])


def test_a_changed_script_is_another_model(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"answers": ["1"]}', encoding="utf-8")
    before = ScriptedModel.load(script).identity()
    script.write_text('{"answers": ["2"]}', encoding="utf-8")
    assert ScriptedModel.load(script).identity() != before


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "Cannot read"),
        ("nonsense", "Not a script"),
        ('{"rules": [{"says": "x"}]}', r"rules\.0\.says"),
    ],
)
def test_a_broken_script_is_named(tmp_path: Path, content: str | None, problem: str) -> None:
    script = tmp_path / "script.json"
    if content is not None:
        script.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=problem) as caught:
        open_model(f"scripted/{script}")
    assert caught.value.where == str(script)
