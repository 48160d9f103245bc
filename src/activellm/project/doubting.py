"""What a classifier that never saw a text's label thinks of it: the ground for a second look."""

from __future__ import annotations

from typing import Any

import numpy as np

from activellm.evaluation.cross_validation import deal
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.rounds import held_out, labelled, rounds
from activellm.project.steps import do_once
from activellm.project.training import Training
from activellm.seeding import generator
from activellm.successors import make_successor

FOLDS = 5

LEAST = 30
"""Labelled texts below which no classifier can doubt anybody."""

_DIGITS = 5


def second_look(project: Project, training: Training, progress: Progress = silent) -> None:
    """Predict each labelled text by a classifier that was trained on the others, once.

    It is the linear successor on the project's encoder, whatever the project trains: it takes
    seconds, and the embeddings are there already. What is kept are label probabilities by text;
    which labels they speak against is asked of the labels as they are then. Where no encoder can be
    used there are none.
    """
    examples = labelled(project) + held_out(project)
    encoder = project.tools.encoder_if_here

    def work(_parts: Any) -> dict[str, list[float]]:
        if len(examples) < LEAST or project.task.multi or encoder is None:
            return {}
        targets = project.task.targets([one.answer for one in examples])
        contents = [one.example.content for one in examples]
        fold_of = deal(targets, FOLDS, generator(project.settings.seed, "second look"))
        found = np.zeros((len(examples), len(project.task.label_names)))
        for fold in range(FOLDS):
            progress("Second look", fold, FOLDS)
            others, own = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            successor = make_successor(
                "linear",
                project.task,
                seed=project.settings.seed,
                encoder=encoder,
                device=project.settings.device,
            )
            successor.fit([contents[row] for row in others], targets[others])
            found[own] = successor.predict_proba([contents[row] for row in own])
        progress("Second look", FOLDS, FOLDS)
        ids = [one.example.id for one in examples]
        return {
            id_: [round(float(value), _DIGITS) for value in row]
            for id_, row in zip(ids, found, strict=True)
        }

    decided_by = [training.result.key, [[one.example.id, list(one.answer)] for one in examples]]
    do_once(project, "second-look", len(rounds(project)), decided_by, work)
