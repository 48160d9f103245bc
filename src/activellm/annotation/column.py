"""Gold labels from a column of the pool: a simulation, no people involved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from activellm.annotation.answering import keep_all, label_event, waiting
from activellm.annotation.contract import AnnotationLog, QueueItem
from activellm.errors import DataError, UsageError
from activellm.pool.example import Example
from activellm.progress import Progress, silent
from activellm.task import Task

if TYPE_CHECKING:
    from activellm.annotation.oracles import OracleOptions


class ColumnOracle:
    """Answers with the label that each text's row of the pool holds.

    In a multi-label task an empty cell means "none of the labels"; in a single-label task the text
    stays open, with a warning.

    Args:
        column: The column of gold labels.
        label_column: The name of the column that became `Example.label`, if one did.
        annotator: Under which name the answers are kept.
    """

    name: ClassVar[str] = "column"

    def __init__(
        self, column: str, *, label_column: str = "label", annotator: str = "gold"
    ) -> None:
        self.column = column
        self.label_column = label_column
        self.annotator = annotator
        self.warnings: tuple[str, ...] = ()

    @classmethod
    def from_spec(cls, argument: str, options: OracleOptions, /) -> Self:
        """Make it from "column:NAME".

        Raises:
            UsageError: If the name is missing.
        """
        if not argument.strip():
            raise UsageError(
                "Which column holds the labels?",
                where="--oracle column",
                remedy="Write --oracle column:NAME.",
            )
        return cls(argument.strip(), label_column=options.label_column)

    def answer(
        self,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        notice: str = "",
        progress: Progress = silent,
    ) -> None:
        """Answer all that waits. All cells are checked before the first answer is kept.

        Raises:
            DataError: If the column does not exist, or a cell holds no label of the task.
        """
        self.warnings = ()
        open_items = waiting(queue, log)
        cells = [(item.example, self._cell(item.example)) for item in open_items]
        given = [(example, cell) for example, cell in cells if cell.strip() or task.multi]
        events = [
            label_event(
                example.id,
                task.answer(cell, where=f"column {self.column!r}, row {example.row}"),
                annotator=self.annotator,
                oracle=self.name,
            )
            for example, cell in given
        ]
        if missing := len(open_items) - len(events):
            self.warnings = (
                f"{missing} of {len(open_items)} texts have no label in the column "
                f"{self.column!r}; they stay open.",
            )
        keep_all(events, log, len(events), progress)

    def _cell(self, example: Example) -> str:
        if self.column in example.meta:
            return example.meta[self.column]
        if self.column == self.label_column:
            return example.label or ""
        known = ", ".join(sorted(example.meta)) or "none"
        raise DataError(
            f"There is no column {self.column!r} to take labels from.",
            where=f"row {example.row}",
            remedy=f"Columns kept with the texts: {known}.",
        )
