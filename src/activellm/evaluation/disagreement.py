"""Where an ensemble's members differ: how often, and what their agreement is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.evaluation.intervals import Estimate, wilson
from activellm.evaluation.measure import Texts

_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What an ensemble's members say of texts whose labels are known.

    Attributes:
        texts: Which texts.
        size: How many.
        differ: Share of the texts on which at least one member votes otherwise.
        agreed: Share of right answers where all members agree; None if they never do.
        differed: The same where at least one votes otherwise; None if none ever does.
        spread: Texts by the share of members that vote otherwise, in tenths: [0, 0.1), ...
    """

    texts: Texts
    size: int
    differ: Estimate
    agreed: Estimate | None
    differed: Estimate | None
    spread: tuple[int, ...]


def look_at_disagreement(
    disagreement: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], texts: Texts
) -> Disagreement:
    """Count where members differ and how right the ensemble is there.

    Args:
        disagreement: Share of members that vote otherwise, shape (texts,), at least one text.
        right: Whether the ensemble's answer is right.
        texts: Which texts they are.
    """
    differ = disagreement > 0
    tenths = np.minimum((disagreement * _TENTHS + 1e-6).astype(int), _TENTHS - 1)
    return Disagreement(
        texts=texts,
        size=len(differ),
        differ=wilson(float(differ.mean()), len(differ)),
        agreed=_share(right[~differ]),
        differed=_share(right[differ]),
        spread=tuple(np.bincount(tenths, minlength=_TENTHS).tolist()),
    )


def _share(right: npt.NDArray[np.bool_]) -> Estimate | None:
    return wilson(float(right.mean()), len(right)) if len(right) else None
