"""From an experiment's measurements to settings side by side on the same draws."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Row: TypeAlias = Mapping[str, Any]
Draws: TypeAlias = dict[int, float]
"""Draw -> macro-F1 in per cent, averaged over training seeds and repeats."""


@dataclass(frozen=True, slots=True, order=True)
class Choice:
    """What may be set, besides how many texts are labelled.

    Attributes:
        schedule: The strategy or schedule.
        candidates: How many texts it is shown.
        successor: The learner.
        llm: The query model; "none" where the schedule asks none.
        prompt: The listwise prompt; empty for the default.
    """

    schedule: str
    candidates: int
    successor: str
    llm: str = "none"
    prompt: str = ""

    def __str__(self) -> str:
        asked = [one for one in (self.llm, self.prompt) if one not in ("none", "")]
        of = f" ({', '.join(asked)})" if asked else ""
        return f"{self.schedule}{of}, {self.candidates} candidates, {self.successor}"


@dataclass(frozen=True)
class Values:
    """Measurements by choice, number of labels, unit and draw. A unit is a split or a data set."""

    table: dict[Choice, dict[int, dict[str, Draws]]] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[int, ...]:
        """All numbers of labels, rising."""
        return tuple(sorted({labels for own in self.table.values() for labels in own}))

    def units(self, choice: Choice, labels: int) -> dict[str, Draws]:
        """What was measured of a choice at a number of labels."""
        return self.table.get(choice, {}).get(labels, {})

    def only(self, units: Iterable[str]) -> Values:
        """What was measured on some of the units."""
        kept = set(units)
        return Values(
            {
                choice: {
                    labels: {unit: draws for unit, draws in found.items() if unit in kept}
                    for labels, found in own.items()
                }
                for choice, own in self.table.items()
            }
        )

    def means(self, choice: Choice, labels: int, units: Sequence[str]) -> Floats:
        """A choice's mean on each unit, in per cent."""
        found = self.units(choice, labels)
        return np.array([np.mean([*found[unit].values()]) for unit in units])

    def beside(self, base: Choice, labels: int) -> Beside:
        """Every choice that was measured where the base was, on the same draws.

        A choice that lacks a unit of the base, or shares no draw with it there, is left out:
        settings are compared on the same units only.
        """
        known = self.units(base, labels)
        units = tuple(sorted(unit for unit, draws in known.items() if draws))
        choices, columns = [base], [np.zeros(len(units))]
        for choice in sorted(self.table):
            own = self.units(choice, labels)
            pairs = [known[unit].keys() & own.get(unit, {}).keys() for unit in units]
            if choice != base and all(pairs):
                choices.append(choice)
                columns.append(
                    np.array(
                        [
                            np.mean([own[unit][draw] - known[unit][draw] for draw in sorted(both)])
                            for unit, both in zip(units, pairs, strict=True)
                        ]
                    )
                )
        return Beside(labels, units, tuple(choices), np.column_stack(columns))


@dataclass(frozen=True)
class Beside:
    """Choices beside the base, which is the first of them.

    Attributes:
        labels: At how many labels.
        units: Splits or data sets.
        choices: The base, then the others.
        differences: In points, shape (units, choices).
    """

    labels: int
    units: tuple[str, ...]
    choices: tuple[Choice, ...]
    differences: Floats


def values_of(scores: Iterable[Row], metric: str = "macro_f1") -> Values:
    """The first round's measurements; in one round as many are picked as labelled."""
    found: dict[tuple[Choice, int, str, int], list[float]] = defaultdict(list)
    for row in scores:
        if row["round"] == 1 and row.get(metric) is not None:
            choice = Choice(
                row["schedule"], row["candidates"], row["successor"], row["llm"], row["prompt"]
            )
            found[choice, row["labels"], row["data"], row["draw"]].append(100 * row[metric])
    values = Values()
    for (choice, labels, unit, draw), several in found.items():
        by_unit = values.table.setdefault(choice, {}).setdefault(labels, {})
        by_unit.setdefault(unit, {})[draw] = float(np.mean(several))
    return values
