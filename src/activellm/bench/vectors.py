"""Embeddings that do not depend on what was embedded before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from activellm.encoders import Encoder, Vectors
from activellm.files import atomic_path
from activellm.pool.example import Content
from activellm.progress import Progress, silent

_WORTH_KEEPING = 64
"""Shorter lists are embedded again faster than they are kept."""


class WholeLists:
    """An encoder that keeps what it made of a list of texts, not of a text.

    A text's vector depends a little (in the seventh digit) on the texts that are computed with it.
    A cache by text would make a result depend on what other cells ran before it; k-means may then
    pick another text. Here a list is computed as a whole or found as a whole.

    Args:
        encoder: What embeds.
        folder: Where vectors are kept, a file a list; None keeps nothing.
    """

    def __init__(self, encoder: Encoder, folder: Path | None) -> None:
        self.encoder = encoder
        self._kept = folder / "vectors" if folder else None

    @property
    def spec(self) -> str:
        """See `Encoder.spec`."""
        return self.encoder.spec

    @property
    def folder(self) -> Path:
        """See `Encoder.folder`."""
        return self.encoder.folder

    def identity(self) -> Mapping[str, str]:
        """See `Encoder.identity`."""
        return self.encoder.identity()

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """See `Encoder.embed`."""
        if self._kept is None or len(contents) < _WORTH_KEEPING:
            return self.encoder.embed(contents, progress=progress)
        decided_by = json.dumps([dict(self.identity()), list(contents)], sort_keys=True)
        path = self._kept / f"{hashlib.sha256(decided_by.encode()).hexdigest()[:32]}.npy"
        if path.exists():
            kept: Vectors = np.load(path, allow_pickle=False)
            return kept
        vectors = self.encoder.embed(contents, progress=progress)
        self._kept.mkdir(exist_ok=True)
        with atomic_path(path) as draft, draft.open("wb") as file:
            np.save(file, vectors)
        return vectors


class KnownTexts:
    """An encoder that embeds certain texts once, all together; others as they come.

    So a text's vector depends on nothing but those texts, and learners that are trained on many
    choices from them embed each only once.

    Args:
        encoder: What embeds.
        contents: The texts.
    """

    def __init__(self, encoder: Encoder, contents: Sequence[Content]) -> None:
        self.encoder = encoder
        self._contents = list(contents)
        self._rows = {content: row for row, content in enumerate(self._contents)}

    @property
    def spec(self) -> str:
        """See `Encoder.spec`."""
        return self.encoder.spec

    @property
    def folder(self) -> Path:
        """See `Encoder.folder`."""
        return self.encoder.folder

    def identity(self) -> Mapping[str, str]:
        """See `Encoder.identity`."""
        return self.encoder.identity()

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """See `Encoder.embed`."""
        rows = [self._rows.get(content) for content in contents]
        if None in rows:
            return self.encoder.embed(contents, progress=progress)
        return self._vectors[np.array(rows, dtype=np.int64)]

    @cached_property
    def _vectors(self) -> Vectors:
        return self.encoder.embed(self._contents)
