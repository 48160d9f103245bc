"""One recorded seed, and independent random streams derived from it by purpose."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """The random generator for one purpose under a project's seed.

    Streams for different purposes are independent, so a further draw in one step never changes
    another step. The same seed and purpose give the same stream on every machine.

    Args:
        seed: The recorded seed, at least 0.
        purpose: Words and numbers that name the use, such as ("candidates", 2).
    """
    words = [zlib.crc32(str(word).encode()) for word in purpose]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))
