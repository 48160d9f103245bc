"""Events of simulated annotators."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

import numpy as np

from activellm.annotation.contract import Annotation


def said(id_, annotator, *labels, action="label", **more):
    return Annotation(uuid.uuid4().hex, id_, annotator, action, labels=tuple(labels), **more)


def votes(table: Mapping[str, Sequence[str]]) -> list[Annotation]:
    """Each annotator's answers to t0, t1, ...; "" is none, "a|b" a set of labels."""
    return [
        said(f"t{number}", name, *(() if answer == "-" else answer.split("|")))
        for name, answers in table.items()
        for number, answer in enumerate(answers)
        if answer
    ]


def simulated(truth, confusions, rng, names, *, missing=0.0):
    """Answers drawn from confusion matrices [k][l]; -1 where somebody gave none."""
    table = np.empty((len(truth), len(confusions)), dtype=int)
    for column, confusion in enumerate(confusions):
        table[:, column] = [rng.choice(len(names), p=confusion[label]) for label in truth]
    table[rng.random(table.shape) < missing] = -1
    return table


def events_of(table, names):
    return [
        said(f"t{row}", f"p{column}", names[label])
        for row, line in enumerate(table)
        for column, label in enumerate(line)
        if label >= 0
    ]
