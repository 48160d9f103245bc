"""Answers from another tool's file into a project: looked at whole, then kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from activellm.annotation.contract import Annotation
from activellm.errors import DataError
from activellm.exchange.contract import Entry, Findings, Format
from activellm.exchange.intake import Intake
from activellm.exchange.matching import Finder
from activellm.progress import Progress, silent
from activellm.project import Project, queue

_BATCH_ENTRIES = 2000
_BATCH_CHARACTERS = 1 << 24


@dataclass(frozen=True)
class Plan:
    """What an import would do.

    Attributes:
        texts: Entries in the file.
        matched: Those about a text of the pool.
        unanswered: Those without any answer.
        events: New annotations, in the order in which they are kept.
        known: Answers that the project has already.
        unasked: Texts with new answers that nobody was asked about in this project.
        found: What was not taken.
    """

    texts: int
    matched: int
    unanswered: int
    events: tuple[Annotation, ...]
    known: int
    unasked: int
    found: Findings

    def keep(self, project: Project) -> int:
        """Keep the new annotations; gives how many nobody else has kept meanwhile."""
        return project.store.append_all(self.events)


def plan_import(
    project: Project,
    format: Format,
    path: Path,
    *,
    annotator: str = "",
    progress: Progress = silent,
) -> Plan:
    """Read a whole file and find out which answers are new. Nothing is written.

    Memory grows with the answers, not with the texts.

    Args:
        project: Into which.
        format: The file's.
        path: The file or folder.
        annotator: Whose the answers are that the file has no name for. Default: the format's name.
        progress: Told the entries read.

    Raises:
        DataError: If the file cannot be read, holds nothing of this project, or has two answers
            of one person to one text and does not say which came first.
    """
    if not path.exists():
        raise DataError("There is no such file.", where=str(path))
    found = Findings()
    intake = Intake(
        project.task,
        project.store.annotations(),
        oracle=format.name,
        annotator=annotator or format.name,
        found=found,
    )
    finder = Finder(project.pool)
    texts = matched = 0
    for batch in _batches(format.read(path, project.task, found)):
        for entry, example in zip(batch, finder.find(batch, found), strict=True):
            if example is not None:
                matched += 1
                intake.take(entry, example.id)
        texts += len(batch)
        progress(f"Reading {path.name}", texts, None)
    progress(f"Reading {path.name}", texts, texts)
    if not texts:
        raise DataError("It holds no texts.", where=str(path))
    if not matched:
        raise DataError(
            f"None of its {texts:,} texts is in this project's pool.",
            where=str(path),
            remedy=f"Is it another project's? {' '.join(found.sentences())}",
        )
    asked = {one.example.id for one in queue(project)}
    unasked = {one.example_id for one in intake.new} - asked
    return Plan(
        texts, matched, intake.unanswered, tuple(intake.new), intake.known, len(unasked), found
    )


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += len(entry.text or "") + len(entry.pair or "")
        if len(batch) >= _BATCH_ENTRIES or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
