"""The encoder that transformers runs: the pooled tokens of a Hugging Face model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activellm.encoders.contract import Encoder, Vectors
from activellm.encoders.device import memory_errors, resolve_device
from activellm.encoders.names import (
    EMBEDDED,
    encoder_folder,
    fingerprints,
    is_local,
    read_config,
)
from activellm.encoders.pairs import embed_contents
from activellm.encoders.pooling import Pooling, counted, pooling_of
from activellm.encoders.quiet import quiet_transformers
from activellm.encoders.tokens import Tokenizer
from activellm.errors import DataError, MissingExtraError
from activellm.pool.example import Content
from activellm.progress import Progress, silent

if TYPE_CHECKING:
    import torch

TOKENS_A_BATCH = {"cpu": 1024, "cuda": 65536}
"""Tokens computed at once: on a CPU few enough for its cache, on a GPU enough to fill it."""


def open_encoder(spec: str = EMBEDDED, *, device: str = "auto", max_length: int = 256) -> Encoder:
    """An encoder by name. Its weights are loaded when it first embeds something.

    Args:
        spec: "embedded" (all-MiniLM-L6-v2), a model folder, or a hub id ("bert-base-uncased").
        device: "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1", "mps".
        max_length: Most tokens of a text that are read; the rest is cut off.

    Raises:
        UsageError: If a local encoder is named that is not there.
        DataError: If the folder holds no model.
    """
    encoder = TransformerEncoder(spec, device=device, max_length=max_length)
    if is_local(spec):
        _ = encoder.folder
    return encoder


@dataclass(frozen=True)
class Pooled:
    """A loaded model; a text's vector is that of its pooled tokens, scaled to length 1.

    Attributes:
        tokenizer: The model's tokenizer.
        model: A transformers encoder in evaluation mode, on its device.
        pooling: Which tokens its vectors are the means of.
    """

    tokenizer: Tokenizer
    model: Any
    pooling: Pooling

    @classmethod
    def load(
        cls, folder: Path, device: torch.device, max_length: int, dtype: torch.dtype
    ) -> Pooled:
        """Read a model folder.

        Raises:
            DataError: If it holds no model that can be loaded.
        """
        try:
            from transformers import AutoModel
        except ImportError:
            raise MissingExtraError("Computing embeddings", "local") from None
        import torch
        from safetensors import SafetensorError

        try:
            # Missing weights (an unused pooler) are drawn at random: keep that out of global state.
            with quiet_transformers(), torch.random.fork_rng(devices=[]):
                tokenizer = Tokenizer.load(folder, max_length)
                model = AutoModel.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True, dtype=dtype
                )
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise DataError(f"Cannot load the encoder: {error}.", where=str(folder)) from None
        return cls(tokenizer, model.to(device).eval(), pooling_of(folder))

    def embed(self, texts: Sequence[str], progress: Progress) -> Vectors:
        """One vector a text, shape (n, d). On a GPU it computes in bfloat16.

        Args:
            texts: Any number.
            progress: Told how many texts are done.
        """
        import torch

        if not texts:
            return np.zeros((0, self.width), dtype=np.float32)
        done, vectors, device = 0, np.zeros((0, 0), dtype=np.float32), self.model.device
        mixed = device.type == "cuda" and self.model.dtype == torch.float32
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            budget = TOKENS_A_BATCH.get(device.type, 8192)
            for rows, batch in self.tokenizer.batches(texts, budget):
                means = self._means({name: t.to(device) for name, t in batch.items()})
                if not vectors.size:
                    vectors = np.empty((len(texts), means.shape[1]), dtype=np.float32)
                vectors[rows] = means
                done += len(rows)
                progress("Embedding texts", done, len(texts))
        return vectors

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return _width(self.model.config.to_dict())

    def _means(self, batch: Mapping[str, torch.Tensor]) -> Vectors:
        import torch

        hidden = self.model(**batch).last_hidden_state.float()
        mask = counted(batch["attention_mask"], self.pooling).unsqueeze(-1)
        means = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        vectors: Vectors = torch.nn.functional.normalize(means, dim=1).cpu().numpy()
        return vectors


class TransformerEncoder:
    """The pooled tokens of each text, scaled to length 1.

    As the model was trained: by the mean over all tokens (all-MiniLM-L6-v2; Reimers and Gurevych
    2019, Sentence-BERT, section 3), or by the first or last alone (see `pooling`). On a CPU it
    computes in float32, on a GPU in bfloat16.
    """

    def __init__(self, spec: str, *, device: str = "auto", max_length: int = 256) -> None:
        self.spec = spec
        self.device = device
        self.max_length = max_length

    @cached_property
    def folder(self) -> Path:
        """The model folder, found (or fetched) on first use."""
        return encoder_folder(self.spec)

    @cached_property
    def _identity(self) -> Mapping[str, str]:
        on_gpu = self.device != "cpu" and resolve_device(self.device).type == "cuda"
        return {
            **fingerprints(self.folder),
            "pooling": pooling_of(self.folder),
            "dtype": "bfloat16" if on_gpu else "float32",
            "max_length": str(self.max_length),
        }

    def identity(self) -> Mapping[str, str]:
        """Hashes of weights and tokenizer, pooling, number type and longest input."""
        return self._identity

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """As `Encoder.embed` says."""
        with memory_errors("Use a smaller encoder, or --device cpu."):
            return embed_contents(contents, lambda texts: self._embed(texts, progress))

    @cached_property
    def _loaded(self) -> Pooled:
        device = resolve_device(self.device)
        import torch

        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        return Pooled.load(self.folder, device, self.max_length, dtype)

    def _embed(self, texts: Sequence[str], progress: Progress) -> Vectors:
        if not texts:
            return np.zeros((0, _width(read_config(self.folder))), dtype=np.float32)
        return self._loaded.embed(texts, progress)


def _width(config: Mapping[str, Any]) -> int:
    return int(config.get("hidden_size") or config.get("dim") or config.get("d_model") or 0)
