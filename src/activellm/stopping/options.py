"""What every criterion checks of its options."""

from __future__ import annotations

import math
from typing import Any

from activellm.errors import UsageError

WHERE = "--stopping"
"""Where people name criteria, for messages."""


def check_number(
    criterion: str,
    option: str,
    value: Any,
    *,
    low: float = 0.0,
    high: float = math.inf,
    whole: bool = False,
) -> float:
    """Return an option's value if it is a number in its range.

    Args:
        criterion: The criterion's name, for the message.
        option: The option's name, for the message.
        value: Unchecked.
        low: The least that is allowed.
        high: The most that is allowed.
        whole: Whether it must be a whole number.

    Raises:
        UsageError: If it is not.
    """
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and low <= value <= high):
        wanted = "a whole number" if whole else "a number"
        to = f"from {low:g}" + (f" to {high:g}" if math.isfinite(high) else " on")
        raise UsageError(
            f"{option} of the stopping criterion {criterion!r} must be {wanted} {to}, "
            f"not {value!r}.",
            where=WHERE,
        )
    return float(value)
