"""`activellm evaluate`: how good the classifier is."""

from __future__ import annotations

from activellm.cli.options import Folder, Json


def command(folder: Folder = None, as_json: Json = False) -> None:
    """Measure the classifier, beside what needs no training."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.cli.run import outcome_json
    from activellm.project import Project, measure, open_items, train
    from activellm.workflow import Outcome, measured_told

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        with project.locked():
            training = train(project, screen.progress)
            measured = measure(project, training, screen.progress)
        for told in measured_told(measured):
            screen.tell(told)
        outcome = Outcome(len(open_items(project)), training, measured)
        screen.result(outcome_json(project, outcome))
