"""An encoder whose weights were trained on the labels: in memory, and in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from activellm.encoders import Vectors
from activellm.encoders.device import memory_errors
from activellm.encoders.pairs import embed_contents
from activellm.encoders.pooling import write_pooling
from activellm.encoders.quiet import quiet_transformers
from activellm.encoders.transformer import Pooled
from activellm.pool.example import Content
from activellm.progress import Progress, silent


@dataclass(frozen=True)
class TunedEncoder:
    """The vectors of a tuned model; see `Encoder`.

    Attributes:
        spec: The encoder that tuning started from.
        folder: Where its weights were read from.
        pooled: The model, in float32.
    """

    spec: str
    folder: Path
    pooled: Pooled

    @classmethod
    def load(cls, folder: Path, spec: str, device: torch.device, max_length: int) -> TunedEncoder:
        """Read a model folder: one to start from, or what `save` wrote.

        Raises:
            DataError: If it holds no model that can be loaded.
        """
        return cls(spec, folder, Pooled.load(folder, device, max_length, torch.float32))

    def identity(self) -> Mapping[str, str]:
        """It differs from training to training: its vectors are for no cache."""
        return {"tuned from": self.spec}

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """As `Encoder.embed` says."""
        with memory_errors("Use a smaller encoder, or --device cpu."):
            return embed_contents(contents, lambda texts: self.pooled.embed(texts, progress))

    def save(self, folder: Path) -> None:
        """Write weights, tokenizer and pooling: a model folder, without pickles."""
        with quiet_transformers():
            self.pooled.model.save_pretrained(folder)
            self.pooled.tokenizer.inner.save_pretrained(folder)
        write_pooling(folder, self.pooled.pooling, self.pooled.width)
