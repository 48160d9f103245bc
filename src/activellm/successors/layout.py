"""Where a batch's tokens stand: one after another without padding, and in groups for attention.

All but the attention works on single tokens, so it needs no padding. For the attention, texts of
like length form a group, padded to the longest of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch

_A_GROUP_COSTS = 1000
"""What a group costs for itself, in cells of the attention (one token sees one token): measured."""


@dataclass(frozen=True)
class Group:
    """Texts of like length.

    Attributes:
        texts: Which of the layout's texts: a stretch of them.
        length: Tokens of the longest.
        unseen: What is added to the attention on padding: shape (texts, 1, 1, length), 0 or
            minus infinity; None if there is no padding.
    """

    texts: slice
    length: int
    unseen: torch.Tensor | None


@dataclass(frozen=True)
class Layout:
    """A batch of texts, sorted by length.

    Attributes:
        order: The batch's texts in the order in which they stand here.
        starts: Each text's first token among all tokens.
        groups: All texts, in order.
        spread: For each place of the groups (text, head, position), in order, the number of a
            token's head; padding takes any. Shape (places,).
        back: For each token's head its place; shape (tokens * heads,).
    """

    order: npt.NDArray[np.int64]
    starts: torch.Tensor
    groups: tuple[Group, ...]
    spread: torch.Tensor
    back: torch.Tensor

    @classmethod
    def of(cls, lengths: Sequence[int], heads: int, device: torch.device) -> Layout:
        """The layout of texts with these numbers of tokens, for attention with so many heads."""
        order = np.argsort(lengths, kind="stable")
        counts = np.asarray(lengths)[order]
        starts = np.cumsum(counts) - counts
        groups, spread, back = [], [], []
        places = 0
        for texts in divide(counts.tolist()):
            number, length = texts.stop - texts.start, int(counts[texts.stop - 1])
            within = np.arange(length)
            real = within < counts[texts, None]
            tokens = np.where(real, starts[texts, None] + within, 0)
            spread.append((tokens[:, None, :] * heads + np.arange(heads)[:, None]).ravel())
            place = places + np.arange(number * heads * length).reshape(number, heads, length)
            back.append(place.transpose(0, 2, 1)[real].ravel())
            unseen = None
            if not real.all():
                hidden = np.where(real, np.float32(0), np.float32(-np.inf))
                unseen = torch.from_numpy(hidden[:, None, None]).to(device)
            groups.append(Group(texts, length, unseen))
            places += number * heads * length
        return cls(
            order=order,
            starts=torch.from_numpy(starts).to(device),
            groups=tuple(groups),
            spread=torch.from_numpy(np.concatenate(spread)).to(device),
            back=torch.from_numpy(np.concatenate(back)).to(device),
        )


def divide(lengths: Sequence[int]) -> list[slice]:
    """Cut texts, sorted by length, into the groups that cost least.

    A group costs a fixed price and its cells: texts times the square of the longest.

    Args:
        lengths: Tokens of each text, rising.
    """
    ends = [at for at in range(1, len(lengths)) if lengths[at - 1] != lengths[at]]
    best = {0: (0, 0)}  # the least cost of the texts before each cut, and the cut before it
    for stop in (*ends, len(lengths)):
        square = lengths[stop - 1] ** 2
        best[stop] = min(
            (before + (stop - start) * square + _A_GROUP_COSTS, start)
            for start, (before, _) in best.items()
        )
    cuts = [len(lengths)]
    while cuts[-1] > 0:
        cuts.append(best[cuts[-1]][1])
    return [slice(start, stop) for stop, start in pairwise(cuts)][::-1]
