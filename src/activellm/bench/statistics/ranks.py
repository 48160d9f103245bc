"""Several methods on several data sets: mean ranks, and which of them cannot be told apart.

Source: Demsar 2006, Statistical comparisons of classifiers over multiple data sets, JMLR 7,
sections 3.2.2 (Friedman's test, Nemenyi's critical difference).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Methods in the order of their mean rank; 1 is the best.

    Attributes:
        ranks: Method -> mean rank over data sets, the best first.
        p: Friedman's test that all are alike.
        critical: Two methods whose mean ranks differ by less cannot be told apart (5 %, Nemenyi,
            all pairs at once).
        groups: Largest sets of methods that cannot be told apart, each in rank order.
        data_sets: On how many all of them were run.
    """

    ranks: Mapping[str, float]
    p: float
    critical: float
    groups: tuple[tuple[str, ...], ...]
    data_sets: int


def rank_methods(scores: Mapping[str, Mapping[str, float]], *, alpha: float = 0.05) -> Ranking:
    """Rank methods by scores of which higher is better, on the data sets that all have.

    Args:
        scores: Method -> data set -> mean score.
        alpha: The risk of telling any two apart that are alike.

    Raises:
        UsageError: For fewer than 3 methods, or fewer than 2 data sets in common.
    """
    from scipy.stats import friedmanchisquare, rankdata, studentized_range

    methods = list(scores)
    shared = [
        n for n in next(iter(scores.values()), {}) if all(n in own for own in scores.values())
    ]
    if len(methods) < 3 or len(shared) < 2:
        raise UsageError(
            f"A ranking needs 3 methods and 2 data sets that all were run on, not {len(methods)} "
            f"and {len(shared)}."
        )
    table = np.array([[scores[method][name] for name in shared] for method in methods])
    means = rankdata(-table, axis=0).mean(axis=1)
    order = np.argsort(means, kind="stable")
    k = len(methods)
    quantile = float(studentized_range.ppf(1 - alpha, k, np.inf)) / np.sqrt(2)
    critical = quantile * np.sqrt(k * (k + 1) / (6 * len(shared)))
    same = bool((table == table[:1]).all())
    return Ranking(
        ranks={methods[place]: float(means[place]) for place in order},
        p=1.0 if same else float(friedmanchisquare(*table).pvalue),
        critical=float(critical),
        groups=_groups([methods[place] for place in order], means[order], float(critical)),
        data_sets=len(shared),
    )


def _groups(methods: list[str], means: Floats, critical: float) -> tuple[tuple[str, ...], ...]:
    """From each method on those within the critical difference, where no earlier set holds them."""
    found: list[tuple[str, ...]] = []
    last = 0
    for first in range(len(methods)):
        end = first + int((means[first:] - means[first] < critical).sum())
        if end - first > 1 and end > last:
            found.append(tuple(methods[first:end]))
            last = end
    return tuple(found)
