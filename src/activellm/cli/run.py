"""`activellm run`: the whole job; run again, it goes on where it stopped."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from activellm.cli.options import Json, PageOptions, ProjectOptions
from activellm.cli.taking import takes

if TYPE_CHECKING:
    from activellm.cli.console import Screen
    from activellm.project import Point, Project
    from activellm.workflow import Outcome


@takes(ProjectOptions, PageOptions)
def command(options: ProjectOptions, page: PageOptions, as_json: Json = False) -> None:
    """Do the whole job: import, select, label, train, measure, report.

    Run again, it goes on where it stopped: nothing is asked, computed or paid twice.

    Example: activellm run messages.csv --task "Which office?" --label waste --label roads
    """
    from activellm.cli.console import Screen

    with Screen(as_json=as_json) as screen:
        screen.result(go(options, page, screen))


def go(options: ProjectOptions, page: PageOptions, screen: Screen) -> dict[str, Any]:
    """Run the job and give its outcome as JSON."""
    from activellm.cli.opening import open_or_create
    from activellm.cli.oracles import oracle_for
    from activellm.workflow import run

    project, new = open_or_create(options, screen.progress)
    screen.say(f"{'New project' if new else 'Project'}: {project.folder}")
    with project.locked():
        outcome = run(
            project, oracle_for(project, page, screen), tell=screen.tell, progress=screen.progress
        )
    return outcome_json(project, outcome)


def outcome_json(project: Project, outcome: Outcome) -> dict[str, Any]:
    """What a finished run came to, for programs."""
    from activellm.project import points
    from activellm.project.stopping import verdicts

    measured = outcome.measured
    best = measured.best if measured else None
    return {
        "project": str(project.folder),
        "rounds": [_round_json(point) for point in points(project)],
        "waiting": outcome.waiting,
        "model": str(outcome.training.folder) if outcome.training else None,
        "best": dataclasses.asdict(best) if best else None,
        "evaluations": [dataclasses.asdict(one) for one in measured.evaluations]
        if measured
        else [],
        "powered": dataclasses.asdict(measured.powered) if measured and measured.powered else None,
        "comparison": dataclasses.asdict(measured.comparison)
        if measured and measured.comparison
        else None,
        "stopping": [dataclasses.asdict(one) for one in verdicts(project)],
        "report": str(outcome.report) if outcome.report else None,
    }


def _round_json(point: Point) -> dict[str, Any]:
    measured = dataclasses.asdict(point.measured) if point.measured else None
    return {
        "round": point.number,
        "strategy": point.strategy,
        "labels": point.labels,
        "seconds": point.seconds,
        "measured": measured,
    }
