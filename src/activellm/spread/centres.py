"""The clusters' centres: mini-batch k-means on vectors drawn from the whole pool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from activellm.blocks.storing import read_block
from activellm.progress import Progress, silent
from activellm.spread.whole import SCALE, Whole, from_table, whole
from activellm.threads import one_thread

PER_CENTRE = 256
"""Vectors that are learned from for each centre; more move it little."""

LEAST = 20_000
"""But at least so many."""

PASSES = 3
_BATCH = 4096


def learn_centres(
    paths: Sequence[Path], size: int, k: int, seed: int, progress: Progress = silent
) -> Whole:
    """Cluster centres of a pool's vectors, shape (k, d).

    Mini-batch k-means (Sculley, WWW 2010) as in scikit-learn, on at most max(`LEAST`, `PER_CENTRE`
    k) vectors drawn at random: memory does not grow with the pool. The result does not depend on
    how the vectors lie in files.

    Args:
        paths: The files of the vectors, in order.
        size: How many vectors each but the last holds.
        k: How many centres; at most as many as there are vectors.
        seed: Decides which vectors are learned from, and in which order.
        progress: Told the vectors learned from.
    """
    from sklearn.cluster import MiniBatchKMeans

    rng = np.random.default_rng(seed)
    drawn = _drawn(paths, size, max(LEAST, PER_CENTRE * k), rng)
    batch = max(_BATCH, 4 * k)
    model = MiniBatchKMeans(k, random_state=seed, n_init=3)
    done, total = 0, PASSES * len(drawn)
    with one_thread():
        for _ in range(PASSES):
            order = rng.permutation(len(drawn))
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                if start and len(rows) < k:
                    continue  # a rest says too little
                model.partial_fit(drawn[rows].astype(np.float32) / np.float32(SCALE))
                done += len(rows)
                progress("Learning clusters", done, total)
    progress("Learning clusters", total, total)
    return whole(model.cluster_centers_)


def _drawn(paths: Sequence[Path], size: int, most: int, rng: np.random.Generator) -> Whole:
    """Vectors drawn at random, in the pool's order."""
    rows = (len(paths) - 1) * size + len(read_block(paths[-1]))
    chosen = np.sort(rng.choice(rows, size=min(most, rows), replace=False))
    parts = []
    for number, path in enumerate(paths):
        first, last = np.searchsorted(chosen, (number * size, (number + 1) * size))
        if first < last:
            parts.append(from_table(read_block(path))[chosen[first:last] - number * size])
    return np.concatenate(parts)
