"""What a column of a pool holds, without making objects of its examples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from activellm.pool.pool import Pool

_AT_ONCE = 50_000


def different_cells(pool: Pool, column: str) -> Iterator[tuple[str, int]]:
    """The different cells of one of a pool's further columns, and where each is first.

    It goes through the pool in blocks, and gives what several of them hold once for each.

    Args:
        pool: The pool.
        column: One of `pool.meta`.

    Yields:
        A cell, and the source row in which it stands first in this block.
    """
    for start in range(0, len(pool), _AT_ONCE):
        block = pool.block(start, min(start + _AT_ONCE, len(pool)))
        meta, rows = (block.column(name).combine_chunks() for name in ("meta", "row"))
        cells = meta.field(column).fill_null("").dictionary_encode()
        _, first = np.unique(cells.indices.to_numpy(), return_index=True)
        places = pa.array(np.sort(first))
        values = cells.take(places).cast(pa.string())
        yield from zip(values.to_pylist(), rows.take(places).to_pylist(), strict=True)
