"""One strategy on many vectors, in a process of its own: prints its peak memory and its picks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from selection_helpers import GIVEN, TASK

from activellm.pool.example import Example
from activellm.selection import SelectionContext, open_strategy

WIDTH = 384


def vectors_of(rows: int) -> np.ndarray:
    """Unit vectors around 50 directions, made in parts."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((50, WIDTH), dtype=np.float32)
    found = np.empty((rows, WIDTH), dtype=np.float32)
    for start in range(0, rows, 10_000):
        part = found[start : start + 10_000]
        rng.standard_normal(part.shape, dtype=np.float32, out=part)
        part += directions[rng.integers(50, size=len(part))]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return found


def main(name: str, rows: int, n: int) -> None:
    """Select, and print what it took."""
    vectors = vectors_of(rows)
    given = vectors_of(len(GIVEN))
    context = SelectionContext(
        TASK,
        tuple(Example(id=str(row), text="") for row in range(rows)),
        np.random.default_rng(0),
        labelled=GIVEN,
        embed=lambda contents: vectors if len(contents) == rows else given,
    )
    chosen = open_strategy(name).select(context, n)
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"peak_mb": peak, "vectors_mb": vectors.nbytes / 2**20, "ids": chosen.ids}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
