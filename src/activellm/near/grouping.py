"""Which texts are near copies of an earlier one.

Bands of signatures find candidates (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
section 3.4). A copy folds into an earlier text only if it is near this one itself: copies of copies
do not join what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from activellm.near.signed import Rows, Shares
from activellm.progress import Progress, silent

MARGIN = 0.1
"""Pairs whose estimate is so far below the threshold are compared, too: two standard errors."""

LEADERS = 50
"""Texts of one bucket to which its others are compared. Larger families of texts that share a piece
but are no copies would take quadratic time; the other bands see them, too."""

_PASSES = 5


class Estimates(Protocol):
    """The signatures: see `activellm.near.signed.Signed`."""

    bands: int

    def __len__(self) -> int: ...

    def band(self, number: int) -> npt.NDArray[np.uint64]:
        """One band of all texts."""
        ...

    def estimated(self, some: Rows, others: Rows) -> Shares:
        """How alike the texts of each pair seem."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Near copies.

    Attributes:
        rows: Where they stand, ascending.
        firsts: The earlier text that each is near to; none of these is a copy itself.
        similarity: How alike they are, 0 to 1.
        compared: Pairs whose similarity was found out.
        cut: Texts in buckets too large to compare them all, counted in each band.
    """

    rows: Rows
    firsts: Rows
    similarity: Shares
    compared: int
    cut: int


def near_copies(
    signed: Estimates,
    similarity: Callable[[Rows, Rows], Shares],
    threshold: float,
    progress: Progress = silent,
) -> Found:
    """Find texts that are near an earlier one.

    No two of the texts that stay are near each other, as far as the bands find them.

    Args:
        signed: The signatures of n texts.
        similarity: How alike the texts of pairs really are.
        threshold: From which similarity on texts are near, above 0 and at most 1.
        progress: Told the bands that are done.
    """
    return _Search(signed, similarity, threshold).run(progress)


class _Search:
    def __init__(
        self, signed: Estimates, similarity: Callable[[Rows, Rows], Shares], threshold: float
    ) -> None:
        self._signed, self._similarity, self._threshold = signed, similarity, threshold
        self._first = np.arange(len(signed))
        self._compared = self._cut = 0

    def run(self, progress: Progress) -> Found:
        bands, total = self._signed.bands, self._signed.bands
        released = self._band_by_band(progress, 0, total)
        for number in range(1, _PASSES):
            if not released:
                break
            total = bands * (number + 1)
            released = self._band_by_band(progress, bands * number, total)
        progress("Finding near copies", total, total)
        rows = np.flatnonzero(self._first != np.arange(len(self._first)))
        shares = self._similarity(rows, self._first[rows])
        return Found(rows, self._first[rows], shares, self._compared, self._cut)

    def _band_by_band(self, progress: Progress, done: int, total: int) -> int:
        """Go through all bands; the copies released on the way, which must be looked at again."""
        released = 0
        for number in range(self._signed.bands):
            progress("Finding near copies", done + number, total)
            self._fold(*_buckets(self._signed.band(number), self._first))
            released += self._release()
        return released

    def _fold(self, rows: Rows, bucket: Rows) -> None:
        """Fold texts that share a bucket: compare all to its first one, the rest to the next."""
        for _ in range(LEADERS):
            if not len(rows):
                return
            begins = np.flatnonzero(np.diff(bucket, prepend=-1))
            leader = np.repeat(rows[begins], np.diff(begins, append=len(rows)))
            others = leader != rows
            rows, bucket, leader = rows[others], bucket[others], leader[others]
            near = self._near(rows, leader)
            self._first[rows[near]] = leader[near]
            rows, bucket = _several(rows[~near], bucket[~near])
        self._cut += len(rows)

    def _near(self, rows: Rows, leaders: Rows) -> npt.NDArray[np.bool_]:
        near = self._signed.estimated(rows, leaders) >= self._threshold - MARGIN
        likely = np.flatnonzero(near)
        self._compared += len(likely)
        near[likely] = self._similarity(rows[likely], leaders[likely]) >= self._threshold
        return near

    def _release(self) -> int:
        """Give copies of what became a copy itself to the same text, or let them go."""
        count = 0
        while len(rows := np.flatnonzero(self._first[self._first] != self._first)):
            firsts = self._first[self._first[rows]]
            near = self._near(rows, firsts)
            self._first[rows] = np.where(near, firsts, rows)
            count += int((~near).sum())
        return count


def _buckets(keys: npt.NDArray[np.uint64], first: Rows) -> tuple[Rows, Rows]:
    """Texts that stay and share a key with another such, by key, then row; and their bucket."""
    rows = np.flatnonzero(first == np.arange(len(first)))
    keys = keys[rows]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    again = keys[1:] == keys[:-1]
    shared = np.zeros(len(keys), bool)
    shared[1:] |= again
    shared[:-1] |= again
    bucket = np.cumsum(np.concatenate([[True], ~again])[: len(keys)])[shared]
    return rows[order][shared], bucket


def _several(rows: Rows, bucket: Rows) -> tuple[Rows, Rows]:
    """Those whose bucket holds more than one; they are sorted by bucket."""
    begins = np.flatnonzero(np.diff(bucket, prepend=-1))
    sizes = np.diff(begins, append=len(rows))
    several = np.repeat(sizes > 1, sizes)
    return rows[several], bucket[several]
