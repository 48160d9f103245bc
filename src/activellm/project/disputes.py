"""The texts that wait for an adjudicator: answered differently, flagged, or doubted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activellm.annotation.consensus import Resolution
from activellm.annotation.contract import Annotation
from activellm.annotation.visible import visible
from activellm.pool.example import Example
from activellm.project.folder import Project
from activellm.project.ledger import Ledger
from activellm.task import Answer

DECIDED = 20
"""How many texts that were decided last are shown, so that a decision can be looked at again."""

Doubts = Mapping[str, Answer]
"""By text, the label that a classifier finds much likelier than the given one."""


def waiting(ledger: Ledger, doubts: Doubts) -> list[str]:
    """The texts that wait for a decision: disagreements, then flags, then doubts."""
    doubted = (id_ for id_ in doubts if id_ not in ledger.decisions)
    return list(dict.fromkeys([*ledger.disputed, *ledger.flagged, *doubted]))


def disagreements(
    project: Project,
    ledger: Ledger,
    suggestions: Mapping[str, Resolution],
    doubts: Doubts,
    limit: int,
) -> dict[str, Any]:
    """The queue of an adjudicator as JSON: what waits, and behind it what was decided last."""
    open_ = waiting(ledger, doubts)
    latest = sorted(ledger.decisions.values(), key=lambda one: one.at, reverse=True)[:DECIDED]
    ids = open_[:limit] + [one.example_id for one in latest]
    texts = [
        _item(example, ledger, suggestions.get(example.id), doubts)
        for example in project.pool.examples(ids)
    ]
    return {"texts": texts, "count": len(open_)}


def _item(
    example: Example, ledger: Ledger, resolution: Resolution | None, doubts: Doubts
) -> dict[str, Any]:
    id_ = example.id
    answers = ledger.standing.get(id_, {})
    return {
        "id": id_,
        "text": visible(example.text),
        "pair": None if example.pair is None else visible(example.pair),
        "why": _why(id_, ledger, doubts),
        "answers": [_answer(answers[name]) for name in sorted(answers)],
        "suggestion": _suggestion(id_, ledger, resolution, doubts),
        "decision": _decision(ledger.decisions.get(id_)),
    }


def _why(id_: str, ledger: Ledger, doubts: Doubts) -> list[str]:
    reasons = {
        "disagreement": id_ in ledger.disputed,
        "discuss": id_ in ledger.flagged,
        "second look": id_ in doubts and id_ not in ledger.decisions,
    }
    return [name for name, holds in reasons.items() if holds]


def _answer(answer: Annotation) -> dict[str, Any]:
    return {
        "annotator": answer.annotator,
        "labels": list(answer.labels),
        "action": answer.action,
        "unsure": answer.unsure,
        "discuss": answer.discuss,
        "note": visible(answer.note),
        "at": answer.at,
    }


def _suggestion(
    id_: str, ledger: Ledger, resolution: Resolution | None, doubts: Doubts
) -> dict[str, Any] | None:
    """Where people differ, what the more reliable ones say; where they don't, what is likelier."""
    if id_ in ledger.disputed:
        if resolution is None or resolution.labels is None:
            return None
        return {"labels": list(resolution.labels), "by": resolution.source}
    if id_ in doubts:
        return {"labels": list(doubts[id_]), "by": "classifier"}
    return None


def _decision(decision: Annotation | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "labels": list(decision.labels),
        "by": decision.annotator,
        "note": visible(decision.note),
        "at": decision.at,
    }
