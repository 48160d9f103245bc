"""Signatures of texts: where two agree tells how much the texts have in common.

Broder, "On the resemblance and containment of documents" (1997): the smallest hash of a text's
pieces is the same for two texts with the probability of their Jaccard similarity. Of each smallest
hash the 16 lowest bits are kept (b-bit minwise hashing, Li and König 2010).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from activellm.blocks import Block
from activellm.near.shingles import pieces
from activellm.pool import Pool

VERSION = 1
"""Counts up when signatures change."""

WIDTH = 64
"""Hash functions, and values of a text's signature."""

_AT_A_TIME = 1 << 18
"""Characters of texts that are hashed together, so that all stays in the processor's cache."""

Signatures = npt.NDArray[np.uint16]
"""Shape (n, WIDTH), of pairs (n, 2 * WIDTH): the second texts' behind the first ones'."""


@dataclass
class Signing:
    """The signatures of a pool's texts, block by block.

    Args:
        pool: The pool's file.
    """

    pool: Path
    what: str = "Comparing texts"

    def key(self) -> Mapping[str, Any]:
        """The pool, and the way it is done."""
        found = self.pool.stat()
        return {"size": found.st_size, "changed": found.st_mtime_ns, "signatures": VERSION}

    def do(self, block: Block) -> Any:
        """A table with the column "signature"; of pairs the second text's stands behind."""
        found = _pool(self.pool).block(block.start, block.stop)
        values = signatures(found.column("text"))
        if found.column("pair").null_count == 0:
            values = np.hstack([values, signatures(found.column("pair"))])
        width = values.shape[1] * values.itemsize
        cells = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(width), len(values), [None, pa.py_buffer(values)]
        )
        return pa.table({"signature": cells})


@cache
def _pool(path: Path) -> Pool:
    return Pool.open(path)


def signatures(texts: Any) -> Signatures:
    """The signatures of a column of texts, shape (n, WIDTH)."""
    found = np.empty((len(texts), WIDTH), np.uint16)
    start = 0
    for chunk in _chunks(texts):
        found[start : start + len(chunk)] = _smallest(*pieces(chunk))
        start += len(chunk)
    return found


def _chunks(texts: Any) -> Iterator[list[str]]:
    """The texts, as many at a time as are hashed together."""
    some: list[str] = []
    size = 0
    for text in texts.to_pylist():
        some.append(text)
        size += len(text)
        if size >= _AT_A_TIME:
            yield some
            some, size = [], 0
    if some:
        yield some


def _smallest(hashes: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64]) -> Signatures:
    """The smallest hash of each text under each function, its lowest 16 bits."""
    found = np.empty((WIDTH, len(starts)), np.uint16)
    other = np.empty_like(hashes)
    for number, (factor, shift) in enumerate(_functions()):
        np.multiply(hashes, factor, out=other)
        np.add(other, shift, out=other)
        found[number] = np.minimum.reduceat(other, starts).astype(np.uint16)
    return np.ascontiguousarray(found.T)


@cache
def _functions() -> tuple[tuple[np.uint32, np.uint32], ...]:
    """Multiplication by an odd number and a shift: a permutation of all 32-bit numbers each."""
    rng = np.random.default_rng(19970611)
    factors = rng.integers(0, 1 << 31, WIDTH, np.uint32) * np.uint32(2) + np.uint32(1)
    shifts = rng.integers(0, 1 << 32, WIDTH, np.uint32)
    return tuple(zip(factors, shifts, strict=True))
