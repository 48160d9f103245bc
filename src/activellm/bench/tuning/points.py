"""What tables and pictures show of a setting."""

from __future__ import annotations

from dataclasses import dataclass

from activellm.bench.tuning.values import Choice


@dataclass(frozen=True, slots=True)
class Line:
    """One setting at one number of labels.

    Attributes:
        choice: The setting.
        labels: How many labels.
        value, value_low, value_high: Macro-F1 in per cent, with its interval.
        difference, low, high: Against the default, in points; the intervals of all settings at
            this number of labels hold together.
    """

    choice: Choice
    labels: int
    value: float
    value_low: float
    value_high: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Point:
    """Macro-F1 at a number of labels, in per cent, with its interval."""

    labels: int
    value: float
    low: float
    high: float
