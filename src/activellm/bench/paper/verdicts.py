"""What of the paper's numbers is found again here, by one fixed rule.

The rule is explained in docs/design/paper-tables.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from activellm.bench.paper.draws import ALL, AREA, Place
from activellm.bench.paper.measured import Measured
from activellm.bench.paper.numbers import Caution, Claim, cautions, claim_of, reported
from activellm.bench.statistics import PairedDifference, area_under_curve

Kind: TypeAlias = Literal[
    "agrees",
    "not confirmed",
    "contradicted",
    "neither shows one",
    "only here",
    "one draw",
    "not comparable",
    "no number",
]
KINDS: tuple[Kind, ...] = (
    *("agrees", "not confirmed", "contradicted", "neither shows one", "only here"),
    *("one draw", "not comparable", "no number"),
)
"""How a number of the logs and ours can stand to each other; the order of the closing count."""


LEARNERS: Mapping[str, str] = MappingProxyType({"few-shot": "setfit"})
"""Tables that are about learners, and whose numbers the logs have."""

FOUND: tuple[Kind, ...] = ("agrees", "contradicted", "only here")
"""Those that say that there is a difference here."""

RISK = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the logs' number and ours stand to each other.

    Attributes:
        kind: In two words.
        sentence: In one sentence, with the numbers.
        claim: What the logs say; None if nothing.
        cautions: What to know about the logs' number.
    """

    kind: Kind
    sentence: str
    claim: Claim | None
    cautions: tuple[Caution, ...] = ()


def verdict(table: str, ours: Measured) -> Verdict:
    """Compare a row of a table with the logs."""
    place = ours.place
    known = cautions(table, place.task, place.way, place.labels)
    claim = _claim(table, ours) if in_logs(table, place.successor) else None
    kind, sentence = judge(claim, ours, void=any(one.void for one in known))
    return Verdict(kind, sentence, claim, known)


def in_logs(table: str, successor: str) -> bool:
    """Whether the logs' numbers of a table are to be compared with those of a learner."""
    return successor.partition("(")[0] == LEARNERS.get(table, successor.partition("(")[0])


def judge(claim: Claim | None, ours: Measured, *, void: bool = False) -> tuple[Kind, str]:
    """The rule: the logs' difference from random picking beside the interval of ours.

    Args:
        claim: What the logs say; None if nothing.
        ours: What was found.
        void: Whether the logs' number does not measure what it is called.
    """
    interval, here = interval_of(ours.difference), _here(ours)
    if void:
        return "not comparable", _sentence(f"the logs' number is void; {here}")
    if interval is None:
        said = f"{_logs(claim)}; " if claim else ""
        return "one draw", _sentence(f"{said}{here}: no evidence either way")
    if claim is None:
        return "no number", _sentence(f"the logs have no difference to compare with; {here}")
    kind, words = _compared(claim, *interval)
    return kind, _sentence(f"{_logs(claim)}; {here}: {words}{_luck(kind, ours)}")


def interval_of(difference: PairedDifference) -> tuple[float, float] | None:
    """The 95 % interval of a difference; None where nothing varies."""
    if difference.low is None or difference.high is None:
        return None
    return difference.low, difference.high


def _compared(claim: Claim, low: float, high: float) -> tuple[Kind, str]:
    sign = int(low > 0) - int(high < 0)
    inside = low <= claim.difference <= high
    if not claim.shown:
        if sign:
            return "only here", "a difference that the logs do not show"
        return "neither shows one", "neither shows a difference"
    if sign == 0 and inside:
        return "not confirmed", "not confirmed, and not refuted: too few draws to tell"
    if sign == 0:
        return "not confirmed", "not confirmed, and a mean as large lies outside the interval"
    if sign != np.sign(claim.difference):
        return "contradicted", "contradicted"
    smaller = abs(low + high) / 2 < abs(claim.difference)
    size = "in size too" if inside else f"but {'smaller' if smaller else 'larger'} here"
    return "agrees", f"it agrees, {size}"


def _luck(kind: Kind, ours: Measured) -> str:
    """What the number of rows makes of a difference."""
    p, difference = ours.p_adjusted, ours.difference
    if kind not in FOUND or p is None or p <= RISK:
        return ""
    sample = difference.data_sets if difference.over == "data sets" else difference.draws
    if (least := 2.0 ** (1 - sample)) > RISK:
        return f"; {sample} are too few for a test by signs (p cannot be below {least:.2f})"
    return f"; counting all rows it may be luck (p {p:.2f} by Holm)"


def _claim(table: str, ours: Measured) -> Claim | None:
    place = ours.place
    if place.task != ALL:
        return _single(table, place, place.task)
    void = any(
        one.void for task in ours.tasks for one in cautions(table, task, place.way, place.labels)
    )
    own = [claim for task in ours.tasks if (claim := _single(table, place, task))]
    return _mean(own) if len(own) == len(ours.tasks) and not void else None


def _single(table: str, place: Place, task: str) -> Claim | None:
    """What the logs say of a row's way on one data set."""
    if place.labels == AREA:
        return _area(table, task, place.way, place.base)
    return claim_of(table, task, place.way, place.labels, place.base)


def _mean(claims: Sequence[Claim]) -> Claim:
    """The mean over data sets, which are its repetitions."""
    from scipy.special import stdtrit

    values = np.array([one.difference for one in claims])
    n = len(values)
    half = float(stdtrit(n - 1, 0.975)) * float(values.std(ddof=1)) / float(np.sqrt(n))
    least = min(claims, key=lambda one: one.runs)
    return Claim(round(float(values.mean()), 2), half, least.runs, least.seeds, n)


def _area(table: str, task: str, way: str, base: str) -> Claim | None:
    known = reported(table)
    labels = sorted(n for (one, name, n) in known if (one, name) == (task, way))
    if len(labels) < 2 or any((task, base, n) not in known for n in labels):
        return None
    curves = np.array([[known[task, name, n].mean for n in labels] for name in (way, base)])
    ours, other = area_under_curve(labels, curves)
    return Claim(round(float(ours - other), 2), None, 1, known[task, way, labels[0]].seeds)


def _logs(claim: Claim) -> str:
    draws = "one draw" if claim.runs == 1 else f"{claim.runs} draws"
    if claim.data_sets > 1:
        draws = f"{claim.data_sets} data sets, {draws} each"
    seeds = f", {claim.seeds} seeds" if claim.seeds > 1 else ", one seed"
    noise = "" if claim.shown else f", within its own noise of ±{claim.noise:.1f}"
    return f"the logs' {claim.difference:+.1f} ({draws}{seeds}{noise})"


def _here(ours: Measured) -> str:
    difference, interval = ours.difference, interval_of(ours.difference)
    if interval is None:
        return f"here {difference.mean:+.1f} in one draw{_standing(ours)}"
    over = f"{difference.draws} draws"
    if difference.over == "data sets":
        over = f"{difference.data_sets} data sets"
    low, high = interval
    return f"here {difference.mean:+.1f} ({low:+.1f} to {high:+.1f}) over {over}{_standing(ours)}"


def _standing(ours: Measured) -> str:
    if ours.random < 2:
        return ""
    return f", ahead of {ours.beaten:g} of {ours.random} random selections from the same texts"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
