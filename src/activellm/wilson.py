"""Wilson's score interval of a share, for whoever counts cases."""

from __future__ import annotations

from statistics import NormalDist


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """The ends of the interval; it holds the share and never has zero width.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (Journal of
    the American Statistical Association 22, 1927).

    Args:
        share: From 0 to 1; it may be a mean of shares over repeats on the same cases.
        n: Of how many cases, at least 1; an effective number need not be whole.
        level: How often the interval should hold the true share.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z / scale * (share * (1 - share) / n + (z / (2 * n)) ** 2) ** 0.5
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))
