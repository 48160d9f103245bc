"""The training loop of the successors that count steps instead of epochs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from activellm.errors import UsageError
from activellm.progress import Progress
from activellm.successors.training import MAX_NORM, finite

Rows: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        steps: Batches in all; the texts are gone through again and again.
        batch_size: Texts a step.
        learning_rate: AdamW's highest; it falls linearly to 0 after the warm-up.
        weight_decay: AdamW's, on matrices only (no biases, no normalisation).
        warmup: Share of the steps in which the learning rate rises, from 0 to below 1.
    """

    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: float

    def __post_init__(self) -> None:
        numbers = (self.steps, self.batch_size, self.learning_rate)
        if not all(math.isfinite(number) and number > 0 for number in numbers):
            raise UsageError("Steps, batch size and learning rate must be above 0.")
        if int(self.steps) != self.steps or int(self.batch_size) != self.batch_size:
            raise UsageError("Steps and batch size must be whole numbers.")
        if not (0 <= self.weight_decay < math.inf and 0 <= self.warmup < 1):
            raise UsageError("Weight decay must not be below 0, and warm-up from 0 to below 1.")

    def shares(self) -> list[float]:
        """The share of the highest learning rate at every step."""
        warm = int(self.steps * self.warmup)
        rise = [step / warm for step in range(warm)]
        fall = [(self.steps - step) / (self.steps - warm) for step in range(warm, self.steps)]
        return rise + fall

    def batches(self, texts: int, rng: np.random.Generator) -> Iterator[Rows]:
        """The texts of every step: a new order each time that all have been seen."""
        left = self.steps
        while left:
            order = rng.permutation(texts)
            for start in range(0, min(texts, left * self.batch_size), self.batch_size):
                yield order[start : start + self.batch_size]
                left -= 1


def parameters(model: Any, schedule: Schedule) -> list[dict[str, Any]]:
    """A model's trainable weights as AdamW's groups: those that decay, and those that do not."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    rate, decay = schedule.learning_rate, schedule.weight_decay
    return [
        {"params": [w for w in weights if w.ndim >= 2], "lr": rate, "weight_decay": decay},
        {"params": [w for w in weights if w.ndim < 2], "lr": rate, "weight_decay": 0.0},
    ]


def train_steps(
    model: Any,
    groups: list[dict[str, Any]],
    loss: Callable[[Rows], torch.Tensor],
    schedule: Schedule,
    texts: int,
    rng: np.random.Generator,
    progress: Progress,
) -> list[float]:
    """Train in place, on the model's device (on a GPU in bfloat16).

    Args:
        model: What computes the loss; in training mode while it is trained.
        groups: AdamW's groups, each with its highest learning rate.
        loss: The mean loss of some of the texts.
        schedule: Steps, rates and so on.
        texts: How many there are.
        rng: Shuffles them; dropout takes torch's global generator, which the caller seeds.
        progress: Told after every step.

    Returns:
        The loss of every step.

    Raises:
        ActiveLLMError: If the loss is no number any more.
    """
    kind = model.device.type
    optimizer = torch.optim.AdamW(groups, fused=kind in ("cpu", "cuda"))
    highest = [group["lr"] for group in optimizer.param_groups]
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    shares, losses = schedule.shares(), []
    model.train()
    for share, rows in zip(shares, schedule.batches(texts, rng), strict=True):
        for group, rate in zip(optimizer.param_groups, highest, strict=True):
            group["lr"] = rate * share
        with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda"):
            value = loss(rows)
        losses.append(finite(value.item()))
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, MAX_NORM)
        optimizer.step()
        optimizer.zero_grad()
        progress("Fine-tuning", len(losses), len(shares))
    model.eval()
    return losses
