"""`activellm label`: rename labels, or offer them no more. Answers are never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Folder, Json

if TYPE_CHECKING:
    from activellm.project import Project

Name = Annotated[str, typer.Argument(help="The label.")]


def rename(
    old: Annotated[str, typer.Argument(help="What it is called now.")],
    new: Annotated[str, typer.Argument(help="What it shall be called.")],
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Give a label another name; answers with the old one count as answers with the new one."""
    from activellm.cli.opening import find_project
    from activellm.project import Project

    project = Project(find_project(folder))
    with project.locked():
        project.relabel(project.task.renamed(old, new))
    _tell(project, as_json)


def retire(name: Name, folder: Folder = None, as_json: Json = False) -> None:
    """Offer a label no more. What people answered with it stays, and is trained on."""
    _offer(name, folder, as_json, offered=False)


def offer(name: Name, folder: Folder = None, as_json: Json = False) -> None:
    """Offer a label again."""
    _offer(name, folder, as_json, offered=True)


def _offer(name: str, folder: Folder, as_json: bool, *, offered: bool) -> None:
    from activellm.cli.opening import find_project
    from activellm.project import Project

    project = Project(find_project(folder))
    with project.locked():
        project.relabel(project.task.retired(name, retired=not offered))
    _tell(project, as_json)


def _tell(project: Project, as_json: bool) -> None:
    from activellm.cli.console import Screen

    with Screen(as_json=as_json) as screen:
        for label in project.task.labels:
            was = f", was {', '.join(label.was)}" if label.was else ""
            gone = ", on offer no more" if label.retired else ""
            screen.console.print(f"  {label.name}{was}{gone}", markup=False)
        screen.result({"labels": [label.model_dump() for label in project.task.labels]})
