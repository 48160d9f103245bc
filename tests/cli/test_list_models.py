"""`activellm list models`, as people and programs see it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from activellm.llm.providers import providers

PLANTED = "sk-planted-secret-0123456789"


NAMES = [f"m{number}" for number in range(12)] + ["far:cloud"]


class _Ollama(BaseHTTPRequestHandler):
    """Says which models it has, as Ollama does."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        assert self.path == "/api/tags"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"models": [{"name": name} for name in NAMES]}).encode())


@pytest.fixture
def ollama() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Ollama)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_people_see_what_can_be_used_first_and_why_the_rest_cannot(
    activellm: Callable, ollama: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activellm.llm.keys.has_keyring", lambda: False)
    monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("ACTIVELLM_OLLAMA_URL", raising=False)
    monkeypatch.setenv("OLLAMA_HOST", ollama)
    out = " ".join(activellm("list", "models").out.split())
    listed = activellm("list", "models", "--json").json["models"]
    entries = {entry["name"]: entry for entry in listed}
    assert "Write openai/NAME, for example openai/gpt-4o" in out
    assert out.index("openai/NAME") < out.index("anthropic/NAME")
    assert "Texts leave this machine. Cannot be used now: No key. Set ANTHROPIC_API_KEY" in out
    assert "It has ollama/m0, ollama/m1" in out
    assert "ollama/m9 and 3 more" in out
    assert "Texts leave this machine with ollama/far:cloud" in out
    assert entries["ollama"]["serves"] == [f"ollama/{name}" for name in NAMES]
    assert entries["openai"]["usable"] is True
    assert entries["anthropic"]["usable"] is False
    assert PLANTED not in out + str(entries)


def test_the_other_kinds_are_listed_as_before(activellm: Callable) -> None:
    (random, *_) = activellm("list", "samplers", "--json").json["samplers"]
    assert set(random) == {"name", "about", "source"}


def test_it_is_quick_and_loads_nothing_heavy() -> None:
    code = """
import sys
from activellm.cli.main import main
sys.argv = ["activellm", "list", "models", "--json"]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
heavy = {"torch", "transformers", "httpx2", "xllamacpp", "sklearn", "openai"} & set(sys.modules)
assert not heavy, heavy
"""
    cleared = {variable: "" for found in providers().values() for variable in found.variables}
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", **cleared}
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)
    assert time.monotonic() - started < 5  # half a second on a machine with nothing else to do
