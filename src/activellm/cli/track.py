"""`activellm track`: send rounds or results to where a team tracks its runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.tracking import TrackedRun, Tracker


def command(
    to: Annotated[
        str,
        typer.Option("--to", metavar="TRACKER", help="mlflow:URI, trackio:PROJECT or jsonl:FILE."),
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(help="A project, or an experiment's results. Default: the only one here."),
    ] = None,
    experiment: Annotated[
        str, typer.Option("--experiment", help="Under which heading. Default: the folder's name.")
    ] = "",
    with_report: Annotated[
        bool, typer.Option("--with-report", help="Send report.html, too: it shows texts.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send settings and measured numbers, never texts, to MLflow, trackio or a file.

    What was sent before is not sent again; after another round, only that round is.
    """
    from dataclasses import asdict

    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.tracking import open_tracker, send
    from activellm.tracking.of_bench import is_bench

    with Screen(as_json=as_json) as screen:
        results = folder is not None and is_bench(folder)
        place = folder if folder is not None and results else find_project(folder)
        tracker = open_tracker(to)
        runs = (
            _of_bench(place, with_report) if results else _of_project(place, tracker, with_report)
        )
        heading = experiment or place.resolve().name.rpartition(".")[0] or place.resolve().name
        sent = send(
            tracker, runs, to=to, experiment=heading, folder=place, progress=screen.progress
        )
        screen.say(
            f"{sent.steps} rounds of {sent.runs} runs sent to {to}, {sent.kept} were there: "
            f"experiment {heading!r}."
        )
        screen.result({"to": to, "experiment": heading, **asdict(sent)})


def _of_project(folder: Path, tracker: Tracker, with_report: bool) -> list[TrackedRun]:
    from activellm.errors import UsageError
    from activellm.project import Project
    from activellm.tracking.of_project import project_run

    project = Project(folder)
    if with_report and project.settings.local_only and not tracker.runs_here:
        raise UsageError(
            "The report shows texts, and this project's texts stay on this machine.",
            where="--with-report",
            remedy="Leave it out, or track on this machine.",
        )
    return [project_run(project, report=with_report)]


def _of_bench(folder: Path, with_report: bool) -> list[TrackedRun]:
    from activellm.errors import UsageError
    from activellm.tracking.of_bench import bench_runs

    if with_report:
        raise UsageError("An experiment has no report.", where="--with-report")
    return bench_runs(folder)
