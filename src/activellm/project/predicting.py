"""Label a whole file with the trained classifier, in constant memory."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from activellm.errors import UsageError
from activellm.evaluation.abstention import sureness
from activellm.evaluation.runs import say
from activellm.files import atomic_path
from activellm.pool import Content, Record, Source, find_columns, open_source
from activellm.pool.identity import digest
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.training import Training, latest_training
from activellm.successors.checks import decide
from activellm.successors.contract import Classifier, TellsDisagreement
from activellm.successors.onnx_runtime import open_classifier
from activellm.task import SEPARATOR, Task

BATCH, BATCH_OF_BATCHES = 1024, 100_000
"""Rows at a time; more where a query model's answers take hours however many there are."""

Row: TypeAlias = dict[str, Any]
Write: TypeAlias = Callable[[list[Row]], None]


@dataclass(frozen=True)
class Written:
    """What a prediction wrote: rows in all, rows without text (they get no label), seconds.

    And rows with text that got no label because the classifier is not sure enough.
    """

    rows: int
    empty: int
    seconds: float
    abstained: int = 0


def predict_file(
    project: Project,
    file: str,
    output: Path,
    *,
    text: str | None = None,
    text_b: str | None = None,
    format: str | None = None,
    threshold: float | None = None,
    limits: Sequence[float] = (),
    int8: bool = False,
    progress: Progress = silent,
) -> Written:
    """Write a file's rows with `predicted_label` and one probability column for each label.

    An ensemble adds `disagreement`, the share of members that vote otherwise; a threshold adds
    `abstained`.

    Rows keep their order and all their columns; a row without text gets no label. The output
    appears whole or not at all.

    Args:
        project: With a trained successor.
        file: Any file that a pool may come from; "-" for standard input.
        output: Ends in .csv, .jsonl or .parquet.
        text, text_b: The text columns; as in the pool where the file has columns of those names.
        format: The file's format, where its name does not tell.
        threshold: Rows whose answer is less sure than this get no label; None answers all.
        limits: Thresholds by label, for `decide`; none for the most probable label, or 0.5 each.
        int8: Predict with the weights of 8 bits that `export --int8` made.
        progress: Told rows done.

    Raises:
        UsageError: If nothing is trained yet, the output's ending is none of the three, or there
            are no weights of 8 bits.
        DataError: If the file cannot be read.
    """
    training = trained(project)
    writer = _WRITERS.get(output.suffix.lower())
    if writer is None:
        raise UsageError(
            f"{output.name!r} does not end in {', '.join(_WRITERS)}.", where="--output"
        )
    source = open_source(file, format=format)
    content_of = _content_reader(project, source, text, text_b)
    tools = project.tools
    successor = open_classifier(
        training.folder, device=tools.settings.device, judge=tools.judge, int8=int8
    )
    names = _output_names(source.columns, project.task, successor, threshold)
    start, rows, empty, abstained = time.perf_counter(), 0, 0, 0
    with atomic_path(output) as draft, writer(draft, [*source.columns, *names]) as write:
        size = BATCH_OF_BATCHES if tools.settings.llm_batch else BATCH
        for batch in _batches(source.records(), size):
            labelled = _label(batch, successor, project.task, content_of, names, limits, threshold)
            write(labelled)
            rows += len(labelled)
            empty += sum(1 for row in labelled if row[names[1]] is None)
            if threshold is not None:
                abstained += sum(bool(row[names[-1]]) for row in labelled)
            progress("Prediction", rows, source.total)
    return Written(rows, empty, time.perf_counter() - start, abstained)


def trained(project: Project) -> Training:
    """The most recent trained successor.

    Raises:
        UsageError: If nothing is trained yet.
    """
    training = latest_training(project)
    if training is None:
        raise UsageError(
            "Nothing is trained yet.",
            where=str(project.folder),
            remedy="Run activellm train first.",
        )
    return training


def _content_reader(
    project: Project, source: Source, text: str | None, text_b: str | None
) -> Callable[[Record], Content]:
    trained = project.imported.columns
    columns = find_columns(
        source,
        text=text or (trained.text if trained.text in source.columns else None),
        text_b=text_b or (trained.pair if trained.pair in source.columns else None),
        pair=project.task.pair,
    )
    return lambda record: columns.content(record.values)


def _label(
    batch: Sequence[Record],
    successor: Classifier,
    task: Task,
    content_of: Callable[[Record], Content],
    names: Sequence[str],
    limits: Sequence[float],
    threshold: float | None,
) -> list[Row]:
    """The batch's rows with their predictions added."""
    contents = [content_of(record) for record in batch]
    full = [place for place, content in enumerate(contents) if digest(content) is not None]
    rows: list[Row] = [{**record.values, **dict.fromkeys(names)} for record in batch]
    if not full:
        return rows
    said = say(successor, [contents[place] for place in full])
    probabilities = said.probabilities
    targets = decide(probabilities, task, limits)
    for place, answer, values in zip(full, task.answers(targets), probabilities, strict=True):
        rows[place][names[0]] = SEPARATOR.join(answer)
        rows[place].update(zip(names[1:], values.tolist(), strict=False))
    if said.disagreement is not None:
        name = names[1 + len(task.label_names)]
        for place, share in zip(full, said.disagreement.tolist(), strict=True):
            rows[place][name] = share
    if threshold is not None:
        for place, unsure in zip(full, sureness(task, probabilities) < threshold, strict=True):
            rows[place][names[-1]] = bool(unsure)
            if unsure:
                rows[place][names[0]] = None
    return rows


def _output_names(
    columns: Sequence[str], task: Task, successor: Classifier, threshold: float | None
) -> list[str]:
    """Names for the added columns that the file does not have yet."""
    wanted = ["predicted_label", *(f"p({label})" for label in task.label_names)]
    wanted += ["disagreement"] if isinstance(successor, TellsDisagreement) else []
    wanted += ["abstained"] if threshold is not None else []
    names = []
    for name in wanted:
        while name in columns:
            name += "_"
        names.append(name)
    return names


def _batches(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    while batch := list(islice(records, size)):
        yield batch


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        yield writer.writerows


@contextmanager
def _jsonl(path: Path, columns: Sequence[str]) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda rows: file.writelines(
            json.dumps(row, ensure_ascii=False) + "\n" for row in rows
        )


@contextmanager
def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Write]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    added = next(place for place, name in enumerate(columns) if name.startswith("predicted_label"))
    types = [pa.float64() if place > added else pa.string() for place in range(len(columns))]
    if columns[-1].startswith("abstained"):
        types[-1] = pa.bool_()
    schema = pa.schema(list(zip(columns, types, strict=True)))
    with pq.ParquetWriter(path, schema) as writer:
        yield lambda rows: writer.write_table(pa.Table.from_pylist(rows, schema=schema))


_WRITERS = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}
