"""A share of so many cases, with its interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

_Z = NormalDist().inv_cdf(0.975)


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


def wilson(share: float, n: int) -> tuple[float, float]:
    """The ends of the 95 % score interval of a share of n cases; never of zero width.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (Journal of
    the American Statistical Association 22, 1927).
    """
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * (share * (1 - share) / n + _Z**2 / (4 * n**2)) ** 0.5 / (1 + _Z**2 / n)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
