"""The answers of a file, sorted: new ones, known ones, and those that cannot be taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from activellm.annotation.contract import Annotation
from activellm.annotation.votes import standing
from activellm.errors import DataError
from activellm.exchange.comparing import content, moment, says
from activellm.exchange.contract import Entry, Findings, Said, clip
from activellm.pool.identity import storable
from activellm.task import Answer, Task

MOVED = "annotations that the project has of another text"
OLD = "changed copies of answers that no longer count"
BEFORE = "answers that the same person has replaced since"
TIMES = "times that cannot be read (the answers count as given now)"
SIGNS = "names or notes with signs that cannot be kept (replaced)"


class Intake:
    """Takes entries one after the other, and knows what the project has.

    Args:
        task: What is decided.
        events: The project's annotations, in the order in which they arrived.
        oracle: What new answers are noted to have come by.
        annotator: Whose the answers are that the file has no name for.
        found: Told what is not taken.

    Attributes:
        new: New annotations, in the order in which they are to be kept.
        unanswered: Entries without any answer.
    """

    def __init__(
        self,
        task: Task,
        events: Iterable[Annotation],
        *,
        oracle: str,
        annotator: str,
        found: Findings,
    ) -> None:
        self._task, self._oracle, self._annotator = task, oracle, annotator
        self._found = found
        self._events: dict[str, list[Annotation]] = {}
        self._by_event: dict[str, Annotation] = {}
        self._places: dict[str, str] = {}
        for event in events:
            self._remember(event)
        self._stored = set(self._by_event)
        self._overtaken: dict[str, Annotation] = {}
        self.new: list[Annotation] = []
        self._known: set[str] = set()
        self.unanswered = 0

    def _remember(self, event: Annotation) -> None:
        self._events.setdefault(event.example_id, []).append(event)
        self._by_event[event.event] = event

    @property
    def known(self) -> int:
        """How many of the file's answers the project has already."""
        return len(self._known & self._stored)

    def take(self, entry: Entry, example_id: str) -> None:
        """Take what an entry says about a text of the pool."""
        self.unanswered += not entry.events and not entry.said
        for event in entry.events:
            self._take_event(replace(event, example_id=example_id), entry.where)
        for said in entry.said:
            self._take_said(said, example_id, entry.where)

    def _take_event(self, event: Annotation, where: str) -> None:
        """An annotation of ours, whole: kept as it is, unless it is known."""
        labels = self._labels(event.labels, event.action not in ("skip", "undo"), where)
        if labels is None:
            return
        event = replace(event, labels=labels, annotator=self._clean(event.annotator, where),
                        note=self._clean(event.note, where))  # fmt: skip
        known = self._by_event.get(event.event)
        if known is None and self._is_overtaken(event):
            self._overtaken[event.event] = event
            self._found.note(BEFORE, where)
        elif known is None:
            self._add(event)
        elif known.example_id != event.example_id:
            self._found.note(MOVED, where)
        elif content(known) == content(event):
            self._known.add(event.event)
        elif known in self._standing(event.example_id).values():
            said = Said(labels, "skip" if event.action == "skip" else "label", event.annotator,
                        event.event, event.unsure, event.discuss, event.note)  # fmt: skip
            self._take_said(said, event.example_id, where)
        else:
            self._found.note(OLD, where)

    def _take_said(self, said: Said, id_: str, where: str) -> None:
        """An answer in a tool's own form: new, unless its person has given it already."""
        labels = self._labels(said.labels, said.action == "label", where)
        if labels is None:
            return
        said = replace(said, labels=labels)
        source = self._by_event.get(said.event) or self._overtaken.get(said.event)
        if source is not None and source.example_id == id_ and says(source, said):
            self._known.add(source.event)
            return
        annotator = said.annotator or (source.annotator if source else "") or self._annotator
        annotator = self._clean(annotator, where)
        before = self._standing(id_).get(annotator)
        if before is not None and says(before, said):
            self._known.add(before.event)
            return
        at = moment(said.at)
        if said.at and not at:
            self._found.note(TIMES, where)
        if before is not None and not self._is_later(before, at, where):
            self._found.note(BEFORE, where)
            return
        event = self._event(said, id_, annotator, at, where)
        self._places[event.event] = where
        self._add(event)

    def _event(self, said: Said, id_: str, annotator: str, at: str, where: str) -> Annotation:
        """A new annotation; its id is the same when the same file is read again."""
        note = self._clean(said.note or "", where)
        number = sum(one.annotator == annotator for one in self._events.get(id_, ()))
        parts = [id_, annotator, said.action, said.labels, said.unsure, said.discuss, note, number]
        name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        return Annotation(
            event=name,
            example_id=id_,
            annotator=annotator,
            action=said.action,
            labels=said.labels,
            unsure=bool(said.unsure),
            discuss=bool(said.discuss),
            note=note,
            seconds=said.seconds,
            at=at,
            oracle=self._oracle,
        )

    def _is_later(self, before: Annotation, at: str, where: str) -> bool:
        """Whether an answer of this time replaces one from the same file, or from the project.

        One without a time replaces the project's: it was given now, as far as we can tell.

        Raises:
            DataError: If both are in the file, and it does not say which came first.
        """
        first = self._places.get(before.event)
        if at and before.at and (first is None or at != before.at):
            return at >= before.at
        if first is None:
            return True
        raise DataError(
            f"{before.annotator!r} gave the same text another answer in {first}, and nothing says "
            "which came later.",
            where=where,
            remedy="Decide for one of them; nothing was kept.",
        )

    def _is_overtaken(self, event: Annotation) -> bool:
        """Whether its person has said something of the text in this project later than that."""
        return any(
            one.annotator == event.annotator and one.at > event.at and one.event in self._stored
            for one in self._events.get(event.example_id, ())
        )

    def _add(self, event: Annotation) -> None:
        self._remember(event)
        self.new.append(event)

    def _standing(self, id_: str) -> Mapping[str, Annotation]:
        return standing(self._events.get(id_, [])).get(id_, {})

    def _labels(self, names: tuple[str, ...], needed: bool, where: str) -> Answer | None:
        """The task's labels of these names; None, and a note, if they are none."""
        if not needed:
            return ()
        try:
            return self._task.answer(names)
        except DataError:
            known = {*self._task.label_names, *self._task.former}
            unknown = sorted({name.strip() for name in names} - known)
            shown = clip(unknown[0]) if unknown else ""
            kind = f"answers with the label {shown}, which the task lacks" if unknown else (
                f"answers with {len(names)} labels, where one is needed"
            )  # fmt: skip
            self._found.note(kind, where)
            return None

    def _clean(self, words: str, where: str) -> str:
        clean = storable(words)
        if clean != words:
            self._found.note(SIGNS, where)
        return clean
