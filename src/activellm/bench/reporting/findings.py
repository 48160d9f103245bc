"""What measurements say, by one metric: comparisons, curves, ranks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from activellm.bench.as_shown import by_llm, pooled
from activellm.bench.reporting.curves import CurveSet
from activellm.bench.reporting.learning import learning_curves
from activellm.bench.reporting.rankings import SettingRanking, rankings
from activellm.bench.summary import Comparison, compare, values_of

Row: TypeAlias = Mapping[str, Any]

METRICS = {
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "matthews": "Matthews' correlation",
}
"""What results can be read by, and what it is called."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What measurements say, by one metric.

    Attributes:
        metric: Which, a key of `METRICS`.
        comparisons: Every way beside random picking, in every setting.
        curves: Learning curves; empty where every setting has one number of labels.
        rankings: Of settings with enough ways and data sets.
    """

    metric: str
    comparisons: tuple[Comparison, ...]
    curves: tuple[CurveSet, ...]
    rankings: tuple[SettingRanking, ...]


def findings(scores: Iterable[Row], metric: str = "macro_f1", *, seed: int = 0) -> Findings:
    """What measurements say.

    Args:
        scores: Measurements, as in `Results`.
        metric: A key of `METRICS`.
        seed: Decides resamples.
    """
    rows = list(scores)
    compared = pooled(rows)
    return Findings(
        metric=metric,
        comparisons=tuple(compare(compared, metric, seed=seed)),
        curves=tuple(learning_curves(values_of(by_llm(rows), metric), seed=seed)),
        rankings=tuple(rankings(values_of(compared, metric))),
    )
