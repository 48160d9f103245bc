"""The advice for people: a short table and a few sentences."""

from __future__ import annotations

from collections.abc import Sequence

from activellm.bench.tuning.advice import Advice
from activellm.bench.tuning.evidence import Evidence
from activellm.bench.tuning.likeness import Likeness, Traits
from activellm.bench.tuning.points import Line

ROWS = 8
"""The best settings that are shown; the picture and --json hold all."""


def markdown(advice: Advice) -> str:
    """Tables of the settings, the labels and the data sets that counted."""
    parts = []
    for found in (advice.own, advice.similar):
        if found is not None:
            parts += [_settings(found), _labels(found)]
    if advice.likeness is not None:
        parts.append(_likeness(advice.likeness))
    parts += [*advice.left_out]
    return "\n\n".join([*parts, *advice.sentences])


def _settings(found: Evidence) -> str:
    own = [one for one in found.lines if one.labels == found.labels]
    shown = own[:ROWS] + [one for one in own[ROWS:] if one.choice == found.base]
    left = len(own) - len(shown)
    head = ("setting", "macro-F1", "against the default")
    rows = [_line(head), _rule(head), *(_row(one, found) for one in shown)]
    more = f" {left} more settings are not shown." if left > 0 else ""
    return (
        f"At {found.labels} labels, {found.units} {found.of}:\n\n"
        + "\n".join(rows)
        + f"\n\nPoints; the intervals of the last column hold together.{more}"
    )


def _row(one: Line, found: Evidence) -> str:
    if one.choice == found.base:
        beside = "the default"
    else:
        beside = f"{one.difference:+.1f} ({one.low:+.1f} to {one.high:+.1f})"
    value = f"{one.value:.1f} ({one.value_low:.1f} to {one.value_high:.1f})"
    return _line((_escaped(str(one.choice)), value, beside))


def _labels(found: Evidence) -> str:
    head = ["labels", "default"] + (["advised"] if found.changed else [])
    advised = {point.labels: point for point in found.curve}
    rows = []
    for point in found.base_curve:
        cells = [str(point.labels), f"{point.value:.1f} ({point.low:.1f} to {point.high:.1f})"]
        if found.changed:
            other = advised.get(point.labels)
            cells.append(
                f"{other.value:.1f} ({other.low:.1f} to {other.high:.1f})" if other else ""
            )
        rows.append(_line(cells))
    return "\n".join([_line(head), _rule(head), *rows])


def _likeness(found: Likeness) -> str:
    head = ("data set", "classes", "words", "most frequent", "pair", "counts")
    rows = [_traits(one, "") for one in ([found.yours] if found.yours else [])]
    rows += [_traits(one, _counts(one.name, found)) for one in found.others]
    return "\n".join([found.words, "", _line(head), _rule(head), *rows])


def _counts(name: str, found: Likeness) -> str:
    reasons = ", ".join(found.differs[name])
    if name in found.counted:
        return f"yes, though {reasons}" if reasons else "yes"
    return f"no: {reasons}"


def _traits(one: Traits, counts: str) -> str:
    share = "unknown" if one.largest is None else f"{one.largest:.0%}"
    pair = "yes" if one.pair else "no"
    return _line((_escaped(one.name), str(one.classes), f"{one.words:.0f}", share, pair, counts))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(cells: Sequence[str]) -> str:
    return "|" + "---|" * len(cells)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
