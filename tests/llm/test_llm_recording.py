import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from query_model_contract import LABELS, PROMPTS, SCHEMA, QueryModelContract

from activellm.errors import DataError, QueryModelError
from activellm.llm import (
    Completion,
    Messages,
    QueryModel,
    RecordedModel,
    ScriptedModel,
    Usage,
    open_model,
)


def judge(messages: Messages, text: str) -> float:
    return -float(len(messages[-1].content) + len(text))


def spoken(messages: Messages) -> Completion:
    return Completion(f"seen {len(messages[-1].content)}", usage=Usage(1, 0, 9, 2, 0.5, 0.25))


def scripted() -> ScriptedModel:
    return ScriptedModel(respond=spoken, score=judge, version="1")


class TestContract(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self, tmp_path: Path) -> QueryModel:
        # A folder that is new for every question: what is recorded is tested below.
        return RecordedModel(scripted(), tmp_path / "kept")

    # The second question of each of these tests is a replay, which costs nothing.


def test_a_question_is_asked_once(tmp_path: Path) -> None:
    first, second = scripted(), scripted()
    new = RecordedModel(first, tmp_path / "a" / "b").complete(PROMPTS[0], max_tokens=5)
    old = RecordedModel(second, tmp_path / "a" / "b").complete(PROMPTS[0], max_tokens=5)
    assert (first.calls, second.calls) == (1, 0)
    assert old.text == new.text
    assert old.recording == new.recording
    assert new.usage == Usage(1, 0, 9, 2, 0.5, 0.25)
    assert old.usage == Usage(0, 1, 9, 2, 0.0, 0.0)


def test_everything_that_changes_the_answer_is_in_the_key(tmp_path: Path) -> None:
    model = RecordedModel(scripted(), tmp_path)
    other = RecordedModel(ScriptedModel(respond=spoken, version="2"), tmp_path)
    keys = [
        model.complete(PROMPTS[0], max_tokens=5),
        model.complete(PROMPTS[1], max_tokens=5),
        model.complete(PROMPTS[0], max_tokens=6),
        model.complete(PROMPTS[0], max_tokens=5, temperature=0.5),
        model.complete(PROMPTS[0], max_tokens=5, seed=1),
        model.complete(PROMPTS[0], max_tokens=5, json_schema=SCHEMA),
        other.complete(PROMPTS[0], max_tokens=5),
    ]
    assert len({answer.recording for answer in keys}) == len(keys)
    assert len(list(tmp_path.iterdir())) == len(keys)
    assert {answer.recording for answer in keys} == {path.stem for path in tmp_path.iterdir()}


def test_scores_are_kept_prompt_by_prompt(tmp_path: Path) -> None:
    first, second = scripted(), scripted()
    part = RecordedModel(first, tmp_path).score(PROMPTS[:2], LABELS)
    whole = RecordedModel(second, tmp_path).score([*PROMPTS, PROMPTS[2]], LABELS)
    assert (first.calls, second.calls) == (2, 1)
    assert part.usage.calls == 2
    assert (whole.usage.calls, whole.usage.replayed) == (1, 3)
    assert whole.recordings[:2] == part.recordings
    assert whole.recordings[2] == whole.recordings[3]
    expected = [[judge(prompt, text) for text in LABELS] for prompt in [*PROMPTS, PROMPTS[2]]]
    np.testing.assert_array_equal(whole.logprobs, expected)


def test_a_failure_is_not_kept_and_what_came_before_it_is(tmp_path: Path) -> None:
    def fails_on_the_second(messages: Messages, text: str) -> float:
        if messages == PROMPTS[1]:
            raise QueryModelError("gone")
        return -1.0

    broken = ScriptedModel(score=fails_on_the_second, version="1")
    with pytest.raises(QueryModelError, match="gone"):
        RecordedModel(broken, tmp_path).score(PROMPTS, LABELS)
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(QueryModelError):
        RecordedModel(ScriptedModel([]), tmp_path).complete(PROMPTS[0], max_tokens=5)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 1}', "other question", "nan"])
def test_a_damaged_recording_is_named_and_not_trusted(tmp_path: Path, damage: str) -> None:
    key = RecordedModel(scripted(), tmp_path).complete(PROMPTS[0], max_tokens=5).recording
    path = tmp_path / f"{key}.json"
    if damage in ("other question", "nan"):
        content = json.loads(path.read_text(encoding="utf-8"))
        if damage == "nan":
            content["answer"]["usage"]["seconds"] = float("nan")
        else:
            content["question"]["messages"][1]["content"] = "another text"
        damage = json.dumps(content)
    path.write_text(damage, encoding="utf-8")
    model = scripted()
    with pytest.raises(DataError, match="damaged") as caught:
        RecordedModel(model, tmp_path).complete(PROMPTS[0], max_tokens=5)
    assert caught.value.where == str(path)
    assert model.calls == 0


def test_scores_for_other_continuations_are_not_trusted(tmp_path: Path) -> None:
    key = RecordedModel(scripted(), tmp_path).score(PROMPTS[:1], LABELS).recordings[0]
    path = tmp_path / f"{key}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["answer"]["logprobs"] = [-1.0]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match="damaged"):
        RecordedModel(scripted(), tmp_path).score(PROMPTS[:1], LABELS)


