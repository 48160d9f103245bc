"""Get answers for what waits, from whoever is the oracle."""

from __future__ import annotations

from activellm.annotation.contract import Oracle
from activellm.progress import Progress, silent
from activellm.project.curve import points
from activellm.project.folder import Project
from activellm.project.rounds import open_items, queue, rounds
from activellm.project.stopping import verdicts
from activellm.stopping import said as advice


def annotate(project: Project, oracle: Oracle, progress: Progress = silent) -> int:
    """Let the oracle answer the picks and the hold-out that have no answer yet.

    Returns:
        How many texts still wait afterwards.
    """
    if open_items(project):
        oracle.answer(
            queue(project),
            project.task,
            project.store,
            notice=notice(project),
            progress=progress,
        )
    return len(open_items(project))


def notice(project: Project) -> str:
    """What annotators should know of the round: its number, and how good the classifier is so far.

    Empty where there is one round only.
    """
    number = len(rounds(project))
    if max(number, project.settings.rounds) == 1:
        return ""
    said = f"Round {number} of {max(number, project.settings.rounds)}."
    measured = next((one.measured for one in reversed(points(project)) if one.measured), None)
    if measured is not None:
        low, high = measured.accuracy.low, measured.accuracy.high
        said += (
            f" So far the classifier is right for {100 * measured.accuracy.value:.0f} % of the "
            f"texts (95 % interval {100 * low:.0f} to {100 * high:.0f})."
        )
    if found := verdicts(project):
        forecast = (one for one in found if one.criterion == "learning-curve")
        curve = [one.text for one in forecast if one.value is not None]
        said = " ".join([said, advice(found), *curve])
    return said
