"""The OpenAI-compatible client, against a scripted server and against llama.cpp's own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_openai_server import FakeOpenAIServer
from query_model_contract import PROMPTS, SCHEMA, QueryModelContract

from activellm.errors import QueryModelError, UsageError
from activellm.llm import Message, QueryModel, open_model
from activellm.llm.addresses import is_loopback
from activellm.llm.retry import Limits

QUICK = Limits(timeout=2, attempts=3, deadline=6)
PLANTED = "sk-planted-secret-0123456789"


def served(server: FakeOpenAIServer, limits: Limits = QUICK) -> QueryModel:
    return open_model(f"{server.url}#tiny", limits=limits)


def play(*steps: dict[str, Any], limits: Limits = QUICK) -> tuple[Any, list[dict[str, Any]]]:
    """The answer, or the error, of one question to a server that plays these steps."""
    with FakeOpenAIServer(steps, then={"answer": "in the end"}) as server:
        try:
            return served(server, limits).complete(PROMPTS[0], max_tokens=50), server.calls
        except QueryModelError as error:
            return error, server.calls


class TestContract(QueryModelContract):
    promises_json = True

    @pytest.fixture
    def model(self) -> Iterator[QueryModel]:
        with FakeOpenAIServer() as server:
            yield served(server)


@pytest.fixture(scope="module")
def llama_server(tiny_models: tuple[Path, Path]) -> Any:
    xllamacpp = pytest.importorskip("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(tiny_models[0])
    parameters.verbosity = -1
    parameters.warmup = False
    parameters.cpuparams.n_threads = 1
    return xllamacpp.Server(parameters)


class TestContractOnLlamaCpp(QueryModelContract):
    """Against the server of another project, which llama.cpp brings along."""

    promises_json = True

    @pytest.fixture
    def model(self, llama_server: Any) -> QueryModel:
        address = f"{llama_server.listening_address}/v1"
        return open_model(f"{address}#tiny", limits=Limits(timeout=60))


@pytest.mark.weights
def test_the_embedded_model_answers_the_same_through_a_server() -> None:
    """The same weights and the same question: through HTTP, and in this process."""
    embedded = open_model("embedded")
    here = embedded.complete(PROMPTS[0], max_tokens=12)
    server = embedded.server._server  # type: ignore[attr-defined]
    os.environ["ACTIVELLM_API_KEY"] = embedded.server._key  # type: ignore[attr-defined]
    try:
        there = open_model(f"{server.listening_address}/v1#any").complete(PROMPTS[0], max_tokens=12)
    finally:
        del os.environ["ACTIVELLM_API_KEY"]
    assert there.text == here.text
    assert there.finish == here.finish == "length"
    assert there.usage.prompt_tokens == here.usage.prompt_tokens


def test_what_is_sent() -> None:
    with FakeOpenAIServer(then={"answer": "yes"}) as server:
        answer = served(server).complete(
            PROMPTS[0], max_tokens=50, temperature=0.5, seed=3, json_schema=SCHEMA
        )
    (call,) = server.calls
    assert call["path"] == "/v1/chat/completions"
    assert call["authorization"] is None
    assert call["body"] == {
        "model": "tiny",
        "messages": [{"role": turn.role, "content": turn.content} for turn in PROMPTS[0]],
        "max_tokens": 50,
        "temperature": 0.5,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
        },
    }
    assert answer.usage.cost == 0.0


@pytest.mark.parametrize(
    ("steps", "calls", "outcome"),
    [
        ([{"status": 429, "retry_after": 0.1}], 2, "in the end"),
        ([{"status": 429}], 2, "in the end"),
        ([{"status": 500}, {"status": 503}], 3, "in the end"),
        ([{"status": 500}] * 3, 3, "answered 500: no (after 3 attempts)"),
        ([{"status": 429, "retry_after": 60}], 1, "after the deadline of 6 s"),
        ([{"status": 429, "code": "insufficient_quota"}], 1, "answered 429"),
        ([{"status": 401, "message": "bad key"}], 1, "answered 401: bad key. Check the key"),
        ([{"status": 404, "message": "no model"}], 1, "Is the model called 'tiny' there"),
        ([{"status": 400, "message": "bad\nrequest"}], 1, "answered 400: bad request."),
        ([{"half": True, "answer": "half"}], 2, "in the end"),
        ([{"close": True}], 2, "in the end"),
        ([{"html": True}], 1, "something else than JSON"),
        ([{"empty": True}], 1, "answered nothing."),
        ([{"empty": True, "finish": "length"}], 1, "answered nothing within the tokens"),
    ],
)
def test_faults_have_a_named_outcome(steps: list[dict[str, Any]], calls: int, outcome: str) -> None:
    answer, made = play(*steps)
    assert outcome in (str(answer) if isinstance(answer, Exception) else answer.text)
    assert len(made) == calls


def test_a_server_that_does_not_answer_is_tried_again_until_the_deadline() -> None:
    started = time.monotonic()
    limits = Limits(timeout=0.3, attempts=9, deadline=1.5)
    answer, calls = play(*[{"sleep": 5, "answer": "late"}] * 9, limits=limits)
    assert "No answer within" in str(answer)
    assert 2 <= len(calls) < 9
    assert time.monotonic() - started < 3


def test_slow_bytes_do_not_stretch_the_time() -> None:
    started = time.monotonic()
    answer, _ = play({"drip": 0.1, "answer": "x"}, limits=Limits(0.5, 1, 5))
    assert "No answer within 0.5 s" in str(answer)
    assert time.monotonic() - started < 3


def test_a_length_stop_and_a_refusal_are_said() -> None:
    cut, _ = play({"answer": "as far as", "finish": "length"})
    assert (cut.text, cut.finish) == ("as far as", "length")
    refused, _ = play({"refusal": "I will not."})
    assert (refused.text, refused.finish) == ("I will not.", "refusal")
    filtered, _ = play({"answer": "", "finish": "content_filter"})
    assert filtered.finish == "refusal"


def test_a_prompt_that_the_server_cut_is_noticed() -> None:
    long = (Message("user", "one word after another " * 500),)
    cut = pytest.raises(QueryModelError, match=r"read only 1,024 tokens .* at least 2,000")
    with FakeOpenAIServer(then={"answer": "fine", "prompt_tokens": 1024}) as server, cut:
        served(server).complete(long, max_tokens=5)
    with FakeOpenAIServer(then={"answer": "fine", "prompt_tokens": 2007}) as server:
        assert served(server).complete(long, max_tokens=5).text == "fine"


def test_a_refused_connection_is_not_tried_again() -> None:
    with FakeOpenAIServer() as server:
        address = server.url
    started = time.monotonic()
    with pytest.raises(QueryModelError, match=r"Cannot connect to 127\.0\.0\.1") as caught:
        open_model(f"{address}#tiny").complete(PROMPTS[0], max_tokens=5)
    assert caught.value.remedy
    assert time.monotonic() - started < 2


class TestKeys:
    def test_openai_s_key_goes_to_openai_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
        with FakeOpenAIServer(then={"answer": "yes"}) as server:
            served(server).complete(PROMPTS[0], max_tokens=5)
            monkeypatch.setenv("ACTIVELLM_API_KEY", "other-key")
            served(server).complete(PROMPTS[0], max_tokens=5)
        assert [call["authorization"] for call in server.calls] == [None, "Bearer other-key"]

    def test_a_missing_key_is_named_before_anything_is_sent(self) -> None:
        with pytest.raises(QueryModelError, match="Set OPENAI_API_KEY"):
            open_model("openai/gpt-4o").complete(PROMPTS[0], max_tokens=5)

    def test_the_key_is_nowhere(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("ACTIVELLM_API_KEY", PLANTED)
        steps = [{"status": 401, "message": f"wrong key {PLANTED}"}]
        with FakeOpenAIServer(steps, then={"answer": "yes"}) as server:
            model = open_model(f"{server.url}#tiny", recordings=tmp_path / "kept")
            with pytest.raises(QueryModelError) as caught:
                model.complete(PROMPTS[0], max_tokens=5)
            model.complete(PROMPTS[0], max_tokens=5)
            assert server.calls[0]["authorization"] == f"Bearer {PLANTED}"
        assert "[key]" in str(caught.value)
        written = [path.read_text(encoding="utf-8") for path in (tmp_path / "kept").iterdir()]
        assert len(written) == 1
        for text in (str(caught.value), str(dict(model.identity())), model.name, *written):
            assert PLANTED not in text

    def test_what_cannot_be_a_key_is_not_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "planted\nsecret")
        with pytest.raises(QueryModelError, match="cannot be a key") as caught:
            open_model("openai/gpt-4o").complete(PROMPTS[0], max_tokens=5)
        assert "secret" not in str(caught.value)

    def test_a_password_in_the_address_is_refused_and_not_shown(self) -> None:
        with pytest.raises(UsageError) as caught:
            open_model("http://me:planted@localhost/v1#m")
        assert "planted" not in str(caught.value)


def test_a_proxy_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with FakeOpenAIServer(then={"answer": "yes"}) as server:
        assert served(server).complete(PROMPTS[0], max_tokens=5).text == "yes"


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("localhost.example.org", False),
        ("0.0.0.0", False),
        ("192.168.1.2", False),
        ("api.openai.com", False),
    ],
)
def test_where_a_server_runs(host: str, here: bool) -> None:
    assert is_loopback(host) is here
    address = f"http://[{host}]/v1" if ":" in host else f"http://{host}/v1"
    assert open_model(f"{address}#m").runs_here is here


def test_a_prompt_too_long_for_openai_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
    with FakeOpenAIServer() as server:
        monkeypatch.setenv("ACTIVELLM_OPENAI_URL", server.url)
        with pytest.raises(QueryModelError, match="holds 8,192 in all"):
            open_model("openai/gpt-4").complete((Message("user", "word " * 9000),), max_tokens=5)
    assert server.calls == []


def test_the_scripted_server_runs_as_a_process(tmp_path: Path) -> None:
    script, log = tmp_path / "script.json", tmp_path / "calls.jsonl"
    script.write_text(json.dumps({"steps": [{"answer": "first"}], "then": {"select": 2}}))
    program = Path(__file__).with_name("fake_openai_server.py")
    command = [sys.executable, str(program), "--log", str(log), "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            model = open_model(f"{process.stdout.readline().strip()}#m")
            assert model.complete(PROMPTS[0], max_tokens=9).text == "first"
            listed = (Message("user", "Choose.\n1. one\n2. two\n3. three\n4. four"),)
            assert model.complete(listed, max_tokens=9).text == "1, 3"
        finally:
            process.terminate()
    assert [json.loads(line)["body"]["model"] for line in log.read_text().splitlines()] == ["m"] * 2
