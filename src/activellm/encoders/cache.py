"""Vectors that are computed once and kept in an SQLite file."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np

from activellm.encoders.contract import Encoder, Vectors
from activellm.encoders.pairs import embed_contents
from activellm.errors import StoreError
from activellm.pool.example import Content
from activellm.progress import Progress, silent

CHUNK = 512
"""Texts looked up, or embedded, between two commits: what a kill can cost."""

# A vector is larger than what fits well into an index's page, so the table keeps its row numbers.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS encoder (number INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS vector (
    encoder INTEGER NOT NULL REFERENCES encoder (number),
    text BLOB NOT NULL,
    numbers BLOB NOT NULL,
    UNIQUE (encoder, text)
);
"""


class CachedEncoder:
    """An encoder that remembers, in a file that all steps of a project share.

    Vectors are kept by the text's hash and the encoder's identity, so another encoder, or another
    version of its weights, never gives a stale vector. It may be killed at any moment: what was
    embedded up to then is kept but for the last few hundred texts. Where every vector is known
    already, the encoder's weights are not loaded.

    Args:
        encoder: Computes what is not known yet.
        path: The SQLite file, made when first needed; its folder must exist.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.encoder = encoder
        self.path = path

    @property
    def spec(self) -> str:
        """The inner encoder's name."""
        return self.encoder.spec

    @property
    def folder(self) -> Path:
        """The inner encoder's model folder."""
        return self.encoder.folder

    def identity(self) -> Mapping[str, str]:
        """The inner encoder's identity."""
        return self.encoder.identity()

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """As the encoder does, looking up first.

        Raises:
            StoreError: If the file cannot be read or written.
        """
        return embed_contents(contents, lambda texts: self._embed(texts, progress))

    @cached_property
    def _key(self) -> str:
        return json.dumps(dict(self.identity()), sort_keys=True)

    def _embed(self, texts: Sequence[str], progress: Progress) -> Vectors:
        if not texts:
            return self.encoder.embed([])
        # Like lengths together, so that little is padded although it goes in chunks.
        order = np.argsort([len(text) for text in texts], kind="stable")
        vectors: Vectors = np.empty((0, 0), dtype=np.float32)
        with self._database() as database:
            number = _number(database, self._key)
            for start in range(0, len(order), CHUNK):
                rows = order[start : start + CHUNK]
                chunk = self._chunk(database, number, [texts[row] for row in rows])
                if not start:
                    vectors = np.empty((len(texts), chunk.shape[1]), dtype=np.float32)
                vectors[rows] = chunk
                progress("Embedding texts", start + len(rows), len(texts))
        return vectors

    def _chunk(self, database: sqlite3.Connection, encoder: int, texts: list[str]) -> Vectors:
        keys = [_hash(text) for text in texts]
        known = _look_up(database, encoder, keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            fresh = self.encoder.embed(list(missing.values()))
            entries = {key: vector.tobytes() for key, vector in zip(missing, fresh, strict=True)}
            _keep(database, encoder, entries)
            known |= entries
        joined = b"".join(known[key] for key in keys)
        return np.frombuffer(joined, dtype=np.float32).reshape(len(keys), -1)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=60)) as database:
                database.execute("PRAGMA journal_mode = WAL")
                database.executescript(_SCHEMA)
                yield database
        except sqlite3.Error as error:
            raise StoreError(
                f"The store of text embeddings cannot be used: {error}.",
                where=str(self.path),
                remedy="If it is damaged, delete the file: it is only a cache and is made again.",
            ) from None


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _number(database: sqlite3.Connection, identity: str) -> int:
    with database:
        database.execute("INSERT OR IGNORE INTO encoder (identity) VALUES (?)", (identity,))
    row = database.execute("SELECT number FROM encoder WHERE identity = ?", (identity,)).fetchone()
    return int(row[0])


def _look_up(
    database: sqlite3.Connection, encoder: int, keys: Sequence[bytes]
) -> dict[bytes, bytes]:
    """The vectors that are known, by text hash."""
    marks = ", ".join("?" * len(keys))
    query = f"SELECT text, numbers FROM vector WHERE encoder = ? AND text IN ({marks})"  # noqa: S608
    return dict(database.execute(query, (encoder, *keys)))


def _keep(database: sqlite3.Connection, encoder: int, entries: Mapping[bytes, bytes]) -> None:
    """Commit vectors; one that another process kept in the meantime stays."""
    with database:
        database.executemany(
            "INSERT OR IGNORE INTO vector VALUES (?, ?, ?)",
            [(encoder, text, numbers) for text, numbers in entries.items()],
        )
