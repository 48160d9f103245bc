"""Which text of the pool an entry is about: by our id, else by its content."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from activellm.exchange.contract import Entry, Findings
from activellm.pool import Example, Pool
from activellm.pool.identity import content_id, digest, storable

OTHER_TEXT = "texts that are not the project's under that id"
STRANGER = "texts that are not in the project's pool"

Numbers = npt.NDArray[np.uint64]


class Finder:
    """Finds entries in a pool, in memory of 16 bytes a text at most.

    Args:
        pool: Where to look.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._index: tuple[Numbers, npt.NDArray[np.int64]] | None = None

    def find(self, entries: Sequence[Entry], found: Findings) -> list[Example | None]:
        """The example that each entry is about; None, and a note, where there is none."""
        keys = [_key(one) for one in entries]
        by_id = self._examples(self._pool.find([one.id for one in entries]))
        fits = [
            example if example is not None and key in (None, digest(example.content)) else None
            for example, key in zip(by_id, keys, strict=True)
        ]
        left = [row for row, one in enumerate(fits) if one is None and keys[row] is not None]
        for row, example in zip(left, self._by_content([keys[row] for row in left]), strict=True):
            fits[row] = example
        for entry, fit, named in zip(entries, fits, by_id, strict=True):
            if fit is None:
                found.note(STRANGER if named is None else OTHER_TEXT, entry.where)
        return fits

    def _by_content(self, keys: Sequence[bytes | None]) -> list[Example | None]:
        wanted = [key for key in keys if key is not None]
        if self._pool.report.columns.id is None:
            return self._examples(self._pool.find([content_id(key) for key in wanted]))
        numbers, places = self._numbers()
        asked = np.array([_number(key) for key in wanted], dtype=np.uint64)
        slots = np.minimum(np.searchsorted(numbers, asked), len(numbers) - 1)
        positions = np.where(numbers[slots] == asked, places[slots], -1)
        return self._examples(positions)

    def _numbers(self) -> tuple[Numbers, npt.NDArray[np.int64]]:
        """Every text's number, sorted, and where it stands.

        64 bits: a chance of 3e-6 that any two of ten million texts share one.
        """
        if self._index is None:
            contents = (digest(one.content) or b"" for one in self._pool)
            numbers = np.fromiter(map(_number, contents), np.uint64, count=len(self._pool))
            order = np.argsort(numbers, kind="stable")
            self._index = numbers[order], order.astype(np.int64)
        return self._index

    def _examples(self, positions: npt.NDArray[np.int64]) -> list[Example | None]:
        there = np.flatnonzero(positions >= 0)
        found: list[Example | None] = [None] * len(positions)
        for row, example in zip(there.tolist(), self._pool.at(positions[there]), strict=True):
            found[row] = example
        return found


def _key(entry: Entry) -> bytes | None:
    """An entry's content, as the pool tells contents apart; None if it has only an id."""
    if entry.text is None:
        return None
    text = storable(entry.text)
    return digest(text if entry.pair is None else (text, storable(entry.pair)))


def _number(key: bytes) -> int:
    return int.from_bytes(key[:8], "little")
