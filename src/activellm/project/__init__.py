"""The project folder: what it holds, the steps that fill it, and how they resume."""

from __future__ import annotations

from activellm.project.annotating import annotate
from activellm.project.curve import Point, points, predict_stop_set
from activellm.project.evaluating import Measured, measure, measure_round
from activellm.project.folder import Project
from activellm.project.folding import NearFacts, fold_near, near_facts, near_groups
from activellm.project.rounds import Round, labelled, open_items, queue, rounds
from activellm.project.selecting import select
from activellm.project.store import Store
from activellm.project.training import Training, latest_training, train

__all__ = [
    "Measured",
    "NearFacts",
    "Point",
    "Project",
    "Round",
    "Store",
    "Training",
    "annotate",
    "fold_near",
    "labelled",
    "latest_training",
    "measure",
    "measure_round",
    "near_facts",
    "near_groups",
    "open_items",
    "points",
    "predict_stop_set",
    "queue",
    "rounds",
    "select",
    "train",
]
