"""The project folder: what it holds, the steps that fill it, and how they resume."""

from __future__ import annotations

from activellm.project.annotating import annotate
from activellm.project.evaluating import Measured, measure
from activellm.project.folder import Project
from activellm.project.rounds import Round, labelled, open_items, queue, rounds, select
from activellm.project.store import Store
from activellm.project.training import Training, latest_training, train

__all__ = [
    "Measured",
    "Project",
    "Round",
    "Store",
    "Training",
    "annotate",
    "labelled",
    "latest_training",
    "measure",
    "open_items",
    "queue",
    "rounds",
    "select",
    "train",
]
