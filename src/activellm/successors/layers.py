"""The layers of BERT's family on tokens without padding: the same numbers for less work.

Linear layers and normalisation see the batch's tokens one after another. After the last layer's
keys and values only each text's first token goes on, where a head is to read no other.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

from activellm.successors.layout import Layout
from activellm.successors.noise import Masks


def first_vectors(
    layers: Any, hidden: torch.Tensor, layout: Layout, masks: Masks | None
) -> torch.Tensor:
    """Each text's first token after all layers, in the layout's order, shape (texts, width).

    Args:
        layers: A transformers encoder's layers.
        hidden: What the first layer reads, shape (tokens, width).
        layout: Where the tokens stand.
        masks: Dropout's masks in training on a CPU; without them torch drops, if in training.
    """
    hidden = all_vectors(layers[:-1], hidden, layout, masks)
    return _layer(layers[-1], hidden, hidden[layout.starts], layout, masks)


def all_vectors(
    layers: Any, hidden: torch.Tensor, layout: Layout, masks: Masks | None
) -> torch.Tensor:
    """Every token after all layers, shape (tokens, width); else as `first_vectors`."""
    for layer in layers:
        hidden = _layer(layer, hidden, hidden, layout, masks)
    return hidden


def _layer(
    layer: Any, hidden: torch.Tensor, asking: torch.Tensor, layout: Layout, masks: Masks | None
) -> torch.Tensor:
    """One layer: all tokens are seen, `asking` (all of them, or the first of each text) see."""
    inner, outer = layer.attention.self, layer.attention.output
    seen = _attention(inner, hidden, asking, layout, masks)
    asking = _residual(outer, seen, asking, masks)
    return _residual(layer.output, layer.intermediate(asking), asking, masks)


def _residual(
    part: Any, inputs: torch.Tensor, residual: torch.Tensor, masks: Masks | None
) -> torch.Tensor:
    """A linear layer with dropout, added to what it started from and normalised."""
    found = part.dense(inputs)
    mask = masks.draw(found.shape, part.dropout.p) if masks else None
    if mask is None:
        dropped = found if masks else part.dropout(found)
        return part.LayerNorm(residual + dropped)  # type: ignore[no-any-return]
    return part.LayerNorm(torch.addcmul(residual, found, mask))  # type: ignore[no-any-return]


def _attention(
    inner: Any, hidden: torch.Tensor, asking: torch.Tensor, layout: Layout, masks: Masks | None
) -> torch.Tensor:
    """What each asking token sees of its text, shape (asking tokens, width)."""
    heads, all_ask = inner.num_attention_heads, asking is hidden
    share = inner.dropout.p if inner.training else 0.0

    def spread(tokens: torch.Tensor) -> torch.Tensor:
        return _spread(_by_head(tokens, heads), layout.spread, layout.back)

    query = inner.query(asking)
    query = spread(query) if all_ask else _by_head(query, heads)
    queries = _grouped(query, layout, heads, first_only=not all_ask)
    keys, values = (
        _grouped(spread(part(hidden)), layout, heads) for part in (inner.key, inner.value)
    )
    found = [
        _see(query, key, value, group.unseen, share, masks).flatten(0, 2)
        for query, key, value, group in zip(queries, keys, values, layout.groups, strict=True)
    ]
    seen = found[0] if len(found) == 1 else torch.cat(found)
    seen = _gather(seen, layout.back) if all_ask else seen
    return seen.view(len(asking), -1)


def _by_head(tokens: torch.Tensor, heads: int) -> torch.Tensor:
    return tokens.view(-1, tokens.shape[1] // heads)


def _grouped(
    places: torch.Tensor, layout: Layout, heads: int, first_only: bool = False
) -> list[torch.Tensor]:
    """For each group a view of shape (texts, heads, length, width of a head)."""
    shapes = [
        (group.texts.stop - group.texts.start, heads, 1 if first_only else group.length)
        for group in layout.groups
    ]
    pieces = torch.split(places, [math.prod(shape) for shape in shapes])
    return [piece.view(*shape, -1) for piece, shape in zip(pieces, shapes, strict=True)]


def _see(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    unseen: torch.Tensor | None,
    share: float,
    masks: Masks | None,
) -> torch.Tensor:
    """Scaled dot-product attention; step by step where the dropout is ours."""
    mask = masks.draw((*query.shape[:3], key.shape[2]), share) if masks else None
    if mask is None:
        attention = functional.scaled_dot_product_attention
        return attention(query, key, value, attn_mask=unseen, dropout_p=0.0 if masks else share)
    scores = torch.matmul(query * (1 / math.sqrt(query.shape[-1])), key.transpose(2, 3))
    chances = (scores if unseen is None else scores + unseen).softmax(-1)
    return torch.matmul(chances * mask, value)


def _spread(tokens: torch.Tensor, spread: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
    return _Spread.apply(tokens, spread, back)  # type: ignore[no-untyped-call,no-any-return]


def _gather(places: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
    return _Gather.apply(places, back)  # type: ignore[no-untyped-call,no-any-return]


class _Spread(torch.autograd.Function):
    """From tokens to the places of the groups. Padding repeats a token; it gets no gradient."""

    @staticmethod
    def forward(
        ctx: Any, tokens: torch.Tensor, spread: torch.Tensor, back: torch.Tensor
    ) -> torch.Tensor:
        ctx.back = back
        return tokens.index_select(0, spread)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return gradients[0].index_select(0, ctx.back), None, None


class _Gather(torch.autograd.Function):
    """From the places of the groups back to the tokens."""

    @staticmethod
    def forward(ctx: Any, places: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
        ctx.back, ctx.places = back, len(places)
        return places.index_select(0, back)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        empty = gradients[0].new_zeros((ctx.places, gradients[0].shape[1]))
        return empty.index_copy_(0, ctx.back, gradients[0]), None
