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


def texts_needed(texts: int, units: int, hidden: float, worth: float, shared: float) -> int:
    """How many labelled texts it takes at least, with `MOST_DRAWS` draws of them.

    More texts make larger tests and draws that share less; both spread falls with their number.
    What is luck of a draw does not, so this is a lower bound, to two digits.

    Args:
        texts: How many are labelled.
        units, hidden, worth, shared: As for `units_needed`.
    """
    stays = shared / (1 - shared)
    left = hidden**2 * (1 / MOST_DRAWS + stays) / (1 / units + stays)
    wanted = texts * max(1.0, left / worth**2)
    digit = int(10 ** max(0, math.floor(math.log10(wanted)) - 1))
    return math.ceil(wanted / digit) * digit
