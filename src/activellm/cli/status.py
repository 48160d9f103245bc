"""`activellm status`: where the project stands."""

from __future__ import annotations

from activellm.cli.options import Folder, Json


def command(folder: Folder = None, as_json: Json = False) -> None:
    """Say where the project stands and what comes next."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project
    from activellm.workflow import status

    with Screen(as_json=as_json) as screen:
        stand = status(Project(find_project(folder)))
        for name, value in stand.items():
            shown = ", ".join(value) if isinstance(value, list) else "-" if value is None else value
            screen.say(f"{name:<10} {shown}")
        screen.result(stand)
