"""Monte-Carlo dropout: several answers of one fine-tuned classifier, to see how sure it is.

Source: Gal and Ghahramani 2016, Dropout as a Bayesian approximation, section 3; with the masks
shared by all texts of a pass, as Kirsch, van Amersfoort and Gal 2019, BatchBALD, need it to see
which texts' answers move together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import nn

from activellm.errors import UsageError
from activellm.seeding import generator

Batch: TypeAlias = dict[str, torch.Tensor]
"""A model's inputs on its device, each of shape (texts, longest of them)."""


def check_dropout(model: Any) -> None:
    """Refuse a model whose passes would all be the same.

    Raises:
        UsageError: If no layer drops anything.
    """
    if not _dropouts(model):
        raise UsageError(
            "This encoder has no dropout, so its classifier cannot say how sure it is.",
            where="--encoder",
            remedy="Use another encoder, --successor linear, or the strategy entropy.",
        )


def sampled_logits(
    model: Any, batch: Batch, passes: int, *, seed: int, positions: int, tokens: int
) -> torch.Tensor:
    """A batch's logits by several passes, each with its own dropout masks.

    A pass has one mask a dropout layer: for each position of a text and each unit, the same for
    all texts. So each text sees the noise of ordinary dropout, and its answer depends on the pass
    only, not on the texts that share its batch. Attention weights are not dropped: most models
    compute their attention in one piece. The model's mode and weights are not touched, nor is a
    global random generator.

    Args:
        model: A classifier in evaluation mode.
        batch: Its inputs, texts padded on the right.
        passes: How many.
        seed: Decides the masks.
        positions: The longest that a text can be, in tokens.
        tokens: Most tokens computed at once; passes share a forward where they fit.

    Returns:
        Shape (passes, texts, labels).
    """
    texts, longest = batch["input_ids"].shape
    together = max(1, tokens // (texts * longest))
    parts = []
    for first in range(0, passes, together):
        numbers = range(first, min(first + together, passes))
        tiled = {name: tensor.repeat(len(numbers), 1) for name, tensor in batch.items()}
        streams = [_stream(seed, number, model.device) for number in numbers]
        with _dropping(model, streams, positions):
            logits: torch.Tensor = model(**tiled).logits
        parts.append(logits.view(len(numbers), texts, -1))
    return torch.cat(parts)


@contextmanager
def _dropping(model: Any, streams: Sequence[torch.Generator], positions: int) -> Iterator[None]:
    """Within it, the model's rows are as many groups as there are streams, each with its masks."""

    def drop(layer: nn.Dropout, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        if output.ndim > 3:
            return output
        masks = torch.stack([_mask(layer.p, output, stream, positions) for stream in streams])
        groups = output.view(len(streams), -1, *output.shape[1:])
        return (groups * masks).view_as(output)

    hooks = [layer.register_forward_hook(drop) for layer in _dropouts(model)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _mask(
    share: float, output: torch.Tensor, stream: torch.Generator, positions: int
) -> torch.Tensor:
    """Zero for a share of the units, else what keeps the mean: shape (1, [length,] width).

    It is drawn for all positions, so that the next layer's mask does not depend on the length.
    """
    shape = (1, *((positions,) if output.ndim == 3 else ()), output.shape[-1])
    kept = torch.empty(shape, dtype=output.dtype, device=output.device)
    kept.bernoulli_(1 - share, generator=stream).div_(1 - share)
    return kept[:, : output.shape[1]] if output.ndim == 3 else kept


def _stream(seed: int, number: int, device: torch.device) -> torch.Generator:
    start = int(generator(seed, "dropout", number).integers(2**62))
    return torch.Generator(device).manual_seed(start)


def _dropouts(model: Any) -> list[nn.Dropout]:
    return [layer for layer in model.modules() if isinstance(layer, nn.Dropout) and 0 < layer.p < 1]
