"""`activellm predict`: label a whole file with the trained classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from activellm.cli.options import Encoding, Folder, Format, Json
from activellm.cli.taking import takes
from activellm.cli.workers import WorkerOptions


@takes(WorkerOptions)
def command(
    work: WorkerOptions,
    file: Annotated[
        str | None,
        typer.Argument(
            help="File of texts, of any kind that a pool may have; - for stdin. "
            "Not needed with --pool."
        ),
    ] = None,
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Where to write: .csv, .jsonl or .parquet."),
    ],
    pool: Annotated[
        bool, typer.Option("--pool", help="Predict the project's own pool, in place of a file.")
    ] = False,
    folder: Folder = None,
    text: Annotated[
        str | None, typer.Option("--text", help="Column with the text. Default: as in the pool.")
    ] = None,
    text_b: Annotated[
        str | None, typer.Option("--text-b", help="Column with the second text of a pair.")
    ] = None,
    format: Format = None,
    encoding: Encoding = None,
    abstain: Annotated[
        float | None,
        typer.Option(
            "--abstain",
            help="Give no label where the classifier is not sure enough: so many of the labels "
            "that are given will be right, such as 0.9.",
        ),
    ] = None,
    favour_rare: Annotated[
        bool,
        typer.Option(
            "--thresholds",
            help="Give rare labels more often: a threshold for each label, chosen by "
            "cross-validation. Macro-F1 rises, accuracy falls.",
        ),
    ] = False,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Use the weights of 8 bits that activellm export --int8 made."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Predict labels for a file: all its columns, the label, and a probability for each label."""
    from dataclasses import asdict

    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.errors import UsageError
    from activellm.project import Project
    from activellm.project.abstaining import silence
    from activellm.project.predicting import predict_file, predict_pool
    from activellm.project.thresholds import thresholds
    from activellm.workflow import Told

    if favour_rare and abstain is not None:
        raise UsageError(
            "A precision is shown for the most probable labels only.",
            where="--abstain",
            remedy="Leave out --thresholds.",
        )
    if pool == (file is not None):
        raise UsageError(
            "Either a file is predicted, or the pool.",
            where="--pool" if pool else "activellm predict",
            remedy="Name a file, or give --pool without one.",
        )
    if pool and (text or text_b or format or encoding):
        raise UsageError("How the pool is read was said when it was imported.", where="--pool")
    executor = work.open()
    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        silent = None if abstain is None else silence(project, abstain)
        asked = None if silent is None else {**asdict(silent.found), "texts": silent.texts}
        if silent is not None and not silent.found.shown:
            screen.result({"output": None, "rows": 0, "empty": 0, "abstention": asked})
            silent.check()
        limits = thresholds(project) if favour_rare else ()
        shared: dict[str, Any] = {
            "threshold": None if silent is None else silent.found.threshold,
            "limits": limits,
            "int8": int8,
            "executor": executor,
            "progress": screen.progress,
            "say": screen.say,
        }
        if file is None:
            written = predict_pool(project, output, **shared)
        else:
            shared |= {"text": text, "text_b": text_b, "format": format, "encoding": encoding}
            written = predict_file(project, file, output, **shared)
        earlier = f"; {written.kept:,} were predicted before" if written.kept else ""
        summary = f"{written.rows:,} rows in {output}{earlier}"
        screen.tell(Told("Prediction", summary, written.seconds))
        found = {"output": str(output), **asdict(written)}
        del found["seconds"], found["abstained"]
        if silent is not None:
            answered = written.rows - written.empty - written.abstained
            screen.tell(
                Told(
                    "Abstention",
                    f"{silent.sentence} In this file {answered:,} of "
                    f"{written.rows - written.empty:,} texts got a label.",
                )
            )
            found |= {"abstained": written.abstained, "abstention": asked}
        if limits:
            found["thresholds"] = dict(zip(project.task.label_names, limits, strict=True))
        screen.result(found)
