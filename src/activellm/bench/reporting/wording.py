"""Settings, differences and labels saved, as phrases."""

from __future__ import annotations

from collections.abc import Sequence

from activellm.bench.as_shown import AS_SHOWN
from activellm.bench.reporting.curves import Family
from activellm.bench.statistics import LabelsSaved, PairedDifference
from activellm.bench.summary import Setting


def setting_words(setting: Setting) -> str:
    """A setting as a phrase."""
    if setting.labels == AS_SHOWN:
        return f"first picks from what each recorded session showed, {setting.successor}"
    return (
        f"{setting.labels} labels, {setting.successor}, {setting.select} of "
        f"{setting.candidates} candidates a round"
    )


def family_words(family: Family) -> str:
    """A family of settings as a phrase."""
    how = f"{family.select} a round" if family.select else "one round of each size"
    return f"{family.successor}, {how}, {family.candidates} candidates"


def interval_words(difference: PairedDifference) -> str:
    """A difference with its interval, where it has one."""
    if difference.low is None or difference.high is None:
        return f"{difference.mean:+.1f}"
    return f"{difference.mean:+.1f} ({difference.low:+.1f} to {difference.high:+.1f})"


def saved_words(saved: LabelsSaved, numbers: Sequence[int]) -> str:
    """Labels saved, with the interval; bounds where random picking's curve ends.

    Args:
        saved: What was found.
        numbers: All numbers of labels of the curves.
    """
    beyond, before = (
        f"over {_labels(numbers[-1] - saved.at)}",
        f"under {_labels(numbers[0] - saved.at)}",
    )
    value = beyond if saved.saved is None else _labels(saved.saved)
    if saved.random == numbers[0]:
        value = before.replace("under", "at most")
    if saved.draws == 1:
        return value
    certain = saved.unreached > 0.975  # then even the lower end is beyond the curve
    low = beyond if certain else before if saved.low is None else _labels(saved.low)
    high = beyond if saved.high is None else _labels(saved.high)
    return value if low == high == value else f"{value} ({low} to {high})"


def _labels(number: float) -> str:
    whole = round(number)
    return f"{whole:+d}" if whole else "0"
