"""Distances between many vectors in blocks of rows: memory for the answer, not for the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from activellm.selection.context import Vectors

Rows: TypeAlias = npt.NDArray[np.int64]
Distances: TypeAlias = npt.NDArray[np.float32]
Numbers = TypeVar("Numbers", npt.NDArray[np.float32], npt.NDArray[np.float64])

BLOCK = 2**21
"""Numbers in one block: 8 MiB of float32, which stays near the processor."""

DIGITS = 5
"""Squared distances that agree in so many digits are equal: the rest is float32's rounding."""


@dataclass(frozen=True)
class Nearest:
    """For each of many vectors, the nearest of a few.

    Attributes:
        which: Shape (rows,).
        squared: Its squared Euclidean distance, shape (rows,).
    """

    which: Rows
    squared: Distances


def blocks(rows: int, width: int) -> Iterator[slice]:
    """Slices that go through all rows, each of about `BLOCK` numbers.

    Args:
        rows: How many rows there are.
        width: Numbers a row.
    """
    step = max(1, BLOCK // max(1, width))
    for start in range(0, rows, step):
        yield slice(start, min(rows, start + step))


def squared_norms(vectors: Numbers) -> Numbers:
    """The squared length of each row, shape (rows,)."""
    found: Numbers = np.einsum("ij,ij->i", vectors, vectors)
    return found


def squared_distances(ours: Numbers, theirs: Numbers) -> Numbers:
    """Squared Euclidean distances between all pairs, shape (ours, theirs); meant for one block."""
    found: Numbers = ours @ theirs.T
    found *= -2
    found += squared_norms(ours)[:, None]
    found += squared_norms(theirs)
    np.maximum(found, 0, out=found)
    return found


def nearest(vectors: Vectors, centres: Vectors) -> Nearest:
    """The nearest of a few centres for each of many vectors.

    Args:
        vectors: Shape (rows, d).
        centres: Shape (centres, d), at least one.
    """
    which = np.empty(len(vectors), dtype=np.int64)
    squared = np.empty(len(vectors), dtype=np.float32)
    for part in blocks(len(vectors), max(vectors.shape[1], len(centres))):
        found = squared_distances(vectors[part], centres)
        which[part] = found.argmin(axis=1)
        squared[part] = np.take_along_axis(found, which[part, None], axis=1)[:, 0]
    return Nearest(which, squared)


def mean_vector(vectors: Vectors) -> Vectors:
    """The mean of all rows, shape (d,)."""
    total = np.zeros(vectors.shape[1], dtype=np.float64)
    for part in blocks(*vectors.shape):
        total += vectors[part].sum(axis=0, dtype=np.float64)
    return (total / len(vectors)).astype(np.float32)


def fingerprints(vectors: Vectors) -> npt.NDArray[np.uint64]:
    """A number for each row, shape (rows,): equal rows have equal ones, others different ones.

    Sums of the entries' bits times fixed odd numbers, modulo 2**64: two different rows among a
    million agree with a chance below one in a million.

    Args:
        vectors: Shape (rows, d), float32.
    """
    width = vectors.shape[1]
    odd = np.random.default_rng(0).integers(2**63, size=width, dtype=np.uint64) * 2 + 1
    found = np.empty(len(vectors), dtype=np.uint64)
    for part in blocks(len(vectors), 2 * width):
        positive_zeros = np.asarray(vectors[part] + np.float32(0), dtype=np.float32)
        bits = np.ascontiguousarray(positive_zeros).view(np.uint32)
        found[part] = np.einsum("ij,j->i", bits.astype(np.uint64), odd)
    return found
