"""`activellm select`: start a round."""

from __future__ import annotations

from typing import Annotated

import typer

from activellm.cli.options import Folder, Json
from activellm.cli.taking import takes
from activellm.cli.workers import WorkerOptions


@takes(WorkerOptions)
def command(
    workers: WorkerOptions,
    folder: Folder = None,
    anew: Annotated[
        bool,
        typer.Option("--next", help="Start the next round although texts of this one wait."),
    ] = False,
    sampler: Annotated[
        str | None,
        typer.Option(
            "--sampler",
            help="From now on: how candidates are drawn, random or spread over the whole pool, "
            "such as 'spread(vectors=encoder)' (activellm list samplers).",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose the texts that people should label next.

    While texts of a round wait for their label, no new round is started. Workers share what a
    sampler has to do to all texts.
    """
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project, open_items, rounds, select
    from activellm.workflow import selection_told, status

    executor = workers.open()
    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        with project.locked():
            if sampler is not None:
                project.configure(project.settings.changed(sampler=sampler))
            done = rounds(project)
            waiting = bool(done) and bool(open_items(project))
            again = waiting and not anew
            round_ = done[-1] if again else select(project, screen.progress, executor)
        screen.say(f"Round {round_.number}")
        screen.tell(selection_told(round_))
        picks = [{"id": pick.id, "reason": pick.reason} for pick in round_.selection.picks]
        screen.result({**status(project), "round": round_.number, "picks": picks})
