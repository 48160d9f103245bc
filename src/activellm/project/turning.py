"""From one round to the next, and training on the labels of a round that is not over."""

from __future__ import annotations

from activellm.progress import Progress, silent
from activellm.project.curve import predict_stop_set
from activellm.project.doubting import second_look
from activellm.project.evaluating import measure_round
from activellm.project.folder import Project
from activellm.project.rounds import Round, labelled, rounds
from activellm.project.selecting import select
from activellm.project.training import Training, train


def train_anew(project: Project, progress: Progress = silent) -> Training:
    """Train on all labels so far, measure the classifier, and look for labels that it doubts.

    Raises:
        UsageError: If nothing is labelled yet.
    """
    training = train(project, progress)
    measure_round(project, training, progress)
    predict_stop_set(project, training, progress)
    second_look(project, training, progress)
    return training


def next_round(project: Project, progress: Progress = silent) -> Round:
    """Close the round and choose the next texts. What has no answer yet goes on waiting.

    Raises:
        UsageError: If the pool has too few unlabelled texts left.
    """
    if rounds(project) and labelled(project):
        train_anew(project, progress)
    return select(project, progress)
