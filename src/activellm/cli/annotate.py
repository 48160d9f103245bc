"""`activellm annotate`: label what waits."""

from __future__ import annotations

from typing import Annotated

import typer

from activellm.cli.options import Folder, Json, PageOptions, takes


@takes(PageOptions)
def command(
    page: PageOptions,
    folder: Folder = None,
    oracle: Annotated[
        str | None,
        typer.Option("--oracle", help="browser, terminal, file:LABELS.csv or column:NAME."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Label the picked texts, in the browser unless the project says otherwise."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.cli.oracles import oracle_for
    from activellm.errors import UsageError
    from activellm.project import Project, annotate, rounds
    from activellm.workflow import annotation_told, status

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        if oracle is not None:
            project.configure(project.settings.model_copy(update={"oracle": oracle}))
        if not rounds(project):
            raise UsageError("Nothing is picked yet.", remedy="Run activellm select first.")
        with project.locked():
            chosen = oracle_for(project, page, screen)
            waiting = annotate(project, chosen, screen.progress)
        screen.tell(annotation_told(project, chosen, waiting))
        screen.result(status(project))
