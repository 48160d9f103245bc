"""The training loop of a fine-tuned encoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from activellm.errors import ActiveLLMError, UsageError
from activellm.progress import Progress
from activellm.successors.compact import CompactEmbedding, compact
from activellm.successors.packing import can_pack, packed_logits
from activellm.successors.precision import NumberType, autocast, in_bfloat16

if TYPE_CHECKING:
    from activellm.encoders.tokens import Encoding, Tokenizer

MAX_NORM = 1.0
"""Gradients longer than this are shortened to it, as the transformers Trainer does."""

Rows = np.ndarray[Any, np.dtype[np.int64]]

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From a batch's logits (rows, labels) and its row numbers (rows,) to the mean loss."""


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults are the paper's: its repository, training code.

    Attributes:
        epochs: Times that every text is seen.
        batch_size: Texts a step.
        learning_rate: AdamW's highest; it falls linearly to 0 after the warm-up.
        weight_decay: AdamW's, on matrices only (no biases, no normalisation).
        warmup_steps: Steps of linear rise; never more than half of all.
    """

    epochs: int = 25
    batch_size: int = 8
    learning_rate: float = 5e-5
    weight_decay: float = 0.01
    warmup_steps: int = 5

    def __post_init__(self) -> None:
        numbers = (self.epochs, self.batch_size, self.learning_rate)
        if not all(math.isfinite(number) and number > 0 for number in numbers):
            raise UsageError("Epochs, batch size and learning rate must be above 0.")
        if not (0 <= self.weight_decay < math.inf and self.warmup_steps >= 0):
            raise UsageError("Weight decay and warm-up steps must not be below 0.")

    def rates(self, texts: int) -> list[float]:
        """The learning rate of every step."""
        steps = self.epochs * math.ceil(texts / self.batch_size)
        warm = min(self.warmup_steps, steps // 2)
        rise = [step / warm for step in range(warm)]
        fall = [(steps - step) / (steps - warm) for step in range(warm, steps)]
        return [self.learning_rate * share for share in rise + fall]


def train(
    model: Any,
    tokenizer: Tokenizer,
    encodings: Sequence[Encoding],
    loss: Loss,
    recipe: Recipe,
    rng: np.random.Generator,
    progress: Progress,
    numbers: NumberType,
) -> list[float]:
    """Fine-tune all weights of `model` in place, on its device.

    Args:
        model: A transformers sequence classifier.
        tokenizer: The one that made `encodings`.
        encodings: The texts.
        loss: What is to become small.
        recipe: Epochs, rates and so on.
        rng: Shuffles the texts; dropout takes torch's global generator, which the caller seeds.
        progress: Told after every step.
        numbers: What the matrix products are computed in.

    Returns:
        The loss of every step.

    Raises:
        ActiveLLMError: If the loss is no number any more.
    """

    def value_of(rows: Rows) -> torch.Tensor:
        with autocast(model, numbers):
            logits = _logits(model, tokenizer, [encodings[row] for row in rows])
        return loss(logits.float(), torch.from_numpy(rows).to(logits.device))

    small = compact(model, encodings, extra=[tokenizer.inner.pad_token_id or 0])
    tell = partial(progress, "Fine-tuning")
    losses = descend(model, len(encodings), value_of, recipe, rng, tell, numbers)
    decay_unused(model, small, recipe, len(encodings))
    return losses


def descend(
    model: Any,
    examples: int,
    value_of: Callable[[Rows], torch.Tensor],
    recipe: Recipe,
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
    numbers: NumberType,
) -> list[float]:
    """Make a loss small by AdamW, batch by batch; the model is in evaluation mode afterwards.

    Args:
        model: All of its weights that want gradients are trained.
        examples: How many there are.
        value_of: The loss of a batch, from its row numbers.
        recipe: Epochs, rates and so on.
        rng: Shuffles the examples.
        progress: Told after every step: steps done, and in all.
        numbers: What the encoder's matrix products are computed in, on a CPU.

    Returns:
        The loss of every step.

    Raises:
        ActiveLLMError: If the loss is no number any more.
    """
    optimizer = optimizer_for(model, recipe)
    rates: list[float] = recipe.rates(examples)
    losses: list[float] = []
    model.train()
    with in_bfloat16(model, numbers) as lowered:
        for rate, rows in zip(rates, batches(examples, recipe, rng), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate
            value = value_of(rows)
            losses.append(finite(value.item()))
            value.backward()  # type: ignore[no-untyped-call]
            _clip(optimizer)
            optimizer.step()
            optimizer.zero_grad()
            lowered.refresh()
            progress(len(losses), len(rates))
    model.eval()
    return losses


def decay_unused(model: Any, small: CompactEmbedding | None, recipe: Recipe, examples: int) -> None:
    """Give a model its whole word table back, the words that did not occur decayed as by AdamW."""
    if small is not None:
        decay = math.prod(1 - rate * recipe.weight_decay for rate in recipe.rates(examples))
        model.set_input_embeddings(small.restore(decay))


def batches(texts: int, recipe: Recipe, rng: np.random.Generator) -> Iterator[Rows]:
    """The row numbers of every step's batch, shuffled anew in every epoch."""
    for _ in range(recipe.epochs):
        order = rng.permutation(texts)
        for start in range(0, texts, recipe.batch_size):
            yield order[start : start + recipe.batch_size]


def _logits(model: Any, tokenizer: Tokenizer, encodings: Sequence[Encoding]) -> torch.Tensor:
    if can_pack(model):
        return packed_logits(model, encodings)
    batch = {name: t.to(model.device) for name, t in tokenizer.pad(encodings).items()}
    logits: torch.Tensor = model(**batch).logits
    return logits


def optimizer_for(model: Any, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW over all weights that are trained, in the form that is fastest on the device."""
    weights = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in weights if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in weights if p.ndim < 2], "weight_decay": 0.0},
    ]
    fused = model.device.type in ("cpu", "cuda")
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=fused)


def _clip(optimizer: torch.optim.AdamW) -> None:
    """Shorten the gradients; where AdamW is fused it does so itself, on its way through them."""
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    if not optimizer.defaults["fused"]:
        torch.nn.utils.clip_grad_norm_(weights, MAX_NORM)
        return
    gradients = [p.grad for p in weights if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    optimizer.grad_scale = ((norm + 1e-6) / MAX_NORM).clamp(min=1.0)  # type: ignore[attr-defined]


def finite(value: float) -> float:
    """The value of a loss.

    Raises:
        ActiveLLMError: If it is no number any more.
    """
    if not math.isfinite(value):
        raise ActiveLLMError(
            "Training broke down: the loss is not a number any more.",
            remedy="Lower the learning rate, or choose another encoder.",
        )
    return value
