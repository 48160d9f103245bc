"""Every provider, asked through `open_model`, against a server as strict as the real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_provider_servers import KEY, FakeProvider
from query_model_contract import PROMPTS, SCHEMA, QueryModelContract

from activellm.errors import QueryModelError
from activellm.llm import Message, QueryModel, open_model
from activellm.llm.providers import Provider, providers
from activellm.llm.retry import Limits

ALL = list(providers().values())
ONCE = Limits(timeout=5, attempts=1, deadline=10)
MODELS = {"openrouter": "vendor/tiny"}

Serves = Callable[..., tuple[FakeProvider, QueryModel]]


def named(provider: Provider) -> str:
    return provider.name


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activellm.llm.keys.has_keyring", lambda: False)
    monkeypatch.delenv("OPENAI_API_VERSION", raising=False)
    for provider in ALL:
        for variable in (provider.key_variable, *provider.variables):
            monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def serves(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serves]:
    """Gives a provider's server, and a model of it that is found and asked as users do."""
    running: list[FakeProvider] = []

    def start(
        provider: Provider, *steps: dict[str, Any], model: str = "", **options: Any
    ) -> tuple[FakeProvider, QueryModel]:
        server = FakeProvider(provider.speaks, steps).__enter__()
        running.append(server)
        monkeypatch.setenv(provider.variables[0], server.url)
        monkeypatch.setenv(provider.key_variable, KEY)
        name = model or MODELS.get(provider.name, "tiny")
        return server, open_model(f"{provider.name}/{name}", limits=ONCE, **options)

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.mark.parametrize("provider", ALL, ids=named)
class TestContract(QueryModelContract):
    promises_json = True

    @pytest.fixture
    def model(self, provider: Provider, serves: Serves) -> QueryModel:
        return serves(provider)[1]

    def test_a_long_answer_is_cut_and_says_so(self, model: QueryModel) -> None:
        if model.name.startswith("gemini/"):
            # It may think: what it may answer in all is more than was asked for.
            assert model.complete(PROMPTS[0], max_tokens=2).finish == "stop"
            return
        super().test_a_long_answer_is_cut_and_says_so(model)


PATHS = {
    "anthropic": "/v1/messages",
    "azure": "/openai/v1/chat/completions",
    "gemini": "/v1beta/models/tiny:generateContent",
    "ollama": "/api/chat",
}
KEYS = {
    "anthropic": ("x-api-key", KEY),
    "azure": ("api-key", KEY),
    "gemini": ("x-goog-api-key", KEY),
}
LIMITS = {
    "anthropic": {"max_tokens": 50},
    "azure": {"max_completion_tokens": 50},
    "gemini": {"maxOutputTokens": 50 + 8192},
    "ollama": {"num_predict": 50},
    "openai": {"max_completion_tokens": 50},
}
SEEDS = {"anthropic": {}, "mistral": {"random_seed": 3}}
INSIDE = {"gemini": "generationConfig", "ollama": "options"}


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_what_is_sent(provider: Provider, serves: Serves) -> None:
    server, model = serves(provider)
    answer = model.complete(PROMPTS[0], max_tokens=50, temperature=0.5, seed=3, json_schema=SCHEMA)
    assert json.loads(answer.text) == {"label": "positive"}
    (call,) = server.calls
    speaks = provider.speaks
    assert call["path"] == PATHS.get(speaks, "/v1/chat/completions")
    header, value = KEYS.get(speaks, ("authorization", f"Bearer {KEY}"))
    assert call["headers"][header] == value
    sent = call["body"].get(INSIDE.get(speaks), call["body"])
    wanted = LIMITS.get(speaks, {"max_tokens": 50}) | SEEDS.get(speaks, {"seed": 3})
    assert {name: sent.get(name) for name in wanted} == wanted
    assert sent["temperature"] == 0.5


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_what_a_model_says_of_itself(provider: Provider, serves: Serves) -> None:
    server, model = serves(provider)
    name = MODELS.get(provider.name, "tiny")
    assert model.name == f"{provider.name}/{name}"
    assert model.runs_here is not provider.hosted
    assert model.parallel == provider.parallel
    identity = dict(model.identity())
    assert identity["server"] == server.url
    assert identity["model"] == name
    assert model.complete(PROMPTS[0], max_tokens=5).usage.cost == (None if provider.hosted else 0)
    assert serves(provider, parallel=3)[1].parallel == 3


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_a_refused_parameter_is_left_out_from_then_on(provider: Provider, serves: Serves) -> None:
    server, model = serves(provider, *[{"refuse": "temperature"}] * 3)
    for _ in range(2):
        assert model.complete(PROMPTS[0], max_tokens=5).text
    assert len(server.calls) == 3
    assert "temperature" in json.dumps(server.calls[0]["body"])
    assert all("temperature" not in json.dumps(call["body"]) for call in server.calls[1:])


@pytest.mark.parametrize("provider", ALL, ids=named)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "Too much (after 1 attempt") for status in (429, 500, 503, 529)),
        *((status, "Too much.") for status in (400, 401, 403, 404)),
    ],
)
def test_what_may_be_tried_again_is_told_from_what_may_not(
    provider: Provider, status: int, outcome: str, serves: Serves
) -> None:
    server, model = serves(provider, {"status": status, "message": "Too much"})
    with pytest.raises(QueryModelError) as caught:
        model.complete(PROMPTS[0], max_tokens=5)
    assert f"answered {status}: {outcome}" in str(caught.value)
    assert caught.value.where == model.name
    assert len(server.calls) == 1


