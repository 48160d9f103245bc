"""Numbers and verdicts in words."""

from __future__ import annotations

from collections.abc import Sequence

from activellm.stopping.contract import Verdict


def percent(share: float) -> str:
    """A share with one digit: 0.994 -> "99.4 %", with a space that does not break."""
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def points(difference: float) -> str:
    """A difference of shares in points with its sign: 0.012 -> "+1.2"."""
    return f"{100 * difference:+.1f}".replace("-0.0", "+0.0")


def plural(number: int, noun: str) -> str:
    """A number with its noun: 1 round, 2 rounds."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Names with commas and "and"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def cannot_say(criterion: str, why: str, threshold: float | None = None) -> Verdict:
    """The verdict of a criterion that lacks something."""
    return Verdict(criterion, "cannot say", None, threshold, why)
