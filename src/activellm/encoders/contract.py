"""The contract of an encoder: whatever turns texts into vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.pool.example import Content
from activellm.progress import Progress, silent

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Shape (n, d), rows of length 1."""


class Encoder(Protocol):
    """Turns texts, or pairs of texts, into vectors of length 1."""

    @property
    def spec(self) -> str:
        """How the user names it: "embedded", a folder, a hub id."""
        ...

    @property
    def folder(self) -> Path:
        """Its model folder on this machine; a hub id is fetched if it is not here yet.

        Raises:
            ActiveLLMError: If it cannot be found.
        """
        ...

    def identity(self) -> Mapping[str, str]:
        """What decides the vectors: the files' SHA-256, pooling, number type, longest input."""
        ...

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """One vector a text or pair, in the order given.

        A text gives a vector of d numbers, a pair one of 3 d numbers (see `pairs`). An empty text
        gives a vector like any other.

        Args:
            contents: n texts or n pairs, not mixed.
            progress: Told how many texts are done.

        Raises:
            UsageError: If texts and pairs are mixed.
            ActiveLLMError: If the encoder cannot be found or loaded, or memory runs out.
        """
        ...
