"""Runs the command in this process, as a user would see it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from activellm.cli.main import main
from activellm.data import civic_messages


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def activellm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["activellm", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """The first 150 messages of the shipped sample, as a user's file."""
    path = tmp_path / "messages.csv"
    with civic_messages().open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))[:150]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def job(messages: Path, tiny_encoder: Path) -> list[object]:
    """Options of a quick whole job on those messages."""
    return [
        *(messages, "--task", "Which office must act first?", "--oracle", "column:label"),
        *("--llm", "none", "--encoder", tiny_encoder, "--strategy", "kmeans"),
        *("--candidates", 60, "--select", 20, "--successor", "linear"),
    ]
