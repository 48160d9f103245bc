"""The words and letter runs of many texts as hashes, by whole arrays: no loop over texts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

LETTERS = 4
"""Bytes of a letter run."""

LONGEST = 4000
"""So many characters of a text are looked at."""

BUCKET_BITS = 16

_CHUNK = 1 << 20
"""Bytes that are hashed together."""

_ROOM = _CHUNK + 8 * LONGEST
"""A chunk may be longer than that by one text: a character, in lower case, has at most 6 bytes."""

_BASE = 0x9E3779B97F4A7C15
_WORD_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_'"

Numbers = npt.NDArray[np.int64]


class Hashed(NamedTuple):
    """What was found in some texts, text by text.

    Attributes:
        ends: How many finds there are before each text, and in all: shape (texts + 1,).
        buckets: Their hashes, 0 to 2 ** BUCKET_BITS - 1: shape (finds,).
    """

    ends: npt.NDArray[np.int32]
    buckets: npt.NDArray[np.int32]


def hashed(texts: Any) -> Iterator[tuple[Hashed, Hashed]]:
    """Words and letter runs of texts, some texts at a time, in their order.

    Upper and lower case are the same. A word is a run of letters, digits, "_", "'" and of whatever
    is no ASCII; a letter run is any `LETTERS` bytes of the text's UTF-8.

    Args:
        texts: An Arrow array of strings.
    """
    short = pc.utf8_slice_codeunits(texts, 0, LONGEST)
    low = pc.cast(pc.utf8_lower(short), pa.large_string())
    low = low.combine_chunks() if isinstance(low, pa.ChunkedArray) else low
    if not len(low):
        return
    _, ends, letters = low.buffers()
    places = np.frombuffer(ends, np.int64)[low.offset : low.offset + len(low) + 1]
    data = np.frombuffer(letters, np.uint8) if letters is not None else np.empty(0, np.uint8)
    first = 0
    while first < len(low):
        last = int(np.searchsorted(places, places[first] + _CHUNK, side="left"))
        last = min(max(last, first + 1), len(low))
        bounds = places[first : last + 1]
        yield _hashed(data[bounds[0] : bounds[-1]], bounds - bounds[0])
        first = last


def _hashed(data: npt.NDArray[np.uint8], bounds: Numbers) -> tuple[Hashed, Hashed]:
    """Of some texts: `data` is all their bytes, `bounds` where each begins and the last ends."""
    upward, downward = _powers()
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum((data + np.uint64(1)) * upward[: len(data)], out=sums[1:])

    def of(starts: Numbers, stops: Numbers, salt: int) -> Hashed:
        value = (sums[stops] - sums[starts]) * downward[starts]
        ends = np.searchsorted(starts, bounds).astype(np.int32)
        return Hashed(ends, _bucket(value ^ np.uint64(salt)))

    runs = np.arange(max(len(data) - LETTERS + 1, 0))
    home = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    runs = runs[home[runs] == home[runs + LETTERS - 1]]
    return of(*_words(data, bounds), salt=1), of(runs, runs + LETTERS, salt=2)


def _words(data: npt.NDArray[np.uint8], bounds: Numbers) -> tuple[Numbers, Numbers]:
    """Where words begin and where they end."""
    inside = np.zeros(len(data) + 2, bool)
    inside[1:-1] = _in_words()[data]
    edge = np.zeros(len(data) + 1, bool)
    edge[bounds] = True  # between two texts a word ends
    starts = np.flatnonzero(inside[1:-1] & (~inside[:-2] | edge[:-1]))
    stops = np.flatnonzero(inside[1:-1] & (~inside[2:] | edge[1:])) + 1
    return starts, stops


def _bucket(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
    """The top bits, after all bits were mixed: the last step of MurmurHash3."""
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return (value >> np.uint64(64 - BUCKET_BITS)).astype(np.int32)


@cache
def _powers() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """The powers of the base, and those of its inverse, modulo 2 ** 64.

    With them the hash of any stretch is a difference of two sums (Karp and Rabin, IBM Journal of
    Research and Development 31, 1987), wherever it stands.
    """
    found = []
    for factor in (_BASE, pow(_BASE, -1, 1 << 64)):
        powers = np.full(_ROOM, factor, np.uint64)
        powers[0] = 1
        found.append(np.multiply.accumulate(powers))
    return found[0], found[1]


@cache
def _in_words() -> npt.NDArray[np.bool_]:
    table = np.zeros(256, bool)
    table[128:] = True
    table[list(_WORD_BYTES)] = True
    return table
