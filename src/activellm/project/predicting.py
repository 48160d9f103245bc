"""Label a whole file or the pool with the trained classifier, in constant memory.

The work is done in blocks whose results lie beside the output until it is whole, so that a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from activellm.blocks import HERE, BlockExecutor
from activellm.errors import UsageError
from activellm.pool import Columns, Source, find_columns, open_source
from activellm.progress import Progress, silent
from activellm.project.folder import POOL, Project
from activellm.project.prediction.job import Job, Written, state_of
from activellm.project.prediction.rows import CUT, PoolRows, cut
from activellm.project.prediction.work import Answering
from activellm.project.prediction.writers import writer_for
from activellm.project.training import Training, latest_training

__all__ = ["Written", "predict_file", "predict_pool", "trained"]


def predict_file(
    project: Project,
    file: str,
    output: Path,
    *,
    text: str | None = None,
    text_b: str | None = None,
    format: str | None = None,
    encoding: str | None = None,
    threshold: float | None = None,
    limits: Sequence[float] = (),
    int8: bool = False,
    executor: BlockExecutor = HERE,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda _: None,
) -> Written:
    """Write a file's rows with `predicted_label` and one probability column for each label.

    An ensemble adds `disagreement`, the share of members that vote otherwise; a threshold adds
    `abstained`.

    Rows keep their order and all their columns; a row without text gets no label. The output
    appears whole or not at all. Until then a folder beside it, named after it with `.parts`, holds
    a compressed copy of the rows, so that they can be read anywhere, and what is predicted. A
    further call goes on from there if file, classifier and options are the same.

    Args:
        project: With a trained successor.
        file: Any file that a pool may come from; "-" for standard input, which is never gone on
            with.
        output: Ends in .csv, .jsonl or .parquet.
        text, text_b: The text columns; as in the pool where the file has columns of those names.
        format: The file's format, where its name does not tell.
        encoding: Of a text format; detected if None.
        threshold: Rows whose answer is less sure than this get no label; None answers all.
        limits: Thresholds by label, for `decide`; none for the most probable label, or 0.5 each.
        int8: Predict with the weights of 8 bits that `export --int8` made.
        executor: Who does the work.
        progress: Told rows read, done and written.
        say: Told when results of other inputs or options are thrown away.

    Raises:
        UsageError: If nothing is trained yet, the output's ending is none of the three, it is the
            file itself, there are no weights of 8 bits, or several workers would ask a query
            model.
        DataError: If the file cannot be read.
    """
    training = trained(project)
    writer_for(output)
    if output.exists() and Path(file).exists() and output.samefile(file):
        raise UsageError(
            "It is the file to predict, which would be lost.",
            where=f"--output {output}",
            remedy="Name another file.",
        )
    source = open_source(file, format=format, encoding=encoding)
    columns = _columns(project, source, text, text_b)
    # What comes through a pipe is another input each time.
    state = state_of(Path(file)) if Path(file).is_file() else secrets.token_hex()
    state += f" {source.format} {source.encoding}"
    answering = Answering(project.task, tuple(limits), threshold)
    job = Job(project, training.folder, output, answering, int8=int8, executor=executor)
    with job.parts() as parts:
        rows = cut(source, parts / CUT, state, progress)
        return job.do(parts, rows, state, columns, progress, say)


def predict_pool(
    project: Project,
    output: Path,
    *,
    threshold: float | None = None,
    limits: Sequence[float] = (),
    int8: bool = False,
    executor: BlockExecutor = HERE,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda _: None,
) -> Written:
    """The same for the project's own pool: its ids, texts and other columns, without duplicates.

    Nothing is copied, as the pool can be read anywhere.

    Args:
        project, output, threshold, limits, int8, executor, progress, say: As for `predict_file`.

    Raises:
        UsageError: As for `predict_file`.
    """
    training = trained(project)
    rows = PoolRows((project.folder / POOL).absolute())
    answering = Answering(project.task, tuple(limits), threshold)
    job = Job(project, training.folder, output, answering, int8=int8, executor=executor)
    with job.parts() as parts:
        return job.do(parts, rows, state_of(rows.path), project.imported.columns, progress, say)


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


def _columns(project: Project, source: Source, text: str | None, text_b: str | None) -> Columns:
    trained = project.imported.columns
    return find_columns(
        source,
        text=text or (trained.text if trained.text in source.columns else None),
        text_b=text_b or (trained.pair if trained.pair in source.columns else None),
        pair=project.task.pair,
    )
