"""The signatures of a whole pool, memory-mapped, and how alike two of its texts are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from activellm.near.minhash import WIDTH, Signatures
from activellm.near.shingles import MIX, pieces
from activellm.pool import Pool
from activellm.pool.near_folds import distinct

Rows = npt.NDArray[np.int64]
"""Shape (n,): where texts stand in the pool, from 0."""

Shares = npt.NDArray[np.float64]
"""Shape (n,): Jaccard similarities, 0 to 1."""

_FEWEST, _MOST = 3, 8
"""Values of a band."""

_AT_A_TIME = 20_000
"""Pairs of texts that are compared at a time."""


class Signed:
    """The signatures that `Signing` wrote.

    Args:
        paths: Its files, in block order.
        threshold: From which similarity on texts are to be found.

    Attributes:
        bands: How many bands they have.
    """

    bands = 32

    def __init__(self, paths: Sequence[Path], threshold: float) -> None:
        self._blocks = [values for path in paths for values in _values(path)]
        self._starts = np.cumsum([0, *map(len, self._blocks)])
        self._halves = self._blocks[0].shape[1] // WIDTH
        self._drawn = _drawn(self.bands, rows_of_band(threshold), self._halves)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def band(self, number: int) -> npt.NDArray[np.uint64]:
        """A hash of those values of each text that the band is made of."""
        found = np.zeros(len(self), np.uint64)
        for block, start in zip(self._blocks, self._starts, strict=False):
            part = found[start : start + len(block)]
            for column in self._drawn[number]:
                part *= MIX
                part += block[:, column]
                part ^= part >> np.uint64(29)
        return found

    def estimated(self, some: Rows, others: Rows) -> Shares:
        """How alike the texts of each pair seem: the part of equal values.

        Its standard error is at most sqrt(1 / 4 / WIDTH), 0.06; at a similarity of 0.8 it is 0.05.
        Of pairs of texts it is the smaller one of the two texts' shares.
        """
        found = np.empty(len(some))
        for start in range(0, len(some), _AT_A_TIME):
            part = slice(start, start + _AT_A_TIME)
            equal = self._take(some[part]) == self._take(others[part])
            found[part] = equal.reshape(len(equal), -1, WIDTH).mean(axis=2).min(axis=1)
        return found

    def _take(self, rows: Rows) -> Signatures:
        found = np.empty((len(rows), self._halves * WIDTH), np.uint16)
        home = np.searchsorted(self._starts, rows, side="right") - 1
        order = np.argsort(home, kind="stable")
        numbers, begins = np.unique(home[order], return_index=True)
        for number, here in zip(numbers, np.split(order, begins[1:]), strict=True):
            found[here] = self._blocks[number][rows[here] - self._starts[number]]
        return found


def rows_of_band(threshold: float) -> int:
    """How many values make a band: so many that a fifth of the pairs at the threshold share it.

    Fewer find more of what is less alike, and bring more texts together that are not.
    """
    wanted = round(math.log(0.2) / math.log(min(threshold, 0.99)))
    return min(max(wanted, _FEWEST), _MOST)


def _drawn(bands: int, rows: int, halves: int) -> npt.NDArray[np.int64]:
    """The columns of each band, drawn from all; of pairs half of them from either text.

    Bands that share columns are not independent, but many of them miss less than few that do not.
    """
    rng = np.random.default_rng(20140101)
    each = -(-rows // halves)
    return np.array(
        [
            np.concatenate([half * WIDTH + rng.permutation(WIDTH)[:each] for half in range(halves)])
            for _ in range(bands)
        ]
    )


def _values(path: Path) -> Iterator[Signatures]:
    """The signatures in a file, as views of it."""
    column = pa.ipc.open_file(pa.memory_map(str(path))).read_all().column("signature")
    width = column.type.byte_width // 2
    for cells in column.chunks:
        values = np.frombuffer(cells.buffers()[1], np.uint16).reshape(-1, width)
        yield values[cells.offset : cells.offset + len(cells)]


def exact(pool: Pool) -> Callable[[Rows, Rows], Shares]:
    """A function that says how alike the texts of each pair of rows are, by their pieces."""

    def similarity(some: Rows, others: Rows) -> Shares:
        found = np.empty(len(some))
        for start in range(0, len(some), _AT_A_TIME):
            part = slice(start, start + _AT_A_TIME)
            found[part] = _exact(pool, some[part], others[part])
        return found

    return similarity


def _exact(pool: Pool, some: Rows, others: Rows) -> Shares:
    rows, place = np.unique(np.concatenate([some, others]), return_inverse=True)
    table = pool.rows(rows)
    shares = _jaccard(table.column("text"), place[: len(some)], place[len(some) :])
    if pool.pair:
        pair = _jaccard(table.column("pair"), place[: len(some)], place[len(some) :])
        shares = np.minimum(shares, pair)
    return shares


def _jaccard(texts: object, some: Rows, others: Rows) -> Shares:
    """The Jaccard similarities of the texts at these places."""
    hashes, starts = pieces(texts.to_pylist())  # type: ignore[attr-defined]
    sizes = np.diff(starts, append=len(hashes))
    text = np.repeat(np.arange(len(starts)), sizes).astype(np.uint64)
    own = distinct(text << np.uint64(32) | hashes)  # each text's pieces once, in order
    ends = np.searchsorted(own, np.arange(1, len(starts) + 1).astype(np.uint64) << np.uint64(32))
    counts = np.diff(ends, prepend=0)
    hashes = (own & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    both = np.concatenate([some, others])
    pair = np.repeat(np.tile(np.arange(len(some)), 2), counts[both]).astype(np.uint64)
    keys = np.sort(pair << np.uint64(32) | hashes[_ranges(ends - counts, counts, both)])
    shared = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(32)
    common = np.bincount(shared.astype(np.int64), minlength=len(some))
    return common / (counts[some] + counts[others] - common)


def _ranges(starts: Rows, counts: Rows, places: Rows) -> Rows:
    """The numbers from each place's start on, as many as its count, one after the other."""
    sizes = counts[places]
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts[places] - before, sizes) + np.arange(sizes.sum())
