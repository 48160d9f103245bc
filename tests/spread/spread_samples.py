"""Pools for the tests of the spread sampler."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np

from activellm.blocks import Block
from activellm.pool import Pool, import_pool
from activellm.pool.sources.memory import MemorySource

TOPICS = {
    "weather": ("rain", "snow", "storm", "sun", "wind", "cloud", "fog", "frost", "hail", "ice"),
    "food": ("soup", "bread", "cheese", "apple", "carrot", "onion", "salt", "rice", "egg", "oil"),
    "traffic": ("bus", "tram", "road", "bridge", "tunnel", "lorry", "signal", "lane", "taxi"),
    "music": ("violin", "drum", "choir", "opera", "guitar", "piano", "melody", "tune", "chord"),
}


def topical(counts: dict[str, int], seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts of eight words of a topic each, with a number that makes them differ, shuffled.

    Returns:
        The texts, and their ids: the topic and a number.
    """
    rng = np.random.default_rng(seed)
    rows = [
        (" ".join(rng.choice(TOPICS[topic], size=8)) + f" {number}", f"{topic}-{number}")
        for topic, count in counts.items()
        for number in range(count)
    ]
    order = rng.permutation(len(rows))
    return [rows[i][0] for i in order], [rows[i][1] for i in order]


def pool_file(folder: Path, counts: dict[str, int]) -> Pool:
    """A pool of topics in a file of its own."""
    texts, ids = topical(counts)
    source = MemorySource({"text": texts, "id": ids})
    import_pool(source, folder / "pool.arrow", text="text", id="id")
    return Pool.open(folder / "pool.arrow")


class Killed:
    """Does blocks in this process, and is killed before it has done all."""

    def __init__(self, after: int) -> None:
        self.after = after

    def run(self, work, blocks: list[Block], folder: Path):
        from activellm.blocks import HERE

        for done, block in enumerate(HERE.run(work, blocks, folder), start=1):
            yield block
            if done == self.after:
                os.kill(os.getpid(), signal.SIGKILL)
