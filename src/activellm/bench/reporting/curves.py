"""A learning curve beside random picking's, as data."""

from __future__ import annotations

from dataclasses import dataclass

from activellm.bench.statistics import LabelsSaved, PairedDifference
from activellm.bench.summary import Way


@dataclass(frozen=True, slots=True, order=True)
class Family:
    """Settings that differ in the number of labels only.

    Attributes:
        successor: The learner.
        candidates: How many texts one selection looked at.
        select: How many were picked a round, for curves over rounds; 0 for curves over one-round
            selections of several sizes.
    """

    successor: str
    candidates: int
    select: int


@dataclass(frozen=True, slots=True)
class Point:
    """A curve at one number of labels.

    Attributes:
        labels: The number.
        value: Mean over data sets, in per cent.
        random: The same of random picking.
        difference: Between both, paired.
    """

    labels: int
    value: float
    random: float
    difference: PairedDifference


@dataclass(frozen=True, slots=True)
class Curve:
    """One way's learning curve beside random picking's on the same candidates.

    Attributes:
        way: Which.
        points: By number of labels, rising; at least 2.
        area: Mean height of the curve, in per cent.
        difference: Its area against that of random picking.
        saved: How many labels it saves, at some of the numbers.
        p_adjusted: Of the area's difference, by Holm over the ways of the family; None where there
            is none.
    """

    way: Way
    points: tuple[Point, ...]
    area: float
    difference: PairedDifference
    saved: tuple[LabelsSaved, ...]
    p_adjusted: float | None = None

    @property
    def labels(self) -> tuple[int, ...]:
        """The numbers of labels."""
        return tuple(point.labels for point in self.points)


@dataclass(frozen=True, slots=True)
class CurveSet:
    """All curves of one family, over all data sets or on one of them.

    Attributes:
        family: Which.
        data: The data set; empty for the mean over all of them.
        curves: The highest area against random picking first.
    """

    family: Family
    data: str
    curves: tuple[Curve, ...]
