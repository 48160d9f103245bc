"""PERFECT's training objective and its prediction by prototypes, on the states of mask tokens.

Source: Karimi Mahabadi et al. 2022, PERFECT, sections 3.2 to 3.4.

Classes stand in groups, of which a text has one class each: a single-label task is one group of
its labels; a multi-label task is a group of "no" and "yes" for each label.
"""

from __future__ import annotations

import torch
from torch import nn


def hinge_loss(states: torch.Tensor, embeddings: torch.Tensor, goals: torch.Tensor) -> torch.Tensor:
    """Multi-class hinge loss with margin 1, the mean over mask tokens, classes and groups.

    Args:
        states: Of each text's mask tokens, shape (texts, masks, width).
        embeddings: Of each class, one a mask token: shape (groups, classes, masks, width).
        goals: The right class of each group, shape (texts, groups).

    Returns:
        Each text's loss, shape (texts,).
    """
    scores = _products(states, embeddings)
    own = goals[:, :, None, None].expand(-1, -1, 1, scores.shape[3])
    margins = (1 - scores.gather(2, own) + scores).clamp(min=0).scatter(2, own, 0.0)
    return margins.mean(dim=(1, 2, 3))


def prototypes(
    states: torch.Tensor, goals: torch.Tensor, weights: torch.Tensor, classes: int
) -> torch.Tensor:
    """Each class's mean state at each mask token over the texts that have it.

    Args:
        states: Shape (texts, masks, width).
        goals: Shape (texts, groups).
        weights: How much each text counts, shape (texts,).
        classes: In each group; each has a text.

    Returns:
        Shape (groups, classes, masks, width).
    """
    own = nn.functional.one_hot(goals, classes) * weights[:, None, None]
    sums = torch.einsum("tgc,tmw->gcmw", own.to(states.dtype), states)
    return sums / own.sum(dim=0)[:, :, None, None]


def similarity(states: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """Less the squared distance to each class's prototype, at the mask token that is nearest to it.

    States and prototypes are scaled to length 1 first, so it is from -4 to 0; its exponential is
    the paper's score.

    Args:
        states: Shape (texts, masks, width).
        centres: As `prototypes` gives them.

    Returns:
        Shape (texts, groups, classes).
    """
    states, centres = (nn.functional.normalize(x.float(), dim=-1) for x in (states, centres))
    return (2 * _products(states, centres) - 2).amax(dim=3)


def _products(states: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Of each text's and each class's vectors at the same mask token, never in bfloat16."""
    with torch.autocast(states.device.type, enabled=False):
        return torch.einsum("tmw,gcmw->tgcm", states.to(classes.dtype), classes)
