"""What a team has before it: a queue, everybody's answers, and who gets which text next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from activellm.annotation.contract import Annotation, AnnotationLog, QueueItem
from activellm.annotation.leases import Leases
from activellm.errors import DataError
from activellm.task import Task


class Desk:
    """The state that all annotators of one server share. The log decides; this only remembers it.

    A text is done when as many people as `overlap` have labelled it, or an adjudicator has decided
    it; a check, when everybody has answered it. Texts go out in the queue's order, each to as many
    people as still miss. When all that is left is in other people's hands, it goes out once more,
    the longest held first: nobody waits for a colleague who is slow or gone.

    Args:
        queue: What is asked, in order; answered items may be among them.
        task: What is decided.
        log: Where answers are kept.
        overlap: How many people label each text.
        team: Whether several people share the queue; somebody alone is not asked again what
            anybody has labelled or skipped.
        leases: Who holds what.
    """

    def __init__(
        self,
        queue: Iterable[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        overlap: int = 1,
        team: bool = True,
        leases: Leases | None = None,
    ) -> None:
        self.task = task
        self.log = log
        self.overlap = overlap
        self.team = team
        self.leases = leases or Leases()
        self.items: dict[str, QueueItem] = {}
        self._places: dict[str, int] = {}
        self._history: dict[str, dict[str, list[Annotation]]] = {}
        self._own: dict[str, dict[str, Annotation]] = {}
        self._open: dict[str, None] = {}
        self.refresh(queue)

    def refresh(self, queue: Iterable[QueueItem]) -> None:
        """Take another queue, as after a new round, and read the log again."""
        self.items = {item.example.id: item for item in queue}
        self._places = {id_: place for place, id_ in enumerate(self.items)}
        self._history, self._own = {}, {}
        for event in self.log.annotations():
            self._take(event)
        self._open = {id_: None for id_ in self.items if not self._done(id_)}

    def item(self, id_: str) -> QueueItem:
        """The item of an example.

        Raises:
            DataError: If the example is not in the queue.
        """
        if id_ not in self.items:
            raise DataError("This text is not one of those that are asked about.")
        return self.items[id_]

    def place(self, id_: str) -> int:
        """Where a text stands in the queue, from 0."""
        return self._places[id_]

    def own(self, annotator: str) -> dict[str, Annotation]:
        """Somebody's answers that count, by example, the latest last."""
        return self._own.setdefault(annotator, {})

    def keep(self, event: Annotation) -> bool:
        """Append an event to the log, durably, and take it into account.

        Returns:
            False if it was known already; then nothing changed.
        """
        new = self.log.append(event)
        if event.action == "undo":
            self.leases.take(event.example_id, event.annotator)  # it is before their eyes again
        elif event.action in ("label", "skip"):
            self.leases.drop(event.example_id, event.annotator)
        if new and event.example_id in self.items:
            self._take(event)
            self._sort_in(event.example_id)
        return new

    def open_ids(self, annotator: str) -> Iterator[str]:
        """The texts that somebody could still be given, in order."""
        own = self.own(annotator)
        return (id_ for id_ in self._open if id_ not in own)

    def open_count(self, annotator: str) -> int:
        """How many these are."""
        own = self.own(annotator)
        return len(self._open) - sum(id_ in self._open for id_ in own)

    def hand_out(self, annotator: str, most: int) -> tuple[list[str], bool]:
        """Lease texts to somebody: those that they hold already, and more up to `most`.

        Returns:
            The texts' ids in the queue's order, and whether others could follow.
        """
        self.leases.renew(annotator)
        own = self.own(annotator)
        held = [id_ for id_ in self.leases.held(annotator) if id_ in self._open and id_ not in own]
        room = max(0, most - len(held))
        free = (id_ for id_ in self.open_ids(annotator)
                if id_ not in held and self._missing(id_, annotator))  # fmt: skip
        found = list(islice(free, room + 1))  # and no further: a queue may be long
        given = sorted(held + found[:room], key=self.place)
        more = len(found) > room
        if not given:  # everything is in other hands: take over what was held longest
            given = sorted(self.open_ids(annotator), key=self.leases.end)[:1]
        for id_ in given:
            self.leases.take(id_, annotator)
        return given, more

    def _take(self, event: Annotation) -> None:
        """Work an event into the answers that count."""
        id_, annotator = event.example_id, event.annotator
        if id_ not in self.items or event.action == "repeat":
            return
        history = self._history.setdefault(id_, {}).setdefault(annotator, [])
        if event.action == "undo":
            del history[-1:]
        else:
            history.append(event)
        own = self.own(annotator)
        own.pop(id_, None)
        if answers := [one for one in history if one.action != "resolve"]:
            own[id_] = answers[-1]

    def _sort_in(self, id_: str) -> None:
        """Put a text among those that wait, in its place, or take it out."""
        if self._done(id_):
            self._open.pop(id_, None)
        elif id_ not in self._open:
            self._open = {one: None for one in self.items if one in self._open or one == id_}

    def _done(self, id_: str) -> bool:
        if self.items[id_].purpose == "check":
            return False
        by = self._history.get(id_, {})
        said = [one.action for history in by.values() for one in history]
        if not self.team:
            return bool(said)
        return "resolve" in said or self._labelled(id_) >= self.overlap

    def _missing(self, id_: str, annotator: str) -> bool:
        """Whether a text needs one more person than those who answered it or hold it."""
        if self.items[id_].purpose == "check":
            return True
        others = [one for one in self.leases.holders(id_) if one != annotator]
        return self._labelled(id_) + len(others) < self.overlap

    def _labelled(self, id_: str) -> int:
        own = (self._own[one].get(id_) for one in self._history.get(id_, ()))
        return sum(answer is not None and answer.action == "label" for answer in own)
