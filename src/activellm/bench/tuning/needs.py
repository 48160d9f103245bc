"""How much more evidence would show a difference worth having."""

from __future__ import annotations

import math

MOST_DRAWS = 100
"""More draws of the same labelled texts are hardly worth their time."""


def units_needed(units: int, hidden: float, worth: float, shared: float = 0.0) -> int | None:
    """How many units bring what the spread hides down to what is worth having.

    Args:
        units: How many there were.
        hidden: The points that their spread hides.
        worth: The points that it is to hide at most.
        shared: The units' correlation; it stays, whatever their number.

    Returns:
        None where no number of them does.
    """
    stays = shared / (1 - shared)
    left = (1 / units + stays) * (worth / hidden) ** 2 - stays
    return math.ceil(1 / left - 1e-9) if left > 0 else None


def texts_needed(texts: int, units: int, hidden: float, worth: float, shared: float) -> int | None:
    """How many labelled texts do, with `MOST_DRAWS` draws of them.

    The correlation of draws falls as the texts become more, since two draws share fewer.

    Args:
        texts: How many are labelled.
        units, hidden, worth, shared: As for `units_needed`.

    Returns:
        None where the draws' own spread is too much.
    """
    left = (1 / units + shared / (1 - shared)) * (worth / hidden) ** 2 - 1 / MOST_DRAWS
    return max(texts, math.ceil(texts * shared * (1 + left) / left)) if left > 0 else None