REFUSALS = {
    "anthropic": {"finish": "refusal"},
    "gemini": {"reply": {"promptFeedback": {"blockReason": "SAFETY"}}},
}


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_a_refusal_is_an_outcome_not_an_error(provider: Provider, serves: Serves) -> None:
    if provider.speaks == "ollama":
        pytest.skip("Ollama withholds nothing")
    _, model = serves(provider, REFUSALS.get(provider.speaks, {"finish": "content_filter"}))
    assert model.complete(PROMPTS[0], max_tokens=5).finish == "refusal"


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_an_answer_that_is_none_is_named(provider: Provider, serves: Serves) -> None:
    _, model = serves(provider, {"reply": {"hello": "world"}})
    with pytest.raises(QueryModelError, match="The server's answer"):
        model.complete(PROMPTS[0], max_tokens=5)


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_the_key_is_nowhere(provider: Provider, serves: Serves, tmp_path: Path) -> None:
    steps = [{"status": 401, "message": f"wrong key: {KEY}"}]
    server, model = serves(provider, *steps, recordings=tmp_path / "kept")
    with pytest.raises(QueryModelError) as caught:
        model.complete(PROMPTS[0], max_tokens=5)
    model.complete(PROMPTS[0], max_tokens=5)
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "kept").iterdir()]
    assert len(written) == 1
    assert len(server.calls) == 2
    for text in (str(caught.value), repr(model), str(dict(model.identity())), *written):
        assert KEY not in text


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_a_missing_key(provider: Provider, serves: Serves, monkeypatch: pytest.MonkeyPatch) -> None:
    server, model = serves(provider)
    monkeypatch.delenv(provider.key_variable)
    if provider.hosted:
        with pytest.raises(QueryModelError, match=f"needs a key.*Set {provider.key_variable}"):
            model.complete(PROMPTS[0], max_tokens=5)
        assert server.calls == []
    else:
        server.key = ""  # a server that asks for none is sent none
        assert model.complete(PROMPTS[0], max_tokens=5).text
        assert not set(KEYS) & set(server.calls[0]["headers"])


def test_azure_s_dated_protocol(serves: Serves, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    server, model = serves(providers()["azure"], model="my-gpt")
    assert model.complete(PROMPTS[0], max_tokens=5).text
    path = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert server.calls[0]["path"] == path
    assert model.identity()["api_version"] == "2024-10-21"


class TestOllama:
    OLLAMA = providers()["ollama"]

    def test_the_context_is_the_one_we_count_with(self, serves: Serves) -> None:
        server, model = serves(self.OLLAMA, context=2048)
        model.complete(PROMPTS[0], max_tokens=5)
        assert server.calls[0]["body"]["options"]["num_ctx"] == model.context_length == 2048
        assert model.identity()["context"] == "2048"
        with pytest.raises(QueryModelError, match="holds 2,048 in all"):
            model.complete((Message("user", "word " * 3000),), max_tokens=5)
        assert len(server.calls) == 1

    def test_a_cloud_model_leaves_the_machine(self, serves: Serves) -> None:
        _, model = serves(self.OLLAMA, model="gpt-oss:120b-cloud")
        assert not model.runs_here
        assert model.complete(PROMPTS[0], max_tokens=5).usage.cost is None

    def test_a_cloud_model_in_disguise_is_sent_nothing(self, serves: Serves) -> None:
        server, model = serves(self.OLLAMA, model="mine")
        server.key = ""
        server.models = ["other", ("mine:latest", "https://ollama.com:443")]
        assert model.runs_here
        for _ in range(2):
            with pytest.raises(QueryModelError, match="texts would leave this machine"):
                model.complete(PROMPTS[0], max_tokens=5)
        assert server.calls == []

    def test_an_answer_from_elsewhere_is_not_passed_over(self, serves: Serves) -> None:
        reply = {
            "message": {"role": "assistant", "content": "Yes."},
            "done": True,
            "remote_host": "https://ollama.com:443",
        }
        server, model = serves(self.OLLAMA, {"reply": reply})
        with pytest.raises(QueryModelError, match=r"passed the question on to https://ollama\.com"):
            model.complete(PROMPTS[0], max_tokens=5)
        assert len(server.calls) == 1

    def test_its_key_is_not_sent_over_an_open_network(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from activellm.llm.served import _key

        monkeypatch.setenv("OLLAMA_API_KEY", KEY)
        assert _key(self.OLLAMA, "http://192.168.1.2:11434", "ollama/m")() == ""
        assert _key(self.OLLAMA, "https://ollama.com:443", "ollama/m")() == KEY
        assert _key(self.OLLAMA, "http://127.0.0.1:11434", "ollama/m")() == KEY


@pytest.mark.parametrize(
    ("spec", "context"),
    [
        ("openai/gpt-4o", 128_000),
        ("anthropic/claude-sonnet-4-5", 200_000),
        ("gemini/gemini-2.5-flash", 1_048_576),
        ("gemini/gemma-3-27b-it", None),
        ("ollama/llama3.1", 8192),
        ("groq/llama-3.3-70b-versatile", None),
        ("vllm/anything", None),
    ],
)
def test_known_contexts(spec: str, context: int | None) -> None:
    assert open_model(spec).context_length == context
