"""A model server in a process of its own that keeps a log of what it was asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

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
