"""What servers do wrong, and the named outcome of each: answers, further requests, time."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_openai_server import FakeOpenAIServer
from query_model_contract import PROMPTS, SCHEMA

from activellm.errors import QueryModelError
from activellm.llm import open_model
from activellm.llm.retry import CallFailed, Limits
from activellm.llm.servers.transport import Transport
from activellm.llm.side_by_side import Job, side_by_side
from activellm.pool.example import Example
from activellm.selection import Selection, SelectionContext, open_strategy
from activellm.task import Label, Task

QUICK = Limits(timeout=2, attempts=3, deadline=6)
NO_TEMPERATURE = "Unsupported value: 'temperature' does not support 0 with this model."
NO_SEED = "Extra inputs are not permitted: seed"
NO_SCHEMA = "response_format json_schema is not supported by this model"


def ask(server: FakeOpenAIServer, **options: Any) -> str:
    limits = options.pop("limits", QUICK)
    model = options.pop("model", None) or open_model(f"{server.url}#tiny", limits=limits)
    return str(model.complete(PROMPTS[0], max_tokens=50, **options).text)


def sent(server: FakeOpenAIServer) -> list[set[str]]:
    return [set(call["body"]) for call in server.calls]


class TestRefusedParameters:
    @pytest.mark.parametrize(
        ("message", "gone"),
        [(NO_TEMPERATURE, "temperature"), (NO_SEED, "seed"), (NO_SCHEMA, "response_format")],
    )
    def test_left_out_at_once_and_from_then_on(self, message: str, gone: str) -> None:
        with FakeOpenAIServer([{"status": 400, "message": message}], then={"answer": "ok"}) as one:
            model = open_model(f"{one.url}#tiny", limits=Limits(2, 1, 6))
            for _ in range(2):
                assert ask(one, model=model, json_schema=SCHEMA) == "ok"
        assert [gone in body for body in sent(one)] == [True, False, False]

    def test_one_after_the_other(self) -> None:
        steps = [{"status": 400, "message": text} for text in (NO_TEMPERATURE, NO_SEED, NO_SCHEMA)]
        with FakeOpenAIServer(steps, then={"answer": "ok"}) as one:
            assert ask(one, limits=Limits(2, 1, 6), json_schema=SCHEMA) == "ok"
        assert sent(one)[-1] == {"model", "messages", "max_tokens"}

    def test_a_server_that_goes_on_refusing_is_believed_once(self) -> None:
        fails = pytest.raises(QueryModelError, match="answered 400: Unsupported value")
        with FakeOpenAIServer(then={"status": 400, "message": NO_TEMPERATURE}) as one, fails:
            ask(one)
        assert len(one.calls) == 2

    def test_the_other_name_of_the_limit(self) -> None:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        with FakeOpenAIServer([{"status": 400, "message": message}], then={"answer": "ok"}) as one:
            assert ask(one) == "ok"
        assert one.calls[1]["body"]["max_completion_tokens"] == 50
        assert "max_tokens" not in one.calls[1]["body"]


def test_a_wrong_value_is_not_taken_for_a_refused_parameter() -> None:
    steps = [{"status": 400, "message": "temperature must be between 0 and 2"}]
    fails = pytest.raises(QueryModelError, match="between 0 and 2")
    with FakeOpenAIServer(steps, then={"answer": "never"}) as one, fails:
        ask(one)
    assert len(one.calls) == 1


def test_a_pause_in_milliseconds_is_kept() -> None:
    started = time.monotonic()
    steps = [{"status": 429, "retry_after_ms": 300, "retry_after": 60}]
    with FakeOpenAIServer(steps, then={"answer": "ok"}) as one:
        assert ask(one) == "ok"
    assert len(one.calls) == 2
    assert 0.3 <= time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"body": "[" * 100_000}, "not whole JSON"),
        ({"body": "[" * 100_000, "status": 400}, r"answered 400\."),
        ({"body": "{}"}, "not a chat completion"),
        ({"body": '{"choices": []}'}, "holds no choice"),
    ],
    ids=["deep", "deep error", "no completion", "no choice"],
)
def test_json_that_is_no_answer_is_named(step: dict[str, Any], said: str) -> None:
    with FakeOpenAIServer(then=step) as one, pytest.raises(QueryModelError, match=said):
        ask(one, limits=Limits(2, 1, 4))
    assert len(one.calls) == 1


def test_waiting_for_a_place_leaves_the_answer_its_time() -> None:
    """Else a question that is being answered, and paid, would be given up and asked again."""
    steps = [{"status": 429, "retry_after": 0.8}]
    with FakeOpenAIServer(steps, then={"answer": "ok", "sleep": 0.6}) as one:
        model = open_model(f"{one.url}#tiny", limits=Limits(1, 2, 6), parallel=2)
        first = threading.Thread(target=ask, args=(one,), kwargs={"model": model})
        first.start()
        while not one.calls:
            time.sleep(0.005)
        time.sleep(0.1)
        assert ask(one, model=model) == "ok"
        first.join()
    assert len(one.calls) == 3  # the refused one, its repetition, and the one that waited


def test_no_request_is_made_when_no_time_is_left() -> None:
    with FakeOpenAIServer(then={"answer": "never"}) as one:
        transport = Transport(parallel=1, trust_proxy=False)
        for left in (0.0, -0.1):
            with pytest.raises(CallFailed, match="No time is left") as caught:
                transport.post(f"{one.url}/chat/completions", {}, {}, left)
            assert (caught.value.kind, caught.value.unpaid) == ("transient", True)
    assert one.calls == []


def test_an_html_page_of_a_gateway_is_tried_again() -> None:
    with FakeOpenAIServer([{"status": 502, "html": True}], then={"answer": "ok"}) as one:
        assert ask(one) == "ok"
    assert len(one.calls) == 2


def test_the_deadline_holds_whatever_the_server_asks_for() -> None:
    started = time.monotonic()
    limits = Limits(timeout=1, attempts=99, deadline=1.5)
    fails = pytest.raises(QueryModelError, match=r"429.*after the deadline of 1\.5 s")
    with FakeOpenAIServer(then={"status": 429, "retry_after": 0.2}) as one, fails:
        ask(one, limits=limits)
    assert time.monotonic() - started < 2.5
    assert 3 <= len(one.calls) <= 8


def test_a_pause_that_one_caller_is_asked_for_holds_all_of_them() -> None:
    steps = [{"status": 429, "retry_after": 0.6}]
    arrivals: list[float] = []
    with FakeOpenAIServer(steps, then={"answer": "ok"}) as one:
        model = open_model(f"{one.url}#tiny", limits=QUICK, parallel=4)
        first = threading.Thread(target=ask, args=(one,), kwargs={"model": model})
        first.start()
        while not one.calls:
            time.sleep(0.005)
        time.sleep(0.1)
        paused = time.monotonic()

        def timed() -> str:
            answer = ask(one, model=model)
            arrivals.append(time.monotonic() - paused)
            return answer

        side_by_side([Job(model, timed) for _ in range(4)])
        first.join()
    assert min(arrivals) > 0.3
    assert len(one.calls) == 6


def test_requests_per_minute_are_kept_under_concurrency() -> None:
    limits = Limits(timeout=0.5, attempts=1, deadline=1)
    with FakeOpenAIServer(then={"answer": "ok"}) as one:
        model = open_model(f"{one.url}#tiny", limits=limits, parallel=16, requests_per_minute=5)
        with pytest.raises(QueryModelError, match="no place in time"):
            side_by_side([Job(model, lambda: ask(one, model=model)) for _ in range(16)])
    assert len(one.calls) == 5


def test_a_paid_answer_is_never_asked_for_again(tmp_path: Path) -> None:
    """Whatever came before it, and whether it can be used or not."""
    steps = [{"status": 500}, {"half": True, "answer": "x"}, {"answer": "paid"}]
    with FakeOpenAIServer(steps, then={"answer": "again"}) as one:
        for _ in range(3):
            model = open_model(f"{one.url}#tiny", limits=QUICK, recordings=tmp_path)
            assert ask(one, model=model) == "paid"
    assert len(one.calls) == 3


@pytest.mark.parametrize("padding", [0, 280, 288, 295, 299, 400])
def test_no_part_of_a_key_is_left_where_an_error_is_shortened(
    padding: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIVELLM_API_KEY", "sk-planted-123456")
    step = {"status": 401, "message": "x" * padding + " sk-planted-123456"}
    with FakeOpenAIServer(then=step) as one, pytest.raises(QueryModelError) as caught:
        ask(one)
    assert "sk-" not in str(caught.value)


def test_a_key_in_an_error_that_names_all_headers_is_cut_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACTIVELLM_API_KEY", "sk-planted-123456")
    step = {"echo": True, "status": 400}
    fails = pytest.raises(QueryModelError, match=r"You sent Bearer \[key\]")
    with FakeOpenAIServer(then=step) as one, fails as caught:
        ask(one)
    assert one.calls[0]["authorization"] == "Bearer sk-planted-123456"
    assert "planted" not in str(caught.value)


def test_a_key_in_an_answer_is_cut_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACTIVELLM_API_KEY", "sk-planted-123456")
    with FakeOpenAIServer(then={"echo": True}) as one:
        model = open_model(f"{one.url}#tiny", recordings=tmp_path)
        assert ask(one, model=model) == "You sent Bearer [key]"
    assert all(b"planted" not in path.read_bytes() for path in tmp_path.iterdir())


TASK = Task(description="Which?", labels=(Label(name="a"), Label(name="b")))


def select(server: FakeOpenAIServer) -> Selection:
    """A whole listwise selection of 4 of 30 texts."""
    examples = tuple(Example(id=f"id-{row}", text=f"text number {row}") for row in range(30))
    model = open_model(f"{server.url}#tiny", limits=QUICK)
    context = SelectionContext(TASK, examples, np.random.default_rng(0), open_model=lambda: model)
    return open_strategy("listwise").select(context, 4)


def choose(*steps: dict[str, Any]) -> tuple[Selection, int]:
    """A selection through a server that plays these steps, and how often it was asked."""
    with FakeOpenAIServer(steps, then={"answer": "nothing more"}) as one:
        return select(one), len(one.calls)


@pytest.mark.parametrize(
    ("answers", "calls", "named", "why"),
    [
        (["3, 17, 8, 29"], 1, 4, ""),
        (["3, 17, 8, 29, 12, 25"], 1, 4, "is one more than the 4 wanted"),
        (["3, 17", "8, 29"], 2, 4, ""),
        (["3, 17, 3, 17, 8", "29"], 2, 4, "was named twice"),
        (["3, 17, 8, 99", "29"], 2, 4, "was not shown"),
        (["٣، ١٧، ٨، ٢٩"], 1, 4, ""),
        (["３、１７、８、２９"], 1, 4, ""),
        (["I will not.", "No.", "Never."], 3, 0, ""),
    ],
    ids=[
        *("right", "too many", "too few", "twice", "not shown", "arabic", "fullwidth", "nothing"),
    ],
)
def test_wrong_lists_become_exactly_n_picks(
    answers: list[str], calls: int, named: int, why: str
) -> None:
    selection, made = choose(*({"answer": answer} for answer in answers))
    assert made == calls
    assert len(set(selection.ids)) == 4
    assert len(selection.health.filled) == 4 - named
    if named == 4:
        assert sorted(selection.health.positions.values()) == [3, 8, 17, 29]
    assert any(re.search(why, one.why) for one in selection.health.dropped) or not why


@pytest.mark.parametrize(
    ("steps", "calls", "said"),
    [
        ([{"empty": True}], 1, "answered nothing"),
        ([{"html": True}], 1, "something else than JSON"),
        ([{"status": 500}] * 3, 3, "answered 500"),
    ],
    ids=["empty", "page", "down"],
)
def test_no_answer_at_all_ends_a_selection(
    steps: list[dict[str, Any]], calls: int, said: str
) -> None:
    with FakeOpenAIServer(steps, then={"answer": "3, 17, 8, 29"}) as one:
        failing = pytest.raises(QueryModelError, match=said)
        with failing:
            select(one)
        assert len(one.calls) == calls


def test_a_broken_connection_is_repaired_unseen() -> None:
    selection, calls = choose({"close": True}, {"answer": "3, 17, 8, 29"})
    assert calls == 2
    assert selection.health.asked_again == 0  # the question was not answered the first time
    assert sorted(selection.health.positions.values()) == [3, 8, 17, 29]


def test_a_refusal_is_not_argued_with_and_a_cut_answer_is_said() -> None:
    refused, calls = choose({"refusal": "I will not choose among people."})
    assert calls == 1
    assert any("refusal" in warning for warning in refused.health.warnings)
    assert len(refused.health.filled) == 4
    cut, calls = choose({"answer": "Let me see: 3, 17, 8", "finish": "length"}, {"answer": "29"})
    assert calls == 2
    assert any("cut off" in warning for warning in cut.health.warnings)
    assert not cut.health.filled
