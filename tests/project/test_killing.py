"""A run that is killed again and again, later each time, ends as one that never was."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from activellm.data import civic_messages, civic_task

STEP_SECONDS = 0.6
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
        *("--task-file", str(civic_task()), "--oracle", "column:label", "--strategy", "listwise"),
        *("--llm", f"{server}#listing", "--encoder", str(encoder), "--successor", "linear"),
        *("--candidates", "60", "--select", "12", "--draws", "20", "--json"),
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
    return {name: result[name] for name in ("waiting", "evaluations", "comparison")}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_many_points(
    tmp_path: Path, pool: Path, openai_server: object, tiny_encoder: Path
) -> None:
    server = openai_server  # the fixture's process logs every request it answers
    whole = subprocess.run(
        command(pool, tmp_path / "whole", server.url, tiny_encoder),  # type: ignore[attr-defined]
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert whole.returncode == 0, whole.stderr
    asked_by_whole = Counter(server.requests())  # type: ignore[attr-defined]
    assert set(asked_by_whole.values()) == {1}

    project, kept, kills = tmp_path / "killed", set[str](), 0
    while True:
        process = subprocess.Popen(
            command(pool, project, server.url, tiny_encoder),  # type: ignore[attr-defined]
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            out, err = process.communicate(timeout=STEP_SECONDS * (kills + 1))
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
        now = labels_in(project)
        assert kept <= now, "a label was lost"
        kept = now
        time.sleep(0.01)
    assert process.returncode == 0, err
    assert kills >= 5
    assert outcome(out) == outcome(whole.stdout)
    # Each question was asked once by the whole run; the killed one may have died between the
    # server's answer and the recording, which pays for that one call a second time at most.
    asked = Counter(server.requests()) - asked_by_whole  # type: ignore[attr-defined]
    assert set(asked) <= set(asked_by_whole)
    assert sum(asked.values()) - len(asked) <= 1
