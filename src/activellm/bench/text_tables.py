"""An experiment's comparisons as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from activellm.bench.statistics import PairedDifference
from activellm.bench.summary import Comparison, Setting

HEAD = ("way of choosing", "mean", "against random", "p (Holm)", "ahead on", "draws")


def markdown(comparisons: Sequence[Comparison]) -> str:
    """A table for each setting, and what its numbers mean."""
    parts = []
    for setting in dict.fromkeys(one.setting for one in comparisons):
        own = [one for one in comparisons if one.setting == setting]
        rows = [_row(one) for one in own]
        parts += [_title(setting, own[0].metric), "\n".join([_line(HEAD), _rule(HEAD), *rows])]
    return "\n\n".join([*parts, _meaning(comparisons)]) + "\n" if parts else "Nothing to compare.\n"


def _title(setting: Setting, metric: str) -> str:
    return (
        f"### {metric.replace('_', '-')}, {setting.labels} labels, {setting.successor}, "
        f"{setting.select} of {setting.candidates} candidates a round"
    )


def _row(one: Comparison) -> str:
    difference = one.difference
    draws = f"{difference.draws}{' (one draw)' if difference.single_draw else ''}"
    cells = (
        _escaped(str(one.way)),
        f"{one.value:.1f}",
        _interval(difference),
        "" if one.p_adjusted is None else f"{one.p_adjusted:.3f}",
        f"{difference.better:g} of {difference.data_sets}",
        draws,
    )
    return _line(cells)


def _interval(difference: PairedDifference) -> str:
    if difference.low is None or difference.high is None:
        return f"{difference.mean:+.1f}"
    text = f"{difference.mean:+.1f} ({difference.low:+.1f} to {difference.high:+.1f})"
    return f"**{text}**" if difference.low > 0 or difference.high < 0 else text


def _meaning(comparisons: Sequence[Comparison]) -> str:
    over = {one.difference.over for one in comparisons}
    words = ["Points, with 95 % intervals; bold where the spread does not hide the difference."]
    if "data sets" in over:
        words.append("Intervals and p over data sets, each averaged over its draws.")
    if "draws" in over:
        words.append("One data set: intervals and p over its draws, and they speak of it alone.")
    if any(one.difference.single_draw for one in comparisons):
        words.append("One draw tells nothing of the draw's luck.")
    return " ".join(words)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(cells: Sequence[str]) -> str:
    return "|" + "---|" * len(cells)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
