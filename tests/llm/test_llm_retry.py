import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.errors import QueryModelError
from activellm.llm.retry import (
    CallFailed,
    Limits,
    backoff,
    call_with_retries,
    classify,
    refused_parameter,
    retry_after,
)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (301, "", "fatal"),
        (400, "", "fatal"),
        (401, "", "fatal"),
        (403, "", "fatal"),
        (404, "", "fatal"),
        (408, "", "transient"),
        (413, "", "fatal"),
        (422, "", "fatal"),
        (429, "slow down", "rate limit"),
        (429, '{"error": {"code": "insufficient_quota"}}', "fatal"),
        (500, "", "transient"),
        (502, "<html>", "transient"),
        (503, "", "transient"),
        (504, "", "transient"),
        (529, "", "transient"),
    ],
)
def test_classes_of_failures(status: int, body: str, kind: str) -> None:
    assert classify(status, body) == kind


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
        ),
        ("Unsupported value: 'temperature' does not support 0.0 with this model.", "temperature"),
        ("`temperature` is deprecated for this model.", "temperature"),
        ('{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}', "seed"),
        ("Unrecognized request argument supplied: random_seed", "seed"),
        (
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported",
            "json_schema",
        ),
        ('Unknown name "responseJsonSchema" at generation_config', "json_schema"),
        (
            "Invalid schema for response_format 'answer': In context=(), 'uniqueItems' is not "
            "permitted.",
            "json_schema",  # asking without a schema is better than not asking
        ),
        ("temperature: must be at most 1", None),
        ("temperature: values above 1 are not allowed", None),
        ("Invalid 'temperature': decimal above maximum value. Expected a value <= 2.", None),
        ("max_tokens is too large: 100000. This model supports at most 4096 tokens.", None),
        ("max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens", None),
        ("'developer' is not supported. The request had max_tokens=50", None),
        ("'system' is not supported with this model; temperature is fine", None),
        ("This model's maximum context length is 8192 tokens; see max_tokens.", None),
        ("The image format is not supported.", None),
        ("", None),
    ],
)
def test_refused_parameters(body: str, parameter: str | None) -> None:
    assert refused_parameter(body) == parameter
    for status in (400, 422):
        assert classify(status, body) == ("refused parameter" if parameter else "fatal")
    assert classify(500, body) == "transient"


def test_only_what_the_server_says_itself_counts_in_a_json_error() -> None:
    def extra(field: str) -> str:
        problem = {"type": "extra_forbidden", "loc": ["body", field], "input": "temperature"}
        return json.dumps({"detail": [problem | {"msg": "Extra inputs are not permitted"}]})

    assert refused_parameter(extra("seed")) == "seed"
    assert refused_parameter(extra("other")) is None
    said = {"message": "Unsupported value.", "param": "temperature", "code": "unsupported_value"}
    assert refused_parameter(json.dumps({"error": said})) == "temperature"
    sent = {"messages": [{"content": "temperature is not supported"}]}
    assert refused_parameter(json.dumps({"error": {"message": "bad"}, "sent": sent})) is None


JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("error"), inner),
)


@given(st.text() | JSON.map(json.dumps) | st.integers(1, 10**5).map(lambda depth: "[" * depth))
def test_no_text_of_a_server_breaks_the_reading(body: str) -> None:
    assert classify(400, body) in ("fatal", "refused parameter")
    wait = retry_after({"retry-after": body, "retry-after-ms": body})
    assert wait is None or 0 <= wait < float("inf")


def test_a_refused_parameter_costs_no_attempt_and_failures_say_if_they_were_paid() -> None:
    failures = [CallFailed("refused parameter", "no seed", unpaid=True)] * 2

    def attempt(_: float) -> str:
        if failures:
            raise failures.pop()
        raise CallFailed("rate limit", "slow", unpaid=True)

    with pytest.raises(QueryModelError) as caught:
        call_with_retries(attempt, Limits(1, 1, 1), where="m", sleep=lambda _: None)
    assert caught.value.unpaid
    assert not failures

    def broken(_: float) -> str:
        raise CallFailed("transient", "half an answer")

    with pytest.raises(QueryModelError) as caught:
        call_with_retries(broken, Limits(1, 2, 9), where="m", sleep=lambda _: None)
    assert not caught.value.unpaid


def test_retry_after_in_milliseconds_goes_first() -> None:
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after({"retry-after-ms": "soon", "retry-after": "9"}) == 9


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", None),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("9" * 400, None),
        ("Wed, 21 Oct 2015 07:28:30 +99999999999999", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    now = datetime(2015, 10, 21, 7, 28, tzinfo=UTC)
    assert retry_after({"retry-after": value}, now) == seconds
    assert retry_after({}, now) is None


@given(st.integers(1, 100), st.floats(0, 1))
def test_waits_double_up_to_a_limit(attempt: int, jitter: float) -> None:
    wait = backoff(attempt, jitter)
    full = min(30.0, 0.5 * 2 ** (attempt - 1))
    assert full / 2 <= wait <= full


class Clock:
    """Time that passes only when somebody waits or works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def run(failures: list[CallFailed], limits: Limits, work: float = 0.0) -> tuple[Clock, list[float]]:
    clock, allowed = Clock(), []

    def attempt(timeout: float) -> str:
        allowed.append(timeout)
        clock.now += work
        if failures:
            raise failures.pop(0)
        return "answer"

    assert call_with_retries(attempt, limits, where="m", sleep=clock.sleep, clock=clock) == "answer"
    return clock, allowed


def test_it_waits_as_long_as_it_is_asked_to() -> None:
    clock, _ = run([CallFailed("rate limit", "x", wait=12), CallFailed("transient", "y")], Limits())
    assert clock.waits[0] == 12
    assert 0.5 <= clock.waits[1] <= 1


def test_the_three_limits_are_separate() -> None:
    down = [CallFailed("transient", f"down {n}") for n in range(9)]
    with pytest.raises(QueryModelError, match=r"down 3 \(after 4 attempts\)"):
        run(list(down), Limits(attempts=4))
    with pytest.raises(QueryModelError, match="deadline of 10 s"):
        run(list(down), Limits(attempts=99, deadline=10), work=4)
    _, allowed = run(list(down[:1]), Limits(timeout=7, deadline=10), work=5)
    assert allowed[0] == 7
    assert allowed[1] < 5


def test_what_is_no_use_is_not_tried_again() -> None:
    for kind in ("fatal", "refused"):
        failures = [CallFailed(kind, "no", remedy="Do this."), CallFailed("fatal", "never")]
        with pytest.raises(QueryModelError, match=r"m: no\. Do this\."):
            run(failures, Limits())
        assert len(failures) == 1
