"""`activellm train`: train the classifier."""

from __future__ import annotations

from activellm.cli.options import Folder, Json


def command(folder: Folder = None, as_json: Json = False) -> None:
    """Train the classifier on what is labelled so far."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project, train
    from activellm.project.doubting import second_look
    from activellm.workflow import status, training_told

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        with project.locked():
            training = train(project, screen.progress)
            second_look(project, training, screen.progress)
        screen.tell(training_told(training))
        screen.result(status(project))
