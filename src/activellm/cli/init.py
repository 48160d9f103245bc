"""`activellm init`: import the texts and write the project folder."""

from __future__ import annotations

from activellm.cli.options import Json, ProjectOptions
from activellm.cli.taking import takes
from activellm.cli.workers import WorkerOptions


@takes(ProjectOptions, WorkerOptions)
def command(options: ProjectOptions, workers: WorkerOptions, as_json: Json = False) -> None:
    """Make a project folder: import the texts, write down the task and the settings.

    Example: activellm init messages.csv --task "Which office?" --label waste --label roads
    """
    from activellm.cli.console import Screen
    from activellm.cli.opening import open_or_create
    from activellm.workflow import pool_told, status

    with Screen(as_json=as_json) as screen:
        project, new = open_or_create(options, screen.progress, workers.open())
        screen.say(f"{'New project' if new else 'Project'}: {project.folder}")
        screen.tell(pool_told(project))
        screen.result(status(project))
