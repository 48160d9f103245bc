"""Adapters: small layers in a frozen encoder, which alone are trained with its normalisations.

Source: Houlsby et al. 2019, Parameter-efficient transfer learning for NLP, section 2.1; placed and
trained as Karimi Mahabadi et al. 2022, PERFECT, section 3.1: one behind the feed-forward part of
each layer, before its residual connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from activellm.errors import UsageError


class Adapter(nn.Module):
    """A bottleneck with a residual connection around it, at first close to doing nothing.

    Args:
        width: The encoder's hidden width.
        inner: The bottleneck's width.
    """

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(width, inner), nn.Linear(inner, width)
        for layer in (self.down, self.up):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """The same shape."""
        small = nn.functional.gelu(self.down(hidden), approximate="tanh")
        changed: torch.Tensor = hidden + self.up(small)
        return changed


def add_adapters(model: Any, reduction: int) -> None:
    """Put an adapter into each layer of an encoder, and freeze all else but normalisations.

    Args:
        model: A transformers model; its layers are changed in place.
        reduction: The hidden width is this many times the bottleneck's.

    Raises:
        UsageError: If the architecture is not known here.
    """
    model.requires_grad_(False)
    width = model.config.hidden_size
    places = list(_feed_forwards(model.base_model))
    if not places:
        raise UsageError(
            f"It is not known where {type(model).__name__} takes adapters.",
            where="--encoder",
            remedy="Use an encoder of the kind of BERT, RoBERTa, DistilBERT or ModernBERT.",
        )
    for holder, name in places:
        adapter = Adapter(width, max(1, width // reduction)).to(model.device)
        setattr(holder, name, nn.Sequential(getattr(holder, name), adapter))
    for module in model.base_model.modules():
        if isinstance(module, nn.LayerNorm):
            module.requires_grad_(True)


def trained_weights(model: Any) -> dict[str, torch.Tensor]:
    """The weights that `add_adapters` left to be trained, by name."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def _feed_forwards(encoder: Any) -> Iterator[tuple[nn.Module, str]]:
    """The last part of each layer's feed-forward network: the module that holds it, and its name.

    BERT's kind ends in `output.dropout`, DistilBERT's in `ffn`, ModernBERT's in `mlp`.
    """
    for layer in list(encoder.modules()):
        if hasattr(layer, "intermediate") and hasattr(getattr(layer, "output", None), "dropout"):
            yield layer.output, "dropout"
        elif hasattr(layer, "ffn") and hasattr(layer, "output_layer_norm"):
            yield layer, "ffn"
        elif hasattr(layer, "mlp") and hasattr(layer, "mlp_norm"):
            yield layer, "mlp"