def test_a_recording_is_the_same_file_wherever_it_is_made(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        RecordedModel(scripted(), tmp_path / folder).complete(PROMPTS[2], max_tokens=5)
    one, two = (next((tmp_path / folder).iterdir()) for folder in ("one", "two"))
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()
    assert "1 2 3, a road <|im_end|>" in one.read_text(encoding="utf-8")


def test_counts_are_kept_too(tmp_path: Path) -> None:
    first, second = scripted(), ScriptedModel(respond=spoken, version="1")
    assert RecordedModel(first, tmp_path).count_tokens("three words here") == 6
    second.count_tokens = None  # type: ignore[assignment, method-assign]
    kept = RecordedModel(second, tmp_path)
    assert kept.count_tokens("three words here") == 6
    with pytest.raises(TypeError):
        kept.count_tokens("another text")
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text(encoding="utf-8") + '["cut', encoding="utf-8")
    assert RecordedModel(second, tmp_path).count_tokens("three words here") == 6


@pytest.mark.weights
def test_a_replay_loads_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> list[object]:
        model = open_model("embedded", recordings=tmp_path)
        scores = model.score(PROMPTS[:2], LABELS[:2])
        answer = model.complete(PROMPTS[0], max_tokens=4)
        counted = model.count_tokens("how long is this?")
        return [scores.logprobs.tolist(), answer.text, counted, model.context_length]

    first = everything()
    monkeypatch.setattr("activellm.weights.Carried.path", None)
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert everything() == first


SLOW = """
import sys, time
from pathlib import Path
from activellm.llm import Message, RecordedModel, ScriptedModel

def score(messages, text):
    time.sleep(0.02)
    return -1.0

prompts = [(Message("user", f"text {n}"),) for n in range(60)]
model = ScriptedModel(score=score, version="1")
RecordedModel(model, Path(sys.argv[1])).score(prompts, ["yes"])
print(model.calls)
"""


def test_killed_scoring_goes_on_where_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SLOW, str(tmp_path / "kept")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while len(list(tmp_path.glob("kept/*.json"))) < 5:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    kept = len(list(tmp_path.glob("kept/*.json")))
    assert 5 <= kept < 60
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert int(again.stdout) == 60 - kept
    assert len(list(tmp_path.glob("kept/*.json"))) == 60


def in_threads(work: Callable[[int], object], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def test_threads_that_ask_the_same_make_one_call(tmp_path: Path) -> None:
    def slowly(messages: Messages) -> Completion:
        time.sleep(0.05)
        return spoken(messages)

    inside = ScriptedModel(respond=slowly, version="1")
    model = RecordedModel(inside, tmp_path)
    answers: list[Completion] = []
    in_threads(lambda n: answers.append(model.complete(PROMPTS[n % 2], max_tokens=5)), 12)
    assert inside.calls == 2
    assert len({answer.text for answer in answers}) == 2
    assert sum(answer.usage.calls for answer in answers) == 2
    assert sum(answer.usage.replayed for answer in answers) == 10


def test_different_questions_do_not_wait_for_each_other(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)

    def together(messages: Messages) -> Completion:
        both.wait()
        return spoken(messages)

    inside = ScriptedModel(respond=together, version="1")
    model = RecordedModel(inside, tmp_path)
    in_threads(lambda n: model.complete(PROMPTS[n], max_tokens=5), 2)
    assert inside.calls == 2
    assert not both.broken


def test_who_waited_for_a_failure_asks_again(tmp_path: Path) -> None:
    answers = iter([QueryModelError("gone"), Completion("here")])

    def first_fails(messages: Messages) -> Completion | Exception:
        time.sleep(0.05)
        return next(answers)

    model = RecordedModel(ScriptedModel(respond=first_fails, version="1"), tmp_path)
    said: list[str] = []

    def ask_it(number: int) -> None:
        try:
            said.append(model.complete(PROMPTS[0], max_tokens=5).text)
        except QueryModelError as error:
            said.append(str(error))

    in_threads(ask_it, 3)
    assert sorted(said) == ["gone", "here", "here"]


def test_scores_asked_for_at_once_are_computed_once(tmp_path: Path) -> None:
    def slowly(messages: Messages, text: str) -> float:
        time.sleep(0.005)
        return judge(messages, text)

    inside = ScriptedModel(score=slowly, version="1")
    model = RecordedModel(inside, tmp_path)
    tables = []
    orders = [PROMPTS, PROMPTS[::-1], [*PROMPTS[1:], PROMPTS[0]], PROMPTS[:1]]
    in_threads(lambda n: tables.append((n, model.score(orders[n], LABELS).logprobs)), 4)
    assert inside.calls == 3
    for number, table in tables:
        expected = [[judge(prompt, text) for text in LABELS] for prompt in orders[number]]
        np.testing.assert_array_equal(table, expected)


def test_rows_come_from_the_recording_too(tmp_path: Path) -> None:
    inside = scripted()
    model = RecordedModel(inside, tmp_path)
    first = list(model.score_rows(PROMPTS, LABELS))
    again = list(model.score_rows(PROMPTS, LABELS))
    assert inside.calls == 3
    assert [row.index for row in first] == [row.index for row in again]
    assert sum(row.usage.replayed for row in again) == 3


def test_counts_from_many_threads_are_whole_lines(tmp_path: Path) -> None:
    model = RecordedModel(scripted(), tmp_path)
    in_threads(lambda n: [model.count_tokens(f"text {k}") for k in range(n % 2, 200)], 6)
    (path,) = tmp_path.iterdir()
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {count for _, count in lines} == {2, 3}
    assert len({text for text, _ in lines}) == 200
