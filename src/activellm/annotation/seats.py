"""Everybody who sits at one desk: their sittings, their tabs, and what was revealed to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Protocol

from activellm.annotation.again import again_id, due
from activellm.annotation.answering import now
from activellm.annotation.contract import Annotation, QueueItem
from activellm.annotation.desk import Desk
from activellm.annotation.people import Reveal
from activellm.annotation.sitting import Sitting
from activellm.progress import Progress, silent


class Reveals(Protocol):
    """Where it is kept that weak labels were shown."""

    def append_reveal(self, reveal: Reveal) -> bool:
        """Keep one, durably. False if its event is known already."""
        ...

    def reveals(self) -> Sequence[Reveal]:
        """All so far."""
        ...


class Seats:
    """What the server knows of each annotator.

    Args:
        desk: What they share.
        oracle: The oracle's name, kept with each answer.
        repeats: The part of the texts that each of them sees a second time, 0 to 1.
        reveals: What was revealed before; None if nothing is.
        progress: Told after each answer.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        oracle: str,
        repeats: float = 0.0,
        reveals: Reveals | None = None,
        progress: Progress = silent,
    ) -> None:
        self.desk = desk
        self._oracle = oracle
        self._share = repeats
        self._turn: int | None = None
        self._progress = progress
        self._sittings: dict[str, Sitting] = {}
        self._tabs: dict[str, list[str]] = {}
        self._seen: dict[str, str] = {}
        self._reveals = reveals
        self._revealed: dict[tuple[str, str], Reveal] = {}
        for reveal in () if reveals is None else reveals.reveals():
            self._revealed.setdefault((reveal.annotator, reveal.example_id), reveal)
        self._repeated: dict[str, set[str]] = {}
        for event in desk.log.annotations():
            if event.action == "repeat":
                self._repeated.setdefault(event.annotator, set()).add(event.example_id)

    def take_queue(self, turn: int, queue: Callable[[], Iterable[QueueItem]]) -> None:
        """Give the desk another queue if this is another turn."""
        if turn != self._turn:
            self.desk.refresh(queue())
            self._turn = turn

    def sitting(self, annotator: str) -> Sitting:
        """Somebody's sitting."""
        self.saw(annotator)
        if annotator not in self._sittings:
            self._sittings[annotator] = Sitting(
                self.desk, annotator=annotator, oracle=self._oracle, progress=self._progress
            )
        return self._sittings[annotator]

    def saw(self, name: str) -> None:
        """Note that somebody's page was heard of."""
        self._seen[name] = now()

    @property
    def last_seen(self) -> Mapping[str, str]:
        """When each annotator's page was heard of last, ISO 8601 in UTC."""
        return self._seen

    def elsewhere(self, annotator: str, tab: str, *, claim: bool = False) -> bool:
        """Whether a newer tab of the same person is at work.

        Args:
            annotator: Who.
            tab: The tab that asks; empty if it does not say.
            claim: Whether they want to go on in this one.
        """
        if not tab:
            return False
        tabs = self._tabs.setdefault(annotator, [])
        if claim and tab in tabs:
            tabs.remove(tab)
        if tab not in tabs:
            tabs.append(tab)
            del tabs[:-20]  # older ones are closed for long
        return tabs[-1] != tab

    def texts(self, annotator: str, most: int, after: str | None) -> tuple[list[QueueItem], bool]:
        """The next texts for somebody, a repeated one first if its time has come.

        Raises:
            DataError: If `after` is not in the queue.
        """
        first = self._first(after)
        ids, more = self.desk.hand_out(annotator, most)
        items = [self.desk.items[id_] for id_ in ids if self.desk.place(id_) >= first]
        again = self._due(annotator, at_end=not ids and not more)
        return list(chain(again, items)), more or (len(items) < len(ids) and not items)

    def item(self, annotator: str, id_: str) -> QueueItem:
        """The text that an id stands for, as this annotator sees it.

        Raises:
            DataError: If it is not one of theirs.
        """
        original = self._original(annotator, id_)
        return self.desk.item(id_) if original is None else self._twice(original, id_)

    def record(self, annotator: str, sent: Annotation) -> bool:
        """Keep an answer. That to a repeated text is kept as such, and labels nothing.

        Returns:
            False if it was known already.

        Raises:
            DataError: If the text is not asked about, or the labels are not the task's.
        """
        sitting = self.sitting(annotator)
        original = self._original(annotator, sent.example_id)
        if original is not None:
            return self._record_again(sitting, replace(sent, example_id=original))
        reveal = self._revealed.get((annotator, sent.example_id))
        return sitting.record(replace(sent, revealed=reveal.moment if reveal else ""))

    def reveal(self, reveal: Reveal) -> None:
        """Keep that the weak label was shown; the first time counts."""
        key = (reveal.annotator, reveal.example_id)
        if self._reveals is not None and key not in self._revealed:
            self._reveals.append_reveal(reveal)
            self._revealed[key] = reveal

    def _record_again(self, sitting: Sitting, sent: Annotation) -> bool:
        repeated = self._repeated.setdefault(sitting.annotator, set())
        repeated.add(sent.example_id)  # also if declined: it is not shown a third time
        return sent.action != "label" or sitting.record(replace(sent, action="repeat"))

    def _due(self, annotator: str, *, at_end: bool) -> Iterator[QueueItem]:
        if not self._share:
            return
        labelled = [one.example_id for one in self.desk.own(annotator).values()
                    if one.action == "label"]  # fmt: skip
        repeated = self._repeated.setdefault(annotator, set())
        for id_ in due(labelled, repeated, annotator, self._share, at_end=at_end)[:1]:
            yield self._twice(id_, again_id(id_, annotator))

    def _original(self, annotator: str, id_: str) -> str | None:
        """The text that came again under this id; None if it is no such id."""
        if not self._share or id_ in self.desk.items:
            return None
        own = self.desk.own(annotator)
        return next((one for one in own if again_id(one, annotator) == id_), None)

    def _twice(self, id_: str, disguise: str) -> QueueItem:
        item = self.desk.items[id_]
        return replace(item, example=replace(item.example, id=disguise))

    def _first(self, after: str | None) -> int:
        """The place from which on texts are wanted."""
        if after is None or (self._share and after not in self.desk.items):
            return 0
        self.desk.item(after)
        return self.desk.place(after) + 1
