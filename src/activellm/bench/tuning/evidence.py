"""What one source of evidence says of the settings: the user's labelled part, or data like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from activellm.bench.tuning.choosing import Promise, best, held_out, interval, promise
from activellm.bench.tuning.points import Line, Point
from activellm.bench.tuning.values import Beside, Choice, Floats, Values
from activellm.seeding import generator

WORTH = 2.0
"""Points of macro-F1: where the spread hides more than this, the evidence is called thin."""

FEWEST_UNITS = 4
"""Two halves of two."""

COMMON = 0.02
"""The correlation of two draws that use the same texts, as far as it was measured (docs/design)."""


@dataclass(frozen=True)
class Evidence:
    """What was found.

    Attributes:
        of: "draws" of the user's labelled part, or "data sets" like theirs.
        labels: At how many labels the settings were compared.
        base: The default that the others must beat.
        chosen: The best of all by their means; may be the default.
        promise: What choosing gives where it was not chosen by.
        lines: Every setting at every number of labels, the best first.
        curve: What the advised setting reaches; where it is not the default, on units that did not
            choose it.
        base_curve: What the default reaches.
        units: Draws or data sets.
        shared: Their correlation that intervals were widened for.
    """

    of: Literal["draws", "data sets"]
    labels: int
    base: Choice
    chosen: Choice
    promise: Promise
    lines: tuple[Line, ...]
    curve: tuple[Point, ...]
    base_curve: tuple[Point, ...]
    units: int
    shared: float

    @property
    def advised(self) -> Choice:
        """The chosen one where its gain is sure, else the default."""
        return self.chosen if self.changed else self.base

    @property
    def changed(self) -> bool:
        """Whether another setting than the default is advised."""
        return self.chosen != self.base and self.promise.sure

    @property
    def hidden(self) -> float:
        """Differences of fewer points than this are hidden by the spread of a typical setting."""
        widths = [(one.high - one.low) / 2 for one in self._rivals]
        return float(np.median(widths)) if widths else 0.0

    @property
    def thin(self) -> bool:
        """Whether a difference worth having could not have been seen."""
        return not self.changed and self.hidden > WORTH

    @property
    def _rivals(self) -> list[Line]:
        return [one for one in self.lines if one.labels == self.labels and one.choice != self.base]


def weigh(
    values: Values,
    base: Choice,
    labels: int,
    *,
    of: Literal["draws", "data sets"],
    seed: int = 0,
    level: float = 0.95,
    shared: float = 0.0,
) -> Evidence | None:
    """Compare all settings with the default, and choose one.

    Args:
        values: Measurements.
        base: The default.
        labels: At how many labels it is decided.
        of: What the units are.
        seed: Decides halves.
        level: How often intervals hold.
        shared: The correlation of units.

    Returns:
        None where the default was measured on too few units.
    """
    beside = values.beside(base, labels)
    if len(beside.units) < FEWEST_UNITS:
        return None
    rng = generator(seed, "tune", of)
    found = promise(beside.differences, rng, level=level, shared=shared)
    chosen = beside.choices[best(beside.differences)]
    changed = chosen != base and found.sure
    numbers = [one for one in values.labels if _full(values, base, one, beside.units)]
    lines = [
        line for one in numbers for line in _lines(values, values.beside(base, one), level, shared)
    ]
    base_curve = [
        _point(one, values.means(base, one, beside.units), level, shared) for one in numbers
    ]
    curve = base_curve
    if changed:
        told = [_told(values, beside, one, seed) for one in numbers]
        curve = [
            _point(one, column, level, shared)
            for one, column in zip(numbers, told, strict=True)
            if column is not None
        ]
    return Evidence(
        of=of,
        labels=labels,
        base=base,
        chosen=chosen,
        promise=found,
        lines=tuple(lines),
        curve=tuple(curve),
        base_curve=tuple(base_curve),
        units=len(beside.units),
        shared=shared,
    )


def _full(values: Values, choice: Choice, labels: int, units: Sequence[str]) -> bool:
    return set(units) <= values.units(choice, labels).keys()


def _told(values: Values, beside: Beside, labels: int, seed: int) -> Floats | None:
    """What halves' choices reach at another number of labels; None if some was not measured."""
    columns = [
        values.means(choice, labels, beside.units)
        if _full(values, choice, labels, beside.units)
        else np.full(len(beside.units), np.nan)
        for choice in beside.choices
    ]
    rng = generator(seed, "tune", "curve")  # the same halves at every number of labels
    told, _ = held_out(beside.differences, np.column_stack(columns), rng)
    return None if np.isnan(told).any() else told


def _lines(values: Values, beside: Beside, level: float, shared: float) -> list[Line]:
    rivals = max(1, len(beside.choices) - 1)
    together = 1 - (1 - level) / rivals
    lines = []
    for choice, column in zip(beside.choices, beside.differences.T, strict=True):
        point = _point(
            beside.labels, values.means(choice, beside.labels, beside.units), level, shared
        )
        low, high = interval(column, level=together, shared=shared)
        mean = float(column.mean())
        lines.append(
            Line(choice, point.labels, point.value, point.low, point.high, mean, low, high)
        )
    return sorted(lines, key=lambda one: -one.difference)


def _point(labels: int, column: Floats, level: float, shared: float) -> Point:
    low, high = interval(column, level=level, shared=shared)
    return Point(labels, float(column.mean()), low, high)
