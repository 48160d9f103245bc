"""Which batches were handed in: noted before they are sent, so that none is handed in twice.

One JSON file a batch, `TOKEN.json`. It holds no text and no key.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from activellm.errors import StoreError
from activellm.files import write_text
from activellm.llm.lines import lock


@dataclass(frozen=True)
class Batch:
    """One batch, as it is noted.

    Attributes:
        token: Our own name of it.
        model: The model, as the user names it.
        server: Where it went.
        made: When it was noted, just before it was sent, in UTC (ISO 8601).
        questions: The most tokens that each can read and write, by the key of its content.
        id: The provider's name of it; empty as long as that is not known.
        ended: Whether its answers were fetched.
        unanswered: Those of its questions that have no usable answer, and why.
    """

    token: str
    model: str
    server: str
    made: str
    questions: Mapping[str, tuple[int, int]]
    id: str = ""
    ended: bool = False
    unanswered: Mapping[str, str] | None = None

    def holds(self, key: str) -> bool:
        """Whether an answer to this question is in it, or can still come."""
        return key in self.questions and key not in (self.unanswered or {})


_BATCH = TypeAdapter(Batch)


class Ledger:
    """The batches of one folder. Safe to use on many threads.

    Args:
        folder: Where the notes are; made at the first. None keeps them in memory.

    Raises:
        StoreError: If a note cannot be read.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        self._batches = {one.token: one for one in read_batches(folder)} if folder else {}

    def batches(self) -> list[Batch]:
        """All of them, the latest first."""
        with self._lock:
            return sorted(self._batches.values(), key=lambda one: one.made, reverse=True)

    def holding(self, key: str) -> Batch | None:
        """The latest batch that holds a question's answer, or will."""
        return next((one for one in self.batches() if one.holds(key)), None)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others out who hand in batches of this folder, and see what they have noted."""
        if self.folder is None:
            with self._lock:
                yield
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as file:
            lock(file.fileno())
            with self._lock:
                self._batches = {one.token: one for one in read_batches(self.folder)}
            yield

    def again(self, batch: Batch) -> int:
        """How many of a batch's questions an earlier one has left without an answer."""
        earlier = [one.unanswered or {} for one in self.batches() if one.made < batch.made]
        return sum(any(key in one for one in earlier) for key in batch.questions)

    def note(self, batch: Batch) -> None:
        """Keep what is known of a batch; it is on the disk when this returns.

        Raises:
            StoreError: If it cannot be written.
        """
        with self._lock:
            if self.folder is not None:
                _write(self.folder, batch)
            self._batches[batch.token] = batch

    def without_answer(self, key: str, why: str) -> None:
        """Note that what came for a question is of no use; when it comes again, it is new."""
        with self._lock:
            if (batch := self.holding(key)) is not None:
                self.note(replace(batch, unanswered={**(batch.unanswered or {}), key: why}))

    def drop(self, batch: Batch) -> None:
        """Forget a batch that was never handed in."""
        with self._lock:
            del self._batches[batch.token]
            if self.folder is not None:
                (self.folder / f"{batch.token}.json").unlink(missing_ok=True)


def read_batches(folder: Path) -> Iterator[Batch]:
    """The batches that are noted in a folder, which need not exist.

    Raises:
        StoreError: If a note cannot be read.
    """
    for path in sorted(folder.glob("*.json")):
        try:
            yield _BATCH.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            raise StoreError(
                "This note of a batch cannot be read.",
                where=str(path),
                remedy="Remove it to ask its questions again; they are then paid for again.",
            ) from None


def _write(folder: Path, batch: Batch) -> None:
    path = folder / f"{batch.token}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(asdict(batch), indent=1) + "\n")
    except OSError as error:
        raise StoreError(f"A batch cannot be noted: {error.strerror}.", where=str(path)) from None
