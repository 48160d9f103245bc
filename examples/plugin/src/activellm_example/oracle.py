"""An oracle: labels by the first keyword that a text holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from activellm.annotation import AnnotationLog, OracleOptions, QueueItem
from activellm.annotation.answering import keep_all, label_event, waiting
from activellm.errors import DataError, UsageError
from activellm.progress import Progress, silent
from activellm.task import Task
from activellm_example.words import words


class KeywordOracle:
    """Answers by a file of lines `keyword=label`; a text without any keyword stays open."""

    name: ClassVar[str] = "keywords"

    def __init__(self, keywords: dict[str, str]) -> None:
        self.keywords = keywords
        self.warnings: tuple[str, ...] = ()

    @classmethod
    def from_spec(cls, argument: str, options: OracleOptions, /) -> Self:
        """Make it from "keywords:FILE".

        Raises:
            UsageError: If no file is named.
            DataError: If it cannot be read.
        """
        if not argument:
            raise UsageError("Which file holds the keywords?", remedy="Write keywords:FILE.")
        try:
            lines = Path(argument).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"Cannot read it: {error}.", where=argument) from None
        pairs = [line.partition("=") for line in lines if "=" in line]
        return cls({word.strip().lower(): label.strip() for word, _, label in pairs})

    def answer(
        self,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        notice: str = "",
        progress: Progress = silent,
    ) -> None:
        """Answer what waits and holds a keyword; all labels are checked before one is kept.

        Raises:
            DataError: If the file names an unknown label.
        """
        known = {word: task.answer(label, where=word) for word, label in self.keywords.items()}
        open_items = waiting(queue, log)
        found = [
            (
                item.example.id,
                next((known[word] for word in words(item.example.content) if word in known), None),
            )
            for item in open_items
        ]
        events = [
            label_event(id_, answer, annotator=self.name, oracle=self.name)
            for id_, answer in found
            if answer is not None
        ]
        missing = len(open_items) - len(events)
        self.warnings = (f"{missing} texts hold no keyword; they stay open.",) if missing else ()
        keep_all(events, log, len(events), progress)
