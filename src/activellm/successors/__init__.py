"""Classifiers trained on people's labels, behind one fit / predict_proba."""

from __future__ import annotations

from activellm.successors.contract import Judge, Probabilities, Successor
from activellm.successors.model_card import CardFacts, Metric, write_model_card
from activellm.successors.registry import (
    SUCCESSORS,
    Choice,
    asks_model,
    choose_successor,
    load_successor,
    make_successor,
    read_successor,
    reads_encoder,
)

__all__ = [
    "SUCCESSORS",
    "CardFacts",
    "Choice",
    "Judge",
    "Metric",
    "Probabilities",
    "Successor",
    "asks_model",
    "choose_successor",
    "load_successor",
    "make_successor",
    "read_successor",
    "reads_encoder",
    "write_model_card",
]
