"""What a trained classifier computes, as one torch module that can be written as ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from activellm.encoders.pooling import counted
from activellm.encoders.tokens import Tokenizer
from activellm.encoders.transformer import Pooled
from activellm.successors.packing import can_pack, only_tokens
from activellm.successors.regression import Regression


@dataclass(frozen=True)
class Graph:
    """A module from token numbers to logits, and how texts become its input.

    Attributes:
        module: Takes the inputs in the order of `inputs`; gives logits, shape (contents, labels).
        tokenizer: Makes the inputs.
        inputs: Their names.
        apart: Whether the texts of a pair are rows of their own: row 2k is the first text of pair
            k, row 2k + 1 its second.
    """

    module: nn.Module
    tokenizer: Tokenizer
    inputs: tuple[str, ...]
    apart: bool = False


@runtime_checkable
class HasGraph(Protocol):
    """A successor that one graph can stand for."""

    def graph(self) -> Graph:
        """The trained classifier on the CPU, in float32."""
        ...


def classifier_graph(model: Any, tokenizer: Tokenizer) -> Graph:
    """A sequence classifier as it is, with less to compute where only one token is read."""
    return Graph(_Classifier(model, names := _inputs(tokenizer)).eval(), tokenizer, names)


def regression_graph(folder: Path, max_length: int, regression: Regression, pair: bool) -> Graph:
    """An encoder, its pooling, and a regression on its vectors: one graph.

    Args:
        folder: The encoder's.
        max_length: Most tokens that it reads.
        regression: On its vectors.
        pair: Whether it is about pairs.
    """
    pooled = Pooled.load(folder, torch.device("cpu"), max_length, torch.float32)
    return pooled_graph(pooled, regression, pair)


def pooled_graph(pooled: Pooled, regression: Regression, pair: bool) -> Graph:
    """The same of an encoder that is in memory, on the CPU and in float32."""
    names = _inputs(pooled.tokenizer)
    module = _Regression(pooled, names, regression, pair).eval()
    return Graph(module, pooled.tokenizer, names, apart=pair)


class _Classifier(nn.Module):
    def __init__(self, model: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        first = only_tokens(self.model, slice(None), 0) if can_pack(self.model) else nullcontext()
        with first:
            logits: torch.Tensor = self.model(**dict(zip(self.names, inputs, strict=True))).logits
        return logits


class _Regression(nn.Module):
    """As `encoders.transformer` pools and `encoders.pairs` combines; the parity check compares."""

    def __init__(
        self, pooled: Pooled, names: Sequence[str], regression: Regression, pair: bool
    ) -> None:
        super().__init__()
        self.encoder, self.pooling = pooled.model, pooled.pooling
        self.names, self.pair = names, pair
        self.layer = nn.Linear(regression.weights.shape[1], len(regression.bias))
        with torch.no_grad():
            self.layer.weight.copy_(torch.from_numpy(regression.weights))
            self.layer.bias.copy_(torch.from_numpy(regression.bias))

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        batch = dict(zip(self.names, inputs, strict=True))
        hidden = self.encoder(**batch).last_hidden_state
        mask = counted(batch["attention_mask"], self.pooling).unsqueeze(-1)
        means = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        vectors = nn.functional.normalize(means, dim=1)
        if self.pair:
            first, second = vectors[0::2], vectors[1::2]
            vectors = torch.cat([first, second, (first - second).abs()], dim=1)
            vectors = nn.functional.normalize(vectors, dim=1)
        logits: torch.Tensor = self.layer(vectors)
        return logits


def _inputs(tokenizer: Tokenizer) -> tuple[str, ...]:
    """The names of what `Tokenizer.batches` gives for this tokenizer."""
    return tuple(tokenizer.pad(tokenizer.encode(["a"])))
