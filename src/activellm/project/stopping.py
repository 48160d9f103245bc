"""Whether more labels are worth their effort: what the criteria say of a project's rounds."""

from __future__ import annotations

from activellm.project.curve import Point, points
from activellm.project.folder import Project
from activellm.project.rounds import given_ids, rounds
from activellm.stopping import History, RoundFacts, Verdict, advise_stopping, read_criteria


def verdicts(project: Project) -> tuple[Verdict, ...]:
    """What each criterion of the settings advises after the last round; none before round 1."""
    criteria = read_criteria(project.settings.stopping)
    known = history(project)
    return advise_stopping(known, criteria) if known.rounds else ()


def history(project: Project) -> History:
    """All rounds so far, as the criteria see them."""
    taken = {id_ for round_ in rounds(project) for id_ in round_.selection.ids}
    taken |= set(given_ids(project))
    return History(
        task=project.task,
        rounds=tuple(_facts(point) for point in points(project)),
        left=project.pool.left(taken),
        select=project.settings.select,
    )


def _facts(point: Point) -> RoundFacts:
    measured = point.measured
    return RoundFacts(
        number=point.number,
        labels=point.labels,
        seconds=point.seconds,
        cost=point.cost,
        tokens=point.tokens,
        probabilities=point.probabilities,
        macro_f1=measured.macro_f1 if measured else None,
        accuracy=measured.accuracy if measured else None,
        measured_on=measured.texts if measured else "",
    )
