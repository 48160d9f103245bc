"""`activellm export`: the trained model, or the labelled texts in another tool's format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.cli.console import Screen
    from activellm.project import Project
    from activellm.project.publishing import Published

MODEL = "model"


def command(
    to: Annotated[
        Path,
        typer.Argument(
            metavar="TO", help="A folder: new, empty, or an earlier model. For labels, a new file."
        ),
    ],
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help="model: the trained model and its card. Labelled texts: label-studio, argilla, "
            "prodigy, doccano, hugging-face, csv, jsonl or parquet.",
        ),
    ] = MODEL,
    folder: Annotated[
        Path | None, typer.Option("--project", help="Project folder. Default: the only one here.")
    ] = None,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Also write model.onnx; predict and serve then use it.")
    ] = False,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Also write model_int8.onnx: smaller, faster, less exact."),
    ] = False,
    licence: Annotated[
        str,
        typer.Option("--licence", help="Under which licence others get it: apache-2.0, mit ..."),
    ] = "",
    push: Annotated[
        str, typer.Option("--push", metavar="OWNER/NAME", help="Upload it to the Hugging Face hub.")
    ] = "",
    public: Annotated[
        bool, typer.Option("--public", help="With --push: for everybody. Default: private.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --push: send it, after a look at what is sent.")
    ] = False,
    texts: Annotated[
        str,
        typer.Option(
            "--texts",
            help="Labels: which texts: asked, answered, open (they wait) or pool (all).",
        ),
    ] = "asked",
    answers: Annotated[
        bool,
        typer.Option(
            "--answers/--no-answers",
            help="Labels: with people's answers, or without, for people who must not see them.",
        ),
    ] = True,
    predictions: Annotated[
        bool,
        typer.Option(
            "--predictions", help="Labels: with what the LLM expects. Who labels will see it."
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Labels: replace a file that is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the trained model and its card into a folder, or labelled texts for another tool."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project

    labels = {"--texts": texts != "asked", "--no-answers": not answers,
              "--predictions": predictions, "--overwrite": overwrite}  # fmt: skip
    model = {"--onnx": onnx, "--int8": int8, "--licence": licence, "--push": push,
             "--public": public, "--yes": yes}  # fmt: skip
    _refuse(labels if format == MODEL else model, format)
    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        if format != MODEL:
            _labels(project, to, format, screen, texts, answers, predictions, overwrite)
            return
        _model(project, to, screen, onnx, int8, licence, push, public, yes)


def _refuse(options: Mapping[str, object], format: str) -> None:
    """Refuse options that are for the other kind of export."""
    from activellm.errors import UsageError

    for name, given in options.items():
        if given:
            raise UsageError(f"It means nothing with --format {format}.", where=name)


def _labels(
    project: Project,
    to: Path,
    format: str,
    screen: Screen,
    texts: str,
    answers: bool,
    predictions: bool,
    overwrite: bool,
) -> None:
    from dataclasses import asdict

    from activellm.exchange import open_format
    from activellm.exchange.exporting import LONGEST_CELL, export_labels
    from activellm.workflow import Told

    done = export_labels(
        project,
        open_format(format, to),
        to,
        which=texts,
        answers=answers,
        predictions=predictions,
        overwrite=overwrite,
        progress=screen.progress,
    )
    warnings = []
    if format == "csv" and done.longest > LONGEST_CELL:
        warnings.append(
            f"The longest text has {done.longest:,} characters; Excel cuts cells off after "
            f"{LONGEST_CELL:,}. The file itself is whole."
        )
    summary = (
        f"{done.texts:,} texts, {done.annotations:,} annotations and {done.predictions:,} "
        f"predictions in {', '.join(done.files)}"
    )
    screen.tell(Told("Export", summary, warnings=tuple(warnings)))
    screen.result(asdict(done))


def _model(
    project: Project,
    to: Path,
    screen: Screen,
    onnx: bool,
    int8: bool,
    licence: str,
    push: str,
    public: bool,
    yes: bool,
) -> None:
    from dataclasses import asdict

    from activellm.errors import UsageError
    from activellm.project import hub
    from activellm.project.publishing import publish

    if push:
        hub.check_push(project, push)
    with project.locked():
        written = publish(
            project, to, onnx=onnx, int8=int8, licence=licence, progress=screen.progress
        )
    _tell(written, screen.say)
    address = None
    if push:
        seen = "for everybody" if public else "private"
        screen.say(
            f"To send to {push} ({seen}): these files, {sum(written.files.values()):,} bytes. "
            "A model can give away texts that it was trained on."
        )
        if not yes:
            raise UsageError("Nothing was sent.", where="--push", remedy="Add --yes to send.")
        address = hub.push(written.folder, push, public=public)
        screen.say(f"Sent: {address}")
    screen.result(
        {
            "folder": str(written.folder),
            "files": written.files,
            "onnx": asdict(written.onnx) if written.onnx else None,
            "int8": asdict(written.int8) if written.int8 else None,
            "address": address,
        }
    )


def _tell(written: Published, say: Callable[[str], None]) -> None:
    say(f"{written.folder}:")
    for name, size in written.files.items():
        say(f"  {name}  {size:,} bytes")
    for name, found in (("ONNX beside torch", written.onnx), ("8 bits beside ONNX", written.int8)):
        if found is not None:
            say(
                f"{name}: {found.equal:.1%} of {found.texts} texts get the same labels; the "
                f"largest difference of a probability is {found.largest:.1g}."
            )
