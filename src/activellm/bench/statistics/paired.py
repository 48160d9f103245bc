"""One method beside another on the same candidates: by how much, and whether luck explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.bench.statistics.resampling import sign_flip_p, studentised_interval
from activellm.errors import UsageError

Floats = npt.NDArray[np.float64]

Over: TypeAlias = Literal["data sets", "draws", "nothing"]
"""What varies in an interval: data sets (it speaks of data sets like these), draws on one data set
(it speaks of that data set only), or nothing, where there is one draw of one data set."""

TIE = 1e-9


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Ours minus the other's, on the same candidates.

    Attributes:
        mean: Mean over data sets of the mean over draws; in the metric's own unit.
        low, high: Its 95 % interval; None where nothing varies.
        p: By flipping signs, two-sided; None where nothing varies.
        effect: Cohen's d of paired differences: their mean in standard deviations; None where
            nothing varies.
        better: On how many data sets ours is ahead; ties count half.
        data_sets: On how many both were run.
        draws, most_draws: The fewest and the most draws of a data set.
        over: What the interval, p and effect are taken over.
        by_data_set: Mean difference of each.
    """

    mean: float
    low: float | None
    high: float | None
    p: float | None
    effect: float | None
    better: float
    data_sets: int
    draws: int
    most_draws: int
    over: Over
    by_data_set: Mapping[str, float]

    @property
    def single_draw(self) -> bool:
        """Whether somewhere there is one draw only, whose luck nothing here can tell."""
        return self.draws == 1

    @property
    def verdict(self) -> str:
        """In words."""
        if self.low is None or self.high is None:
            return "one draw: no evidence either way"
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "a difference that the spread can hide"


def paired_difference(
    ours: Mapping[str, Floats], other: Mapping[str, Floats], rng: np.random.Generator
) -> PairedDifference:
    """Compare two methods where both were run.

    A value is one draw of candidates and labels, averaged over training seeds: seeds are repeats
    of one draw, not new evidence. With two data sets or more the data sets are the sample: draws
    only steady each one's mean. With one data set the draws are.

    Args:
        ours: Data set -> one value a draw, shape (draws,).
        other: The same, in the same order of draws.
        rng: Draws resamples.

    Raises:
        UsageError: If they share no data set, or differ in draws.
    """
    names = [name for name in ours if name in other]
    if not names:
        raise UsageError("The two were run on no data set in common.")
    for name in names:
        if ours[name].shape != other[name].shape or not len(ours[name]):
            raise UsageError(
                f"On {name!r} there are {len(ours[name])} draws and {len(other[name])}: they are "
                "no pairs."
            )
    pairs = {name: ours[name] - other[name] for name in names}
    means = {name: float(values.mean()) for name, values in pairs.items()}
    sample, over = _sample(pairs, means)
    low = high = p = effect = None
    if over != "nothing":
        low, high = studentised_interval(sample, rng)
        p = sign_flip_p(sample, rng)
        spread = float(sample.std(ddof=1))
        effect = float(sample.mean()) / spread if spread > 0 else None
    return PairedDifference(
        mean=float(np.mean([*means.values()])),
        low=low,
        high=high,
        p=p,
        effect=effect,
        better=sum(_won(value) for value in means.values()),
        data_sets=len(names),
        draws=min(len(values) for values in pairs.values()),
        most_draws=max(len(values) for values in pairs.values()),
        over=over,
        by_data_set=means,
    )


def _sample(pairs: Mapping[str, Floats], means: Mapping[str, float]) -> tuple[Floats, Over]:
    if len(means) > 1:
        return np.array([*means.values()]), "data sets"
    draws = next(iter(pairs.values()))
    return draws, "draws" if len(draws) > 1 else "nothing"


def _won(difference: float) -> float:
    return 0.5 if abs(difference) < TIE else float(difference > 0)
