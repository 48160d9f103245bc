"""Two small annotation logs for the tests: one in memory, and a durable one in SQLite."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from activellm.annotation.contract import Annotation


def standing(events: list[Annotation]) -> dict[str, Annotation]:
    """What the contract of `AnnotationLog.current` says, written down plainly."""
    histories: dict[str, list[Annotation]] = {}
    for event in events:
        history = histories.setdefault(event.example_id, [])
        if event.action == "undo":
            del history[-1:]
        else:
            history.append(event)
    return {id_: history[-1] for id_, history in histories.items() if history}


class MemoryLog:
    def __init__(self) -> None:
        self.events: list[Annotation] = []

    def append(self, annotation: Annotation) -> bool:
        if any(known.event == annotation.event for known in self.events):
            return False
        self.events.append(annotation)
        return True

    def annotations(self) -> list[Annotation]:
        return list(self.events)

    def current(self) -> dict[str, Annotation]:
        return standing(self.events)


class SqliteLog:
    """Durable when `append` returns: WAL with full synchronisation."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS annotation (event TEXT PRIMARY KEY, value TEXT)"
        )

    def close(self) -> None:
        self._connection.close()

    def append(self, annotation: Annotation) -> bool:
        try:
            self._connection.execute(
                "INSERT INTO annotation VALUES (?, ?)",
                (annotation.event, json.dumps(asdict(annotation))),
            )
        except sqlite3.IntegrityError:
            return False
        return True

    @property
    def events(self) -> list[Annotation]:
        rows = self._connection.execute("SELECT value FROM annotation ORDER BY rowid").fetchall()
        values = [json.loads(value) for (value,) in rows]
        return [Annotation(**{**value, "labels": tuple(value["labels"])}) for value in values]

    def current(self) -> dict[str, Annotation]:
        return standing(self.events)

    def annotations(self) -> list[Annotation]:
        return self.events
