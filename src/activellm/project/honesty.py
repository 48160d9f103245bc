"""How far the answers of a project can be trusted: repeats, checks, anchoring, doubted labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from activellm.annotation.anchoring import anchoring
from activellm.annotation.consistency import with_known, with_self
from activellm.annotation.second_look import doubted
from activellm.project.folder import Project
from activellm.project.ledger import Ledger
from activellm.project.outlook import Outlook
from activellm.project.rounds import known_answers, weak_labels
from activellm.task import Answer

MOST = 0.05
"""Part of the labelled texts that is offered for a second look at most: the most doubted ones."""

STRONGLY = 0.3
"""By how much another label must be more probable than the given one."""

LEAST_RIGHT = 0.7
"""Share of the given labels that a classifier must find to be listened to where it does not. With
200 labels of five data sets, 5 % of them wrong on purpose, 30 to 70 % of the offered texts were
wrong where it found 70 % or more, and 14 % where it found 45 % (emotion)."""


@dataclass(frozen=True)
class Honesty:
    """What is known of the answers' quality.

    Attributes:
        quality: By annotator, "consistency" and "checks" as JSON, where there are any.
        anchoring: Answers with and without the weak label in sight, as JSON; None if there is
            no weak label, or more than one label a text.
        doubts: By text, the label that a classifier finds much likelier than the given one.
    """

    quality: Mapping[str, Mapping[str, Any]]
    anchoring: dict[str, Any] | None
    doubts: dict[str, Answer]

    @classmethod
    def of(cls, project: Project, ledger: Ledger, outlook: Outlook) -> Honesty:
        """Work it out from all answers."""
        return cls(
            _quality(project, ledger),
            _anchoring(project, ledger, outlook),
            _doubts(project, ledger, outlook),
        )


def _quality(project: Project, ledger: Ledger) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, share in with_self(ledger.events).items():
        found.setdefault(name, {})["consistency"] = share.as_json()
    if project.settings.checks:
        for name, share in with_known(ledger.events, known_answers(project)).items():
            found.setdefault(name, {})["checks"] = share.as_json()
    return found


def _anchoring(project: Project, ledger: Ledger, outlook: Outlook) -> dict[str, Any] | None:
    if project.task.multi:
        return None
    found = anchoring(ledger.events, weak_labels(project.task, outlook.judged))
    if found.unseen is None and found.before is None and found.after is None:
        return None
    return found.as_json()


def _doubts(project: Project, ledger: Ledger, outlook: Outlook) -> dict[str, Answer]:
    """The most doubted of the labels as they are now."""
    names = project.task.label_names
    place = {name: column for column, name in enumerate(names)}
    asked = {item.example.id for item in outlook.queue}
    ids, labels, rows = [], [], []
    for id_, row in outlook.opinions.items():
        resolution = ledger.resolved.get(id_)
        if id_ in asked and resolution is not None and resolution.labels is not None:
            ids.append(id_)
            labels.append(place[resolution.labels[0]])
            rows.append(row)
    if not ids:
        return {}
    given, probabilities = np.array(labels), np.array(rows)
    if (probabilities.argmax(axis=1) == given).mean() < LEAST_RIGHT:
        return {}
    found = doubted(given, probabilities)
    most = max(1, round(MOST * len(ids)))
    strong = [doubt for doubt in found if doubt.margin >= STRONGLY][:most]
    return {ids[doubt.row]: (names[doubt.label],) for doubt in strong}
