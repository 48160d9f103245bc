"""What successive classifiers predict for the same texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from activellm.stopping.contract import History, Probabilities
from activellm.task import Targets, Task


@dataclass(frozen=True)
class Successive:
    """The last classifiers' probabilities for the stop set.

    Attributes:
        probabilities: One array of shape (texts, labels) for each round, the last round last: as
            many rounds back as predicted the same texts without a gap. Empty if `lacking`.
        decided: The answers that follow from them, in the form of `Task.targets`.
        lacking: Why they cannot be used, as a sentence; empty if they can.
    """

    probabilities: tuple[Probabilities, ...] = ()
    decided: tuple[Targets, ...] = ()
    lacking: str = ""


def successive(history: History, least: int) -> Successive:
    """The last classifiers' predictions, if there are enough of them to be compared.

    Args:
        history: All rounds.
        least: How many classifiers are needed, at least 1.
    """
    found: list[Probabilities] = []
    for facts in reversed(history.rounds):
        table = facts.probabilities
        if table is None or not _usable(table, history.task):
            break
        if found and table.shape != found[0].shape:
            break
        found.append(table)
    decided = tuple(decide(table, history.task) for table in reversed(found))
    lacking = _too_few(history, len(found), least) or _one_answer(decided[-1])
    return Successive(lacking=lacking) if lacking else Successive(tuple(found[::-1]), decided)


def decide(probabilities: Probabilities, task: Task) -> Targets:
    """The most probable label of each text; in a multi-label task each label from 0.5 on."""
    chosen = probabilities >= 0.5 if task.multi else probabilities.argmax(axis=1)
    return np.asarray(chosen, dtype=np.int64)


def _usable(table: Probabilities, task: Task) -> bool:
    fits = table.ndim == 2 and table.shape[1] == len(task.label_names) and len(table) > 0
    return bool(fits and np.isfinite(table).all())


def _too_few(history: History, found: int, least: int) -> str:
    if found >= least:
        return ""
    if history.rounds and history.rounds[-1].probabilities is not None and not found:
        return "The last classifier's probabilities are not all numbers, or not of this task."
    needed = "1 classifier is" if least == 1 else f"{least} classifiers in a row are"
    return (
        f"{needed} needed whose predictions for the same texts are known; there "
        f"{'is' if found == 1 else 'are'} {found}."
    )


def _one_answer(decided: Targets) -> str:
    """A classifier that answers all texts alike agrees with its like, whatever it has learned."""
    if len(decided) > 1 and (decided == decided[:1]).all():
        return (
            f"The last classifier gives all {len(decided)} texts the same answer, so it has not "
            "learned to tell them apart yet."
        )
    return ""
