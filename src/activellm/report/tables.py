"""Rows of the report's tables, made from the facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from activellm.llm.protocol import Usage
from activellm.report.ballots import counted_ballots
from activellm.report.facts import PickFacts, ReportFacts, RoundFacts
from activellm.task import Answer, Task


@dataclass(frozen=True, slots=True)
class PickRow:
    """One line of the table of picks.

    Attributes:
        number: Its place in the order of labelling, over all rounds.
        round: Its round.
        pick: The text, and what people said.
        reason: Why it was picked.
        place: Where in the prompt it stood; None if no list was shown.
        votes: How many ballots named it; None where only one was cast.
        ballots: How many were counted; 0 where none were.
        expected: The label that the query model expected; None if it was not asked.
        probability: How sure it was, 0 to 1.
        agrees: Whether people said the same; None if one of both is missing.
    """

    number: int
    round: int
    pick: PickFacts
    reason: str
    place: int | None
    votes: int | None
    ballots: int
    expected: Answer | None
    probability: float | None
    agrees: bool | None


def pick_rows(facts: ReportFacts) -> list[PickRow]:
    """All picks of all rounds."""
    rows: list[PickRow] = []
    for one in facts.rounds:
        expected = expectations(facts.task, one)
        counted = len(counted_ballots(one.selection.health))
        chosen = {pick.id: pick for pick in one.selection.picks}
        for pick in one.picks:
            guess, probability = expected.get(pick.id, (None, None))
            known = guess is not None and pick.answer is not None
            rows.append(
                PickRow(
                    number=len(rows) + 1,
                    round=one.number,
                    pick=pick,
                    reason=chosen[pick.id].reason if pick.id in chosen else "",
                    place=one.selection.health.positions.get(pick.id),
                    votes=chosen[pick.id].votes if pick.id in chosen else None,
                    ballots=counted,
                    expected=guess,
                    probability=probability,
                    agrees=guess == pick.answer if known else None,
                )
            )
    return rows


def expectations(task: Task, one: RoundFacts) -> dict[str, tuple[Answer, float | None]]:
    """What the query model expected for each example, with its probability if single-label."""
    found: dict[str, tuple[Answer, float | None]] = {}
    for judged in one.selection.judgements:
        by_label = dict(zip(task.label_names, judged.probabilities, strict=True))
        if task.multi:
            found[judged.id] = (tuple(name for name, p in by_label.items() if p >= 0.5), None)
        else:
            best = max(by_label, key=lambda name: by_label[name])
            found[judged.id] = ((best,), by_label[best])
    return found


def judge_table(task: Task, rows: list[PickRow]) -> tuple[tuple[float, ...], ...] | None:
    """How often people gave each label (columns) where another was expected (rows)."""
    known = [row for row in rows if row.agrees is not None]
    if task.multi or not known:
        return None
    place = {name: i for i, name in enumerate(task.label_names)}
    table = [[0.0] * len(place) for _ in place]
    for row in known:
        if row.expected and row.pick.answer:
            table[place[row.expected[0]]][place[row.pick.answer[0]]] += 1
    return tuple(tuple(line) for line in table)


@dataclass(frozen=True, slots=True)
class Mixup:
    """Texts with one label that were given another."""

    truth: str
    given: str
    number: float


def mixups(task: Task, confusion: tuple[tuple[float, ...], ...], most: int = 12) -> list[Mixup]:
    """The most frequent confusions, for tasks with too many labels for a readable matrix."""
    names = task.label_names
    found = [
        Mixup(names[i], names[j], number)
        for i, line in enumerate(confusion)
        for j, number in enumerate(line)
        if i != j and number > 0
    ]
    return sorted(found, key=lambda mixup: -mixup.number)[:most]


@dataclass(frozen=True, slots=True)
class Totals:
    """All costs together; None is unknown."""

    seconds: float
    usage: Usage
    peak_mb: float | None


def totals(facts: ReportFacts) -> Totals:
    """Sum the costs of all steps."""
    peaks = [cost.peak_mb for cost in facts.costs if cost.peak_mb is not None]
    return Totals(
        seconds=sum(cost.seconds for cost in facts.costs),
        usage=reduce(Usage.__add__, (c.usage for c in facts.costs if c.usage), Usage()),
        peak_mb=max(peaks, default=None),
    )


def known_texts(facts: ReportFacts) -> dict[str, str]:
    """The texts, or their beginnings, that the report knows: of the map and of the picks."""
    known = {point.id: point.text for point in (facts.map.points if facts.map else ())}
    return known | {pick.id: pick.text for one in facts.rounds for pick in one.picks}


def given_counts(facts: ReportFacts) -> dict[str, int]:
    """How many picked texts were given each label, in the task's order."""
    counts = dict.fromkeys(facts.task.label_names, 0)
    for one in facts.rounds:
        for pick in one.picks:
            for label in pick.answer or ():
                counts[label] = counts.get(label, 0) + 1
    return counts
