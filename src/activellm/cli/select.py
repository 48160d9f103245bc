"""`activellm select`: start a round."""

from __future__ import annotations

from typing import Annotated

import typer

from activellm.cli.options import Folder, Json


def command(
    folder: Folder = None,
    anew: Annotated[
        bool,
        typer.Option("--next", help="Start the next round although texts of this one wait."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Choose the texts that people should label next.

    While texts of a round wait for their label, no new round is started.
    """
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project, open_items, rounds, select
    from activellm.workflow import selection_told, status

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        with project.locked():
            done = rounds(project)
            waiting = bool(done) and bool(open_items(project))
            round_ = done[-1] if waiting and not anew else select(project, screen.progress)
        screen.say(f"Round {round_.number}")
        screen.tell(selection_told(round_))
        picks = [{"id": pick.id, "reason": pick.reason} for pick in round_.selection.picks]
        screen.result({**status(project), "round": round_.number, "picks": picks})
