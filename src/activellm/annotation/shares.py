"""A share of so many cases, with its interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from activellm.wilson import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """How many of n.

    Attributes:
        share: From 0 to 1.
        low, high: 95 % interval (Wilson 1927).
        n: Of how many.
    """

    share: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, Any]:
        """For the dashboard and the report."""
        return asdict(self)


def share_of(hits: int, n: int) -> Share | None:
    """The share of hits; None of nothing."""
    if not n:
        return None
    low, high = wilson(hits / n, n)
    return Share(hits / n, low, high, n)
