"""What goes out to other tools and comes back, and the contract of a format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Protocol

from activellm.annotation.contract import Annotation
from activellm.task import Answer, Task

FIRST = 5
"""Places that a report names for each kind of surprise."""

MOST_KINDS = 40
"""Kinds of surprises that a report tells apart."""

FURTHER = "further surprises of other kinds"
_CLIP = 60


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model expects of a text. Never an annotation.

    Attributes:
        model: Who expects it.
        probabilities: By label.
    """

    model: str
    probabilities: Mapping[str, float]

    @property
    def label(self) -> str:
        """The most probable label."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])


@dataclass(frozen=True, slots=True)
class Item:
    """A text on its way out, with all that is known of it.

    Attributes:
        id: Stable identity.
        text: The text; of a pair the first.
        pair: The second text of a pair, else None.
        events: Every annotation of it, in the order in which they arrived.
        resolved: What the answers say together; None if there is no one label.
        prediction: What the query model expects, if it is to be told.
    """

    id: str
    text: str
    pair: str | None = None
    events: tuple[Annotation, ...] = ()
    resolved: Answer | None = None
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as another tool wrote it down.

    Attributes:
        labels: As written there.
        action: "label" or "skip".
        annotator: Who, as the tool calls them; empty if it does not say.
        event: The annotation of ours that this one was made of, if the file says so.
        unsure, discuss, note: As in `Annotation`; None where the format cannot tell.
        seconds, at: As in `Annotation`.
    """

    labels: tuple[str, ...]
    action: Literal["label", "skip"] = "label"
    annotator: str = ""
    event: str = ""
    unsure: bool | None = None
    discuss: bool | None = None
    note: str | None = None
    seconds: float | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A text as a file has it.

    Attributes:
        where: Its place, for messages ("task 3").
        id: Our id, if the file carries it; else empty.
        text: The text; None if the file holds only ids.
        pair: The second text of a pair.
        events: Annotations of ours that came along whole.
        said: Answers in the tool's own form, those made of `events` among them.
    """

    where: str
    id: str = ""
    text: str | None = None
    pair: str | None = None
    events: tuple[Annotation, ...] = ()
    said: tuple[Said, ...] = ()


@dataclass
class Findings:
    """What a file held that was not taken, by kind: how often, and the first places.

    Attributes:
        counts: How often.
        places: The first places of each kind.
    """

    counts: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, where: str, times: int = 1) -> None:
        """Remember that something was not taken."""
        if kind not in self.counts and len(self.counts) >= MOST_KINDS:
            kind = FURTHER
        self.counts[kind] += times
        known = self.places.setdefault(kind, [])
        if len(known) < FIRST and where not in known:
            known.append(where)

    def sentences(self) -> list[str]:
        """One for each kind, the commonest first."""
        return [
            f"{count:,} {kind}; first: {', '.join(self.places[kind])}."
            for kind, count in self.counts.most_common()
        ]


def clip(value: object) -> str:
    """What a file says, as a message may quote it: short, and without control characters."""
    shown = repr(value)
    return shown if len(shown) <= _CLIP else f"{shown[:_CLIP]}…"


class Format(Protocol):
    """A file format of another tool: both ways, in memory that does not grow with the file.

    Attributes:
        name: How the user asks for it ("label-studio").
        folder: Whether it is a folder of files.
    """

    name: ClassVar[str]
    folder: ClassVar[bool]

    def beside(self, task: Task) -> Mapping[str, str]:
        """Small files that belong beside a written one: what its name ends in, and its text."""
        ...

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """Write items.

        Args:
            items: The texts.
            task: What is decided about them.
            path: A file that may be overwritten, or an empty folder.
        """
        ...

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """Read the entries, in the file's order.

        What cannot be an answer of the task (spans, ratings, unknown fields) is noted in `found`.

        Args:
            path: The file or folder.
            task: What is decided.
            found: Told what is not taken.

        Raises:
            DataError: If it is not in this format, damaged or cut off.
        """
        ...
