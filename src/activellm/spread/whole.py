"""Vectors of whole numbers: what is computed with them is exact, in any order and on any machine.

A unit vector is kept as its coordinates times `SCALE`, rounded. Products of two such vectors and
all partial sums of them stay below 2 ** 24, where float32 still counts by ones.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SCALE = 1000
"""What 1 is kept as."""

Whole: TypeAlias = npt.NDArray[np.int16]
"""Shape (n, d)."""

_AT_ONCE = 8192


def unit(vectors: npt.NDArray[np.floating[Any]]) -> Whole:
    """The vectors, made to length 1 (those of length 0 stay), as whole numbers."""
    length = np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    return whole(vectors / np.where(length > 0, length, 1.0))


def whole(vectors: npt.NDArray[np.floating[Any]]) -> Whole:
    """Vectors of length 1 or less as whole numbers."""
    found: Whole = np.rint(vectors * SCALE).astype(np.int16)
    return found


def nearest(vectors: Whole, centres: Whole) -> npt.NDArray[np.int32]:
    """The centre that is nearest each vector, of equally near ones the first: shape (n,)."""
    turned = np.ascontiguousarray(2.0 * centres.T, dtype=np.float32)
    squares = (centres.astype(np.int64) ** 2).sum(axis=1).astype(np.float32)
    found = np.empty(len(vectors), np.int32)
    for start in range(0, len(vectors), _AT_ONCE):
        part = vectors[start : start + _AT_ONCE].astype(np.float32)
        found[start : start + _AT_ONCE] = (part @ turned - squares).argmax(axis=1)
    return found


def as_table(vectors: Whole) -> Any:
    """Vectors as an Arrow table with the column "vector"."""
    flat = pa.array(vectors.reshape(-1), pa.int16())
    return pa.table({"vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])})


def from_table(table: Any) -> Whole:
    """The inverse of `as_table`."""
    column = table.column("vector")
    parts = [chunk.flatten().to_numpy(zero_copy_only=True) for chunk in column.chunks]
    return np.concatenate(parts).reshape(len(table), column.type.list_size)
