"""`activellm bench tune`: which settings suit a task, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from activellm.cli.options import Json


def tune(
    file: Annotated[
        Path | None, typer.Argument(help="Texts of yours that are labelled; or use --project.")
    ] = None,
    project: Annotated[
        Path | None, typer.Option("--project", help="A project: what is labelled there so far.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(
            "--like",
            help="Data sets to learn from: an experiment file, or the results folder of one.",
        ),
    ] = None,
    label_column: Annotated[
        str, typer.Option("--label-column", help="Column with the labels.")
    ] = "label",
    text: Annotated[
        str | None, typer.Option("--text", help="Column with the text. Default: found.")
    ] = None,
    text_b: Annotated[
        str | None, typer.Option("--text-b", help="Column with the second text of a pair.")
    ] = None,
    task: Annotated[str, typer.Option("--task", help="What is to be decided, for --llm.")] = "",
    multi: Annotated[
        bool, typer.Option("--multi", help="A text may have several labels, joined by '|'.")
    ] = False,
    strategy: Annotated[
        list[str] | None,
        typer.Option("--strategy", help="To try; several times. The first is the default."),
    ] = None,
    successor: Annotated[
        list[str] | None,
        typer.Option("--successor", help="Learner to try; several times. First: the default."),
    ] = None,
    candidates: Annotated[
        list[int] | None,
        typer.Option("--candidates", help="Texts shown; several times. Default: 50, 100, 200."),
    ] = None,
    select: Annotated[
        list[int] | None,
        typer.Option("--select", help="Texts labelled; several times. Default: 16, 32, 64."),
    ] = None,
    labels: Annotated[
        int | None,
        typer.Option("--labels", help="At how many labels settings are compared. Default: 32."),
    ] = None,
    target: Annotated[
        float | None,
        typer.Option("--target", help="Macro-F1 in per cent: how many labels does it take?"),
    ] = None,
    llm: Annotated[
        str, typer.Option("--llm", help="Query model of strategies that ask one. Default: none.")
    ] = "none",
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="The encoder. Default: embedded.")
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", help="Default: 24 of your texts, 5 of a data set.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes side by side.")] = 1,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where results are kept. Default: the name + .tune."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides all that is random.")] = 0,
    as_json: Json = False,
) -> None:
    """Find candidates, picks, strategy and learner for a task by simulation, and how sure it is."""
    from activellm.bench.tuning.sources import Sources
    from activellm.bench.tuning.tuner import tune_task
    from activellm.cli.console import Screen

    given = {
        "strategies": strategy, "successors": successor, "candidates": candidates,
        "select": select, "labels": labels, "encoder": encoder, "draws": draws,
        "draws_like": draws, "target": target, "llm": llm, "seed": seed,
    }  # fmt: skip
    columns = {"label": label_column, "text": text, "text_b": text_b}
    sources = Sources(file, project, like, {**columns, "description": task, "multi": multi})
    with Screen(as_json=as_json) as screen:
        done = tune_task(
            sources, given, folder, workers=workers, say=screen.say, progress=screen.progress
        )
        screen.say(f"\n{done.words}\n\n{done.paste}", exact=True)
        if done.picture is not None:
            screen.say(f"Picture: {done.picture}")
        screen.result(done.as_json())
