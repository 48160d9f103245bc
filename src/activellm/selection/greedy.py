"""One pick after the other: the highest score, equals in an order that the seed decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.selection.blocks import Rows


class Chooser:
    """Gives the row of the highest score again and again, each row once.

    Args:
        rows: How many there are.
        rng: Decides, once, the order of equals.

    Attributes:
        tied: The rows of the last pick's score, itself included, if there were several: the seed
            decided among these. Else empty.
    """

    def __init__(self, rows: int, rng: np.random.Generator) -> None:
        self._place = rng.permutation(rows)
        self._free = np.ones(rows, dtype=np.bool_)
        self.tied: Rows = np.empty(0, dtype=np.int64)

    def pick(self, scores: npt.NDArray[Any]) -> int:
        """The row of the highest score that was not given before.

        Args:
            scores: Shape (rows,). What should be equal is equal in them: they are rounded.
        """
        free = np.flatnonzero(self._free)
        left = scores[free]
        equal = free[left == left.max()]
        row = int(equal[self._place[equal].argmin()])
        self._free[row] = False
        self.tied = equal if len(equal) > 1 else equal[:0]
        return row
