"""Labels from a file that somebody filled in elsewhere, such as in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from activellm.annotation.answering import keep_all, label_event, waiting
from activellm.annotation.contract import AnnotationLog, QueueItem
from activellm.annotation.label_rows import LabelRow, read_label_rows
from activellm.errors import DataError, UsageError
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.task import Answer, Task

if TYPE_CHECKING:
    from activellm.annotation.oracles import OracleOptions


class FileOracle:
    """Answers with the labels in a CSV or JSONL file; what the file lacks stays open.

    Columns: `id`, or `text` (and `pair` in a pair task), which must be exactly the pool's; `label`
    (several joined by "|" in a multi-label task, "|" alone for none of them; an empty cell means
    not labelled yet); optionally `annotator`, `unsure` (yes or no) and `note`.

    Args:
        path: The file, UTF-8.
        annotator: Whose answers they are where the file does not say.
    """

    name: ClassVar[str] = "file"

    def __init__(self, path: Path | str, *, annotator: str = "file") -> None:
        self.path = Path(path)
        self.annotator = annotator
        self.warnings: tuple[str, ...] = ()

    @classmethod
    def from_spec(cls, argument: str, options: OracleOptions, /) -> Self:
        """Make it from "file:PATH".

        Raises:
            UsageError: If the path is missing.
        """
        if not argument.strip():
            raise UsageError(
                "Which file holds the labels?",
                where="--oracle file",
                remedy="Write --oracle file:PATH.",
            )
        return cls(argument.strip())

    def answer(
        self,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        notice: str = "",
        progress: Progress = silent,
    ) -> None:
        """Answer what the file covers. All its cells are checked before an answer is kept.

        Raises:
            DataError: If the file cannot be used, a label is unknown, or one text has two answers.
        """
        self.warnings = ()
        filled = [row for row in read_label_rows(self.path) if row.label]
        answers = [(row, task.answer(row.label, where=row.where)) for row in filled]
        matched, strangers = _match(answers, queue)
        open_items = waiting(queue, log)
        events = [
            label_event(
                item.example.id,
                answer,
                annotator=row.annotator or self.annotator,
                oracle=self.name,
                unsure=row.unsure,
                note=row.note,
            )
            for item in open_items
            if item.example.id in matched
            for row, answer in [matched[item.example.id]]
        ]
        self.warnings = self._warn(strangers, len(open_items) - len(events), len(open_items))
        keep_all(events, log, len(events), progress)

    def _warn(self, strangers: Sequence[LabelRow], missing: int, total: int) -> tuple[str, ...]:
        warnings = []
        if strangers:
            warnings.append(
                f"{len(strangers)} labelled rows match none of the texts that are asked about; "
                f"the first is {strangers[0].where}."
            )
        if missing:
            warnings.append(
                f"{missing} of {total} texts have no label in {self.path}; they stay open."
            )
        return tuple(warnings)


def _match(
    answers: Iterable[tuple[LabelRow, Answer]], queue: Sequence[QueueItem]
) -> tuple[dict[str, tuple[LabelRow, Answer]], list[LabelRow]]:
    """Rows by example id, and the rows that fit no example of the queue.

    Raises:
        DataError: If two rows answer the same example differently.
    """
    ids = {item.example.id for item in queue}
    by_content: dict[Content, str] = {item.example.content: item.example.id for item in queue}
    matched: dict[str, tuple[LabelRow, Answer]] = {}
    strangers: list[LabelRow] = []
    for row, answer in answers:
        content = (row.text, row.pair) if row.pair else row.text
        id_ = row.id if row.id in ids else None if row.id else by_content.get(content)
        if id_ is None:
            strangers.append(row)
        elif id_ not in matched:
            matched[id_] = (row, answer)
        elif matched[id_][1] != answer:
            raise DataError(
                f"The same text is labelled {_shown(answer)} here and "
                f"{_shown(matched[id_][1])} in {matched[id_][0].where}.",
                where=row.where,
                remedy="Decide for one of them; nothing was kept.",
            )
    return matched, strangers


def _shown(answer: Answer) -> str:
    return " and ".join(repr(name) for name in answer) or "with no label"
