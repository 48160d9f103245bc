"""Sketches: vectors of texts without a model, from their hashed words and letter runs.

A text's finds are weighed by how rare they are (idf) and projected to a few dimensions by a sparse
random matrix of -1, 0 and 1 (Achlioptas, Journal of Computer and System Sciences 66, 2003; Li,
Hastie and Church, KDD 2006), which keeps angles between texts roughly as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from activellm.spread.hashing import BUCKET_BITS, Hashed, hashed
from activellm.spread.whole import Whole, unit

DIMENSIONS = 64
VERSION = 1
"""Counts up when sketches of the same texts change."""

Table = npt.NDArray[np.float32]
"""Shape (2 ** BUCKET_BITS, DIMENSIONS): what a find adds to the vector of its text."""


def make_table(texts: Iterator[Any], seed: int = 0) -> Table:
    """The table that belongs to a pool.

    Args:
        texts: Some of its texts, spread over it, as Arrow arrays: they say which finds are rare.
        seed: Decides the projection.
    """
    buckets = 1 << BUCKET_BITS
    having, count = np.zeros(buckets, np.int64), 0
    for some in texts:
        for parts in hashed(some):
            having += sum(_texts_with(part) for part in parts)
            count += len(parts[0].ends) - 1
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 0.0, 1.0], p=[1 / 6, 2 / 3, 1 / 6], size=(buckets, DIMENSIONS))
    idf = np.log((1 + count) / (1 + having)).clip(min=0) + 1
    table: Table = (signs * idf[:, None]).astype(np.float32)
    return table


def sketch(texts: Any, table: Table) -> Whole:
    """The vectors of texts: shape (texts, DIMENSIONS). A text without any find gets zeros.

    Args:
        texts: An Arrow array of strings.
        table: See `make_table`.
    """
    found = [unit(sum(_rows(part) @ table for part in parts)) for parts in hashed(texts)]
    return np.concatenate([np.empty((0, table.shape[1]), np.int16), *found])


def _texts_with(part: Hashed) -> npt.NDArray[np.int64]:
    rows = _rows(part)
    rows.sum_duplicates()
    return np.bincount(rows.indices, minlength=1 << BUCKET_BITS)


def _rows(part: Hashed) -> csr_matrix:
    """One row a text: how often it has what falls into each bucket."""
    shape = (len(part.ends) - 1, 1 << BUCKET_BITS)
    ones = np.ones(len(part.buckets), np.float32)
    return csr_matrix((ones, part.buckets, part.ends), shape=shape)
