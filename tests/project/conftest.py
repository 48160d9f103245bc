"""A model server in a process of its own that keeps a log of what it was asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres_server import binaries, server

from activellm.project.database import open_server
from activellm.project.store import Store

SERVER = Path(__file__).resolve().parents[1] / "llm" / "fake_openai_server.py"


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the bodies of all requests so far."""

    url: str
    log: Path

    def requests(self) -> list[str]:
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [json.dumps(json.loads(line)["body"], sort_keys=True) for line in lines]


@pytest.fixture
def openai_server(tmp_path: Path) -> Iterator[Server]:
    """A server that slowly names 5 of the texts shown, or makes up JSON of the schema asked for."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"then": {"auto": True, "sleep": 0.3}}))
    log = tmp_path / "calls.jsonl"
    process = subprocess.Popen(
        [sys.executable, str(SERVER), "--log", str(log), "--script", str(script)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield Server(process.stdout.readline().strip(), log)
    process.kill()
    process.communicate()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a database on a real PostgreSQL server; skips where none is installed."""
    if binaries() is None:
        pytest.skip("no PostgreSQL is installed (Debian's package: postgresql)")
    with server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of either kind."""
    if request.param == "sqlite":
        opened = Store(tmp_path / "activellm.db")
    else:
        schema = f"test_{abs(hash(request.node.nodeid)):x}"
        opened = Store(open_server(request.getfixturevalue("postgres"), schema))
    yield opened
    opened.close()
