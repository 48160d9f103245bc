"""Which contents and ids were seen before: an index on disk, whatever the size of the pool."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple, cast

_SETUP = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE seen (key BLOB PRIMARY KEY, position INTEGER, label TEXT) WITHOUT ROWID;
CREATE TABLE folded (position INTEGER PRIMARY KEY, copies INTEGER, label TEXT);
CREATE TABLE ids (id TEXT PRIMARY KEY, key BLOB, row INTEGER) WITHOUT ROWID;
BEGIN;
"""


class Fold(NamedTuple):
    """What duplicates add to the text at `position`: its copies in all, and a label if one had."""

    position: int
    copies: int
    label: str | None


class FoldIndex:
    """Finds duplicates in constant memory.

    It is an SQLite database in a nameless temporary file, which the system removes by itself.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SETUP)
        self._run = self._database.execute

    def is_first(self, key: bytes, position: int, label: str | None) -> bool:
        """Note a content, to be kept at `position`, unless it was seen before."""
        added = self._run("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, position, label))
        return added.rowcount > 0

    def fold(self, key: bytes, label: str | None) -> str | None:
        """Count one more copy of a content that was seen, and give the label it had before.

        A copy's label counts where those before it had none.
        """
        find = self._run("SELECT position, label FROM seen WHERE key = ?", (key,))
        position, known = find.fetchone()
        find = self._run("SELECT copies, label FROM folded WHERE position = ?", (position,))
        copies, known = find.fetchone() or (1, known)
        kept = label if known is None else known
        self._run("REPLACE INTO folded VALUES (?, ?, ?)", (position, copies + 1, kept))
        return cast("str | None", known)

    def other_row(self, id: str, key: bytes, row: int) -> int | None:
        """Note an id; the earlier row that has it with another content, if there is one."""
        if self._run("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", (id, key, row)).rowcount:
            return None
        find = self._run("SELECT row FROM ids WHERE id = ? AND key <> ?", (id, key))
        return next((int(first) for (first,) in find), None)

    def folds(self, start: int, stop: int) -> Iterator[Fold]:
        """What duplicates add to the texts at positions from `start` to before `stop`."""
        query = "SELECT position, copies, label FROM folded WHERE position >= ? AND position < ?"
        return (Fold(*found) for found in self._run(query, (start, stop)))

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()
