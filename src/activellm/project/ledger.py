"""Everybody's answers as they stand, kept up to date by reading only what is new."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from activellm.annotation.consensus import Resolution, resolve
from activellm.annotation.contract import Annotation
from activellm.annotation.votes import decisions, standing
from activellm.project.store import Store
from activellm.task import Task

V = TypeVar("V")

RECENT = 100
"""Answers from which somebody's speed is told."""


@dataclass
class Tally:
    """What one annotator has done, by answers that stand.

    Attributes:
        labelled, skipped, unsure, discuss: How many answers are such.
        labels: How often each label was given.
        seconds: How long the latest answers took.
        last: When the latest event was, ISO 8601 in UTC.
    """

    labelled: int = 0
    skipped: int = 0
    unsure: int = 0
    discuss: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    last: str = ""

    def count(self, answer: Annotation, by: int) -> None:
        """Add an answer (`by` 1), or take it out (-1)."""
        self.labelled += by * (answer.action == "label")
        self.skipped += by * (answer.action == "skip")
        self.unsure += by * answer.unsure
        self.discuss += by * answer.discuss
        for label in answer.labels:
            self.labels[label] += by


class Ledger:
    """All events of a project and what follows from them text by text.

    Args:
        store: Where they are kept.
        task: What is decided.

    Attributes:
        sequence: The number of the last event that was read.
        events: All of them, in the order in which they arrived.
        standing: Each text's answers that count, by annotator.
        decisions: The texts that were decided.
        resolved: What the majority says of each text.
        disputed: The texts without decision that were labelled differently, the oldest first.
        flagged: The texts without decision that somebody wants discussed, the oldest first.
        tallies: What each annotator has done.
    """

    def __init__(self, store: Store, task: Task) -> None:
        self._store = store
        self._task = task
        self.sequence = 0
        self.events: list[Annotation] = []
        self.standing: dict[str, dict[str, Annotation]] = {}
        self.decisions: dict[str, Annotation] = {}
        self.resolved: dict[str, Resolution] = {}
        self.disputed: dict[str, None] = {}
        self.flagged: dict[str, None] = {}
        self.tallies: dict[str, Tally] = {}
        self._by_text: dict[str, list[Annotation]] = {}

    def read(self) -> bool:
        """Read what is new. Tells whether anything was."""
        new = self._store.events_after(self.sequence)
        if not new:
            return False
        self.sequence = new[-1][0]
        events = [event for _, event in new]
        self.events += events
        for event in events:
            self._by_text.setdefault(event.example_id, []).append(event)
            self._note(event)
        self._work_out(dict.fromkeys(event.example_id for event in events))
        return True

    def tally(self, annotator: str) -> Tally:
        """What somebody has done; nothing if they never answered."""
        return self.tallies.get(annotator, Tally())

    def labelled_by(self, example_id: str) -> int:
        """How many people have labelled a text."""
        answers = self.standing.get(example_id, {}).values()
        return sum(answer.action == "label" for answer in answers)

    def _note(self, event: Annotation) -> None:
        tally = self.tallies.setdefault(event.annotator, Tally())
        tally.last = max(tally.last, event.at)
        if event.action == "label" and event.seconds is not None:
            tally.seconds.append(event.seconds)

    def _work_out(self, ids: Iterable[str]) -> None:
        """Find anew what follows for these texts from all of their events."""
        events = [event for id_ in ids for event in self._by_text[id_]]
        stand, decided = standing(events), decisions(events)
        resolved = resolve(events, self._task)
        for id_ in ids:
            for answer in self.standing.get(id_, {}).values():
                self.tallies[answer.annotator].count(answer, -1)
            for answer in stand.get(id_, {}).values():
                self.tallies[answer.annotator].count(answer, 1)
            _put(self.standing, id_, stand.get(id_))
            _put(self.decisions, id_, decided.get(id_))
            _put(self.resolved, id_, resolved.get(id_))
            self._sort(id_)

    def _sort(self, id_: str) -> None:
        """Put a text among those that need a decision, or take it out."""
        answers = self.standing.get(id_, {}).values()
        open_ = id_ not in self.decisions
        different = {answer.labels for answer in answers if answer.action == "label"}
        _mark(self.disputed, id_, open_ and len(different) > 1)
        _mark(self.flagged, id_, open_ and any(answer.discuss for answer in answers))


def _put(where: dict[str, V], id_: str, value: V | None) -> None:
    """Set an entry; without a value take it out."""
    if value:
        where[id_] = value
    else:
        where.pop(id_, None)


def _mark(where: dict[str, None], id_: str, there: bool) -> None:
    """Put an id in, where it stands if it is there, or take it out."""
    if there:
        where[id_] = None
    else:
        where.pop(id_, None)
