"""`activellm backup` and `activellm restore`: a copy of a whole project, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from activellm.cli.options import Folder, Json


def backup(
    to: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Copy the whole project into one file, also while people label, and read it back."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project
    from activellm.project.backup import backup

    with Screen(as_json=as_json) as screen:
        made = backup(Project(find_project(folder)), to)
        rows = sum(made.rows.values())
        screen.console.print(
            f"{made.path}: {made.files} files, {rows} rows, {made.bytes:,} bytes; read back whole.",
            markup=False,
        )
        screen.result({"path": str(made.path), "rows": made.rows, "files": made.files})


def restore(
    path: Annotated[Path, typer.Argument(help="A file that activellm backup made.")],
    folder: Annotated[Path, typer.Argument(help="The new project folder.")],
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            help="Where the answers go: postgresql://user@host/name, or '' for a file in the "
            "folder. Default: where they were.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a project from a backup; the backup is checked first, and nothing is overwritten."""
    from activellm.cli.console import Screen
    from activellm.project.backup import restore

    with Screen(as_json=as_json) as screen:
        project = restore(path, folder, database=database)
        answers = len(project.store.annotations())
        screen.console.print(f"{folder}: restored, {answers} answers.", markup=False)
        screen.result({"project": str(folder), "answers": answers})
