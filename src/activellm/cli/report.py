"""`activellm report`: write the report."""

from __future__ import annotations

from activellm.cli.options import Folder, Json


def command(folder: Folder = None, as_json: Json = False) -> None:
    """Write report.html: one file that shows what was asked, picked, learned and measured."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project, measure, train
    from activellm.workflow import Told, status, write_report

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        with project.locked():
            training = train(project, screen.progress)
            measured = measure(project, training, screen.progress)
            path = write_report(project, training, measured, screen.progress)
        screen.tell(Told("Report", str(path)))
        screen.result(status(project))
