"""`activellm fold`: near copies of a project's texts, folded and listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Folder, Json
from activellm.cli.taking import takes
from activellm.cli.workers import WorkerOptions

if TYPE_CHECKING:
    from activellm.project import Project


@takes(WorkerOptions)
def command(
    workers: WorkerOptions,
    near: Annotated[
        float | None,
        typer.Option(
            "--near",
            help="How alike texts must be to fold into the first of them, 0.5 to 1; 0 to unfold "
            "all. Default: as before.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="List all near copies in this new file: .csv or .jsonl."),
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Fold texts that are nearly the same: people see only the first of them.

    Example: activellm fold --near 0.8 --to near-copies.csv
    """
    from dataclasses import asdict

    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.errors import UsageError
    from activellm.project import Project, fold_near, near_facts
    from activellm.workflow import pool_told

    if to is not None:
        _check_new(to)
    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        with project.locked():
            if near is not None:
                project.configure(project.settings.changed("--near", fold_near=near))
            elif not project.settings.fold_near:
                raise UsageError(
                    "Say how alike texts must be to fold.", where="--near", remedy="Try 0.8."
                )
            fold_near(project, screen.progress, workers.open())
        screen.tell(pool_told(project))
        if to is not None:
            _list(project, to)
            screen.say(f"List: {to}")
        facts = near_facts(project.pool)
        screen.result({"near": asdict(facts) if facts else None, "list": str(to) if to else None})


def _check_new(to: Path) -> None:
    from activellm.errors import UsageError

    if to.suffix not in (".csv", ".jsonl"):
        raise UsageError("It must end with .csv or .jsonl.", where=f"--to {to}")
    if to.exists():
        raise UsageError("It exists already.", where=f"--to {to}", remedy="Name another file.")


def _list(project: Project, to: Path) -> None:
    import json

    from activellm.files import atomic_path
    from activellm.project import near_groups
    from activellm.project.exporting import csv_lines

    rows = near_groups(project.pool)
    lines = csv_lines(rows) if to.suffix == ".csv" else (json.dumps(r) + "\n" for r in rows)
    with atomic_path(to) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
