"""Embeddings that do not depend on what was embedded with them, each kept once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from activellm.encoders import CachedEncoder, Encoder, Vectors
from activellm.encoders.pairs import embed_contents
from activellm.pool.example import Content
from activellm.progress import Progress, silent


def bench_encoder(encoder: Encoder, folder: Path | None) -> Encoder:
    """An encoder whose vectors are the same whatever other cells ran before, or beside.

    Args:
        encoder: What embeds.
        folder: Where vectors are kept; None keeps nothing.
    """
    alone = OneByOne(encoder)
    if folder is None:
        return alone
    folder.mkdir(parents=True, exist_ok=True)
    return CachedEncoder(alone, folder / "vectors.db")


class OneByOne:
    """An encoder that computes each text alone.

    A text's vector depends a little (in the seventh digit) on the texts that are computed with it,
    and k-means may then pick another text. Alone, short texts take twice the time; kept in a
    folder, each is computed once for all cells.

    Args:
        encoder: What embeds.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    @property
    def spec(self) -> str:
        """See `Encoder.spec`."""
        return self.encoder.spec

    @property
    def folder(self) -> Path:
        """See `Encoder.folder`."""
        return self.encoder.folder

    def identity(self) -> Mapping[str, str]:
        """The inner encoder's, marked: its vectors differ in the last digits."""
        return {**self.encoder.identity(), "computed": "one by one"}

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """See `Encoder.embed`."""

        def embed_texts(texts: Sequence[str]) -> Vectors:
            rows = []
            for number, text in enumerate(texts, start=1):
                rows.append(self.encoder.embed([text]))
                progress("Embedding texts", number, len(texts))
            return np.concatenate(rows) if rows else self.encoder.embed([])

        return embed_contents(contents, embed_texts)
