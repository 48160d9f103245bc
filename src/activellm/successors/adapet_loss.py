"""ADAPET's two objectives on log-probabilities, and how texts are masked for the second.

Source: Tam et al. 2021, Improving and Simplifying Pattern Exploiting Training (ADAPET), sections
3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from activellm.errors import UsageError
from activellm.successors.cloze import Filled

_NEARLY_CERTAIN = -1e-6
"""A log-probability whose complement still has a logarithm in float32."""


@dataclass(frozen=True)
class Verbalizer:
    """The words that say each label, as tokens of a slot.

    Attributes:
        tokens: Shape (labels, tokens of the slot); filled up with zeros.
        counts: Which of them are words, the same shape.
    """

    tokens: torch.Tensor
    counts: torch.Tensor

    @classmethod
    def of(cls, names: Sequence[str], words: Sequence[list[int]], end: int) -> Verbalizer:
        """From each label's tokens.

        A label whose words begin another label's words gets an end mark, or nothing in the slot
        could speak against it.

        Args:
            names: What the labels are called, for messages.
            words: Each label's tokens.
            end: The end mark.

        Raises:
            UsageError: If a label has no tokens, or two have the same.
        """
        spoken = [list(row) for row in words]
        for number, row in enumerate(words):
            if not row or row in words[:number]:
                same = f", the same as for {names[words.index(row)]!r}" if row else ""
                raise UsageError(
                    f"The encoder reads no words of its own for the label {names[number]!r}{same}.",
                    where="--successor",
                    remedy="Say the labels in other words, by the setting words (a|b|c).",
                )
            if any(other[: len(row)] == row for other in words if len(other) > len(row)):
                spoken[number].append(end)
        slot = max(len(row) for row in spoken)
        tokens = torch.tensor([row + [0] * (slot - len(row)) for row in spoken])
        lengths = torch.tensor([len(row) for row in spoken])
        return cls(tokens, torch.arange(slot) < lengths[:, None])

    def row(self, label: int) -> list[int]:
        """One label's tokens."""
        tokens: list[int] = self.tokens[label][self.counts[label]].tolist()
        return tokens


def decoupled_loss(
    log_probabilities: torch.Tensor, goals: torch.Tensor, verbalizer: Verbalizer
) -> torch.Tensor:
    """Binary cross-entropy of every label's tokens, each against the whole vocabulary.

    The right label's tokens are to be probable, those of the wrong ones improbable; a wrong label's
    token that the right one has at the same place is left out. Summed over the labels; inside a
    label the mean, so that a long name weighs as much as a short one.

    Args:
        log_probabilities: Of each label's tokens at their places, shape (rows, labels, tokens).
        goals: The right label of each row, shape (rows,).
        verbalizer: The tokens.

    Returns:
        The loss of each row, shape (rows,).
    """
    tokens, counts = verbalizer.tokens, verbalizer.counts
    right = torch.zeros_like(log_probabilities, dtype=torch.bool)
    right[torch.arange(len(goals), device=goals.device), goals] = True
    shared = (tokens == tokens[goals][:, None]) & counts[goals][:, None]
    counted = counts & (right | ~shared)
    loss = torch.where(right, -log_probabilities, -_complement(log_probabilities)) * counted
    return (loss.sum(dim=2) / counted.sum(dim=2).clamp(min=1)).sum(dim=1)


def conditioned_loss(
    log_probabilities: torch.Tensor, masked: torch.Tensor, true: torch.Tensor
) -> torch.Tensor:
    """Binary cross-entropy of a text's own tokens, given a label that is true of it or not.

    Given a true label they are to be probable, given a wrong one improbable.

    Args:
        log_probabilities: Of the original tokens at masked places, shape (rows, places).
        masked: Which of the places count, the same shape.
        true: Whether the label in the slot is the right one, shape (rows,).

    Returns:
        Each row's mean over its places, 0 where there are none; shape (rows,).
    """
    loss = torch.where(true[:, None], -log_probabilities, -_complement(log_probabilities))
    return (loss * masked).sum(dim=1) / masked.sum(dim=1).clamp(min=1)


def choose_masks(filled: Filled, share: float, rng: np.random.Generator) -> list[int]:
    """Which of a text's tokens are masked: up to a share of them, and at least one if there are.

    Args:
        filled: The text in its pattern; only its own tokens are masked.
        share: The largest share; each text draws its own below it.
        rng: Decides.
    """
    if not filled.texts:
        return []
    count = max(1, int(rng.random() * share * len(filled.texts)))
    return sorted(rng.choice(filled.texts, size=count, replace=False).tolist())


def draw_label(goal: int, labels: int, rng: np.random.Generator) -> int:
    """The right label or, as often, one of the others, each as likely."""
    return goal if rng.random() < 0.5 else int(goal + 1 + rng.integers(labels - 1)) % labels


def _complement(log_probabilities: torch.Tensor) -> torch.Tensor:
    """log(1 - p) from log p."""
    return torch.log(-torch.expm1(log_probabilities.clamp(max=_NEARLY_CERTAIN)))
