"""What is done to each block of rows: the classifier's labels and probabilities for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from activellm.blocks import Block
from activellm.evaluation.abstention import sureness
from activellm.evaluation.runs import say
from activellm.pool import Content
from activellm.pool.identity import digest
from activellm.project.prediction.rows import WINDOW, Rows
from activellm.successors.checks import decide
from activellm.successors.contract import Classifier, TellsDisagreement
from activellm.successors.onnx_runtime import open_classifier
from activellm.task import SEPARATOR, Task


@dataclass(frozen=True)
class Model:
    """Where a trained classifier is, and how it is opened.

    Attributes:
        folder: A saved successor.
        fingerprint: Of its files.
        device: Where it computes: "auto", "cpu", ...
        int8: Whether its weights of 8 bits are taken.
    """

    folder: Path
    fingerprint: str
    device: str = "auto"
    int8: bool = False

    def open(self) -> Classifier:
        """Open it, without a query model."""
        return open_classifier(self.folder, device=self.device, int8=self.int8)


@dataclass(frozen=True)
class Answering:
    """How probabilities become answers.

    Attributes:
        task: What is decided.
        limits: Thresholds by label, for `decide`; none for the most probable label, or 0.5 each.
        threshold: Texts whose answer is less sure than this get no label; None answers all.
    """

    task: Task
    limits: tuple[float, ...] = ()
    threshold: float | None = None

    def fields(self, columns: Sequence[str], classifier: Classifier) -> list[Any]:
        """The Arrow fields that are added to a file with these columns, under names it lacks."""
        wanted = [("predicted_label", pa.string())]
        wanted += [(f"p({label})", pa.float64()) for label in self.task.label_names]
        wanted += [("disagreement", pa.float64())] * isinstance(classifier, TellsDisagreement)
        wanted += [("abstained", pa.bool_())] * (self.threshold is not None)
        return [pa.field(_free(name, columns), kind) for name, kind in wanted]

    def answers(self, classifier: Classifier, contents: Sequence[Content]) -> list[list[Any]]:
        """The added columns for some texts, in the order of `fields`."""
        said = say(classifier, contents)
        chances = said.probabilities
        given = self.task.answers(decide(chances, self.task, self.limits))
        labels: list[str | None] = [SEPARATOR.join(answer) for answer in given]
        columns: list[list[Any]] = [labels, *chances.T.tolist()]
        if said.disagreement is not None:
            columns.append(said.disagreement.tolist())
        if self.threshold is not None:
            unsure = (sureness(self.task, chances) < self.threshold).tolist()
            columns[0] = [
                None if doubt else label for label, doubt in zip(labels, unsure, strict=True)
            ]
            columns.append(unsure)
        return columns


@dataclass
class Predicting:
    """The work on a block; see `BlockWork`.

    Attributes:
        rows: What to predict.
        source: Names the rows' source and its state.
        text: The columns with the text, or the two of a pair.
        model: The classifier.
        answering: How it answers.
        schema: Of the result, made of `Answering.fields`.
        window: Texts that the classifier is given at a time. It decides which texts share a batch,
            and so the last digits.
    """

    rows: Rows
    source: str
    text: tuple[str, ...]
    model: Model
    answering: Answering
    schema: Any
    window: int = WINDOW
    classifier: Classifier | None = field(default=None, compare=False)
    what = "Prediction"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "classifier": None}  # each process opens its own

    def key(self) -> Mapping[str, Any]:
        """See `BlockWork.key`."""
        return {
            "source": self.source,
            "columns": list(self.text),
            "classifier": self.model.fingerprint,
            "int8": self.model.int8,
            "task": self.answering.task.fingerprint,
            "limits": list(self.answering.limits),
            "threshold": self.answering.threshold,
            "window": self.window,
            "result": self.schema.names,
        }

    def do(self, block: Block) -> Any:
        """See `BlockWork.do`."""
        self.classifier = self.classifier or self.model.open()
        starts = range(block.start, block.stop, self.window)
        parts = [self._window(start, min(start + self.window, block.stop)) for start in starts]
        return pa.Table.from_batches(parts, self.schema)

    def _window(self, start: int, stop: int) -> Any:
        contents = self._contents(start, stop)
        full = [place for place, one in enumerate(contents) if digest(one) is not None]
        width = len(self.schema)
        answers: list[list[Any]] = [[]] * width
        if full:
            some = [contents[place] for place in full]
            answers = self.answering.answers(self.classifier, some)  # type: ignore[arg-type]
        columns = [_spread(column, full, len(contents)) for column in answers]
        pairs = zip(columns, self.schema, strict=True)
        arrays = [pa.array(cells, one.type) for cells, one in pairs]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _contents(self, start: int, stop: int) -> list[Content]:
        table = self.rows.window(start, stop)
        texts = [table.column(name).to_pylist() for name in self.text]
        return list(zip(*texts, strict=True)) if len(texts) > 1 else texts[0]


def _spread(cells: Sequence[Any], places: Sequence[int], size: int) -> list[Any]:
    """Cells at their places among rows without text, which get none."""
    column = [None] * size
    for place, cell in zip(places, cells, strict=True):
        column[place] = cell
    return column


def _free(name: str, columns: Sequence[str]) -> str:
    while name in columns:
        name += "_"
    return name
