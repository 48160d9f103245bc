"""Get answers for what waits, from whoever is the oracle."""

from __future__ import annotations

from activellm.annotation.contract import Oracle
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.rounds import open_items, queue


def annotate(project: Project, oracle: Oracle, progress: Progress = silent) -> int:
    """Let the oracle answer the picks and the hold-out that have no answer yet.

    Returns:
        How many texts still wait afterwards.
    """
    if open_items(project):
        oracle.answer(queue(project), project.task, project.store, progress=progress)
    return len(open_items(project))
