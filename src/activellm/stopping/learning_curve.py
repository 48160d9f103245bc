"""Stop when the learning curve says that the next labels bring little."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import ClassVar, Literal

from activellm.errors import UsageError
from activellm.stopping.contract import History, Measure, RoundFacts, Verdict
from activellm.stopping.forecast import Forecast, Point, forecast
from activellm.stopping.options import WHERE, check_number
from activellm.stopping.words import cannot_say, percent, plural, points

LEAST = 3
"""Measured rounds below which no curve is fitted: it has three unknowns."""

_SURE = 0.975
"""So probable must a fall be to be called one."""


class LearningCurve:
    """The next round's labels would probably bring less than a threshold.

    An inverse power law is fitted to what was measured after each round, weighted by the width of
    the intervals. "stop": even the upper end of what the next labels would bring is below the
    threshold. "go on": the middle of it is not. "cannot say": something between, fewer than three
    measured rounds, or a curve that falls, which no such law describes.

    Args:
        threshold: Gain, as a share, that is worth a further round; 0.01 is one point.
        level: How often the interval should hold what comes, between 0.5 and 0.99.
        measure: "macro-f1" or "accuracy".

    Raises:
        UsageError: If an option is out of its range.
    """

    name: ClassVar[str] = "learning-curve"
    needs: ClassVar[frozenset[str]] = frozenset({"measurements"})
    source: ClassVar[str] = (
        "Figueroa et al. 2012, Predicting sample size required for classification performance "
        "(weighted inverse power law); its interval is ours"
    )

    def __init__(
        self,
        threshold: float = 0.01,
        level: float = 0.8,
        measure: Literal["macro-f1", "accuracy"] = "macro-f1",
    ) -> None:
        if measure not in ("macro-f1", "accuracy"):
            raise UsageError(
                f"measure of the stopping criterion {self.name!r} must be macro-f1 or accuracy, "
                f"not {measure!r}.",
                where=WHERE,
            )
        self.threshold = check_number(self.name, "threshold", threshold, high=1)
        self.level = check_number(self.name, "level", level, low=0.5, high=0.99)
        self.measure = measure

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        more = min(history.select, history.left)
        if more < 1:
            return Verdict(
                self.name, "stop", 0.0, self.threshold, "No text of the pool is left to label."
            )
        measured = measured_points(history, self.measure)
        if len(measured) < LEAST:
            return cannot_say(
                self.name,
                f"A learning curve needs {LEAST} rounds measured on texts of the same kind; there "
                f"{'is' if len(measured) == 1 else 'are'} {len(measured)}.",
                self.threshold,
            )
        found = forecast(measured, more, self.level)
        if found.falls > _SURE:
            return cannot_say(
                self.name,
                f"The {self._what} fell from {percent(measured[0].value)} to "
                f"{percent(measured[-1].value)} while labels were added. Look at the labels of the "
                "last rounds.",
                self.threshold,
            )
        return self._verdict(found, more, len(measured), history.rounds[-1])

    @property
    def _what(self) -> str:
        return "macro-F1" if self.measure == "macro-f1" else self.measure

    def _verdict(self, found: Forecast, more: int, rounds: int, last: RoundFacts) -> Verdict:
        says: Literal["stop", "go on", "cannot say"] = "cannot say"
        if found.high < self.threshold:
            says = "stop"
        elif found.gain >= self.threshold:
            says = "go on"
        rough = (
            " The rounds were measured on their own labelled texts, so this is rough."
            if last.measured_on == "labelled"
            else ""
        )
        return Verdict(
            self.name,
            says,
            found.gain,
            self.threshold,
            f"By the curve of {plural(rounds, 'round')}, {plural(more, 'more label')} would "
            f"probably bring {points(found.gain)} points of {self._what} "
            f"({100 * self.level:g}\N{NO-BREAK SPACE}% interval: {points(found.low)} to "
            f"{points(found.high)}); a round is worth {points(self.threshold)} or more. The next "
            f"measurement itself, with luck either way, may read {percent(found.measured_low)} to "
            f"{percent(found.measured_high)}.{rough}",
        )


def measured_points(
    history: History, measure: Literal["macro-f1", "accuracy"] = "macro-f1"
) -> list[Point]:
    """Usable measurements on the last round's kind of texts, one for each number of labels."""
    kind = history.rounds[-1].measured_on if history.rounds else ""
    found = {}
    for facts in history.rounds:
        value = facts.macro_f1 if measure == "macro-f1" else facts.accuracy
        if value is None or facts.measured_on != kind or facts.labels < 1:
            continue
        error = _error(value)
        if math.isfinite(value.value) and math.isfinite(error):
            found[facts.labels] = Point(facts.labels, value.value, error)
    return [found[labels] for labels in sorted(found)]


def _error(measure: Measure) -> float:
    """The standard error that an interval speaks of."""
    if not 0 < measure.level < 1:
        return math.nan
    half = (measure.high - measure.low) / 2
    return half / NormalDist().inv_cdf((1 + measure.level) / 2)
