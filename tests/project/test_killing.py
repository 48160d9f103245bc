"""A run that is killed again and again, later each time, ends as one that never was."""

from __future__ import annotations

import contextlib
import csv
import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from activellm.data import civic_messages, civic_task

KILLS = 8
ROWS = 160


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    with civic_messages().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:ROWS]
    path = tmp_path / "messages.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def command(pool: Path, project: Path, server: str, encoder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "activellm", "run", str(pool), "--project", str(project)),
        *("--task-file", str(civic_task()), "--oracle", "column:label"),
        *("--schedule", "listwise, entropy", "--rounds", "2"),
        *("--llm", f"{server}#listing", "--encoder", str(encoder), "--successor", "linear"),
        *("--candidates", "60", "--shown", "20", "--select", "12", "--draws", "20", "--json"),
    ]


def labels_in(project: Path) -> set[str]:
    """The events of all labels that are in the database now."""
    database = project / "activellm.db"
    if not database.exists():
        return set()
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        events = {event for (event,) in connection.execute("SELECT event FROM annotation")}
    connection.close()
    return events


def outcome(finished: str) -> dict[str, object]:
    result = json.loads(finished)
    for one in result["rounds"]:
        del one["seconds"]
    return {name: result[name] for name in ("waiting", "rounds", "evaluations", "comparison")}


def recorded_in(project: Path) -> set[str]:
    """The questions whose answers are in the project's recordings now."""
    files = project.glob("recordings/**/*.json")
    return {question(json.loads(path.read_text("utf-8"))) for path in files}


def question(call: Any) -> str:
    return json.dumps(messages_in(call), sort_keys=True)


def messages_in(value: Any) -> Any:
    """The conversation, wherever in a recording or a request it is."""
    if isinstance(value, dict):
        found = (
            value["messages"] if "messages" in value else messages_in(one)
            for one in ([value] if "messages" in value else value.values())
        )
        return next((one for one in found if one), None)
    return None


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_many_points(
    tmp_path: Path, pool: Path, openai_server: Any, tiny_encoder: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    start = time.monotonic()
    undisturbed = subprocess.run(
        command(pool, whole, openai_server.url, tiny_encoder),
        capture_output=True,
        text=True,
        check=False,
    )
    duration = time.monotonic() - start
    assert undisturbed.returncode == 0, undisturbed.stderr
    asked = openai_server.requests()
    assert len(asked) == len(set(asked)) > 1
    assert recorded_in(whole) == {question(json.loads(body)) for body in asked}

    labels: set[str] = set()
    for attempt in range(1, KILLS + 1):
        before, recorded = len(openai_server.requests()), recorded_in(killed)
        process = subprocess.Popen(
            command(pool, killed, openai_server.url, tiny_encoder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=duration * attempt / KILLS)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        again = {question(json.loads(body)) for body in openai_server.requests()[before:]}
        assert not again & recorded, "an answered question was asked again"
        now = labels_in(killed)
        assert labels <= now, "a label was lost"
        labels = now
    finished = subprocess.run(
        command(pool, killed, openai_server.url, tiny_encoder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert labels <= labels_in(killed)
    assert len(labels_in(killed)) == 24
    assert outcome(finished.stdout) == outcome(undisturbed.stdout)
