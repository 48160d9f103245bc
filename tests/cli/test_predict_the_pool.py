"""`activellm predict --pool`, by workers; what is refused; the time that a stopped run has left."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from office_projects import LABELS, answer, make_project

from activellm.cli.console import Screen
from activellm.project import queue, train


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose classifier counts words."""
    project = make_project(tmp_path / "p", count=30, device="cpu", successor="tfidf")
    for item in queue(project):
        label = next(name for name in LABELS if item.example.text.endswith(name))
        answer(project, item.example.id, "alice", label)
    train(project)
    return project.folder


def test_the_pool_by_workers(activellm: Callable[..., Any], folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "labelled.csv"
    ask = ["predict", "-o", output, "--project", folder]
    done = activellm(*ask, "--pool", "--executor", "processes", "--workers", 1, "--json").json
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [f"x{number}" for number in range(30)]
    assert (done["rows"], done["kept"], done["empty"]) == (30, 0, 0)
    for wrong in (
        ["--pool", "messages.csv"],
        [],
        ["--pool", "--text", "text"],
        ["--pool", "--executor", "mainframe"],
        ["--pool", "--ray-address", "10.0.0.1:6379"],
    ):
        ended = activellm(*ask, *wrong)
        assert ended.code == 2, wrong
        assert "Error:" in ended.err


def test_time_left_counts_this_run_and_slow_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    screen = Screen(as_json=True)
    monkeypatch.setattr(screen._bars, "get_time", lambda: now[0])
    screen.progress("Prediction", 900, 1000)  # done before
    for done in (910, 920):
        now[0] += 120
        screen.progress("Prediction", done, 1000)
    assert screen._bars.tasks[0].time_remaining == pytest.approx(12 * 80)
