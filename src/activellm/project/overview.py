"""The parts of the owner's dashboard that follow from the answers, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import mean, median
from typing import Any

from activellm.annotation.contract import QueueItem
from activellm.annotation.people import Person
from activellm.project.ledger import Ledger, Tally
from activellm.settings import Settings
from activellm.task import Task

ONLINE = 60.0
"""Seconds after which somebody whose page was not heard of is gone; it calls every 20."""

_ORDER = ("annotator", "", "adjudicator", "owner")
"""Who comes first; those without a role answered before there was a team."""

_LONGEST = 300.0
"""Seconds on one text beyond which somebody was away."""


def task_row(task: Task) -> dict[str, Any]:
    """What is decided."""
    return {
        "description": task.description,
        "kind": task.kind,
        "labels": [
            {
                "name": label.name,
                "definition": label.definition,
                "retired": label.retired,
            }
            for label in task.labels
        ],
    }


def round_row(
    number: int, settings: Settings, queue: Sequence[QueueItem], ledger: Ledger
) -> dict[str, Any]:
    """How far the texts are: a text is answered when enough people labelled it, or it is decided.

    Checks are left out: they measure people, and wait for each of them.
    """
    asked = [item.example.id for item in queue if item.purpose != "check"]
    answered = labels = skipped = 0
    for id_ in asked:
        given = ledger.labelled_by(id_)
        labels += min(given, settings.overlap)
        if id_ in ledger.decisions or given >= settings.overlap:
            answered += 1
        elif not given and id_ in ledger.standing:
            skipped += 1
    return {
        "number": number,
        "of": max(number, settings.rounds),
        "asked": len(asked),
        "answered": answered,
        "open": len(asked) - answered,
        "skipped": skipped,
        "labels": labels,
        "wanted": len(asked) * settings.overlap,
        "overlap": settings.overlap,
    }


def people_rows(
    people: Sequence[Person],
    ledger: Ledger,
    online: Mapping[str, str],
    quality: Mapping[str, Mapping[str, Any]],
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """Everybody who was invited, and everybody who answered.

    Args:
        people: Who was invited.
        ledger: Their answers.
        online: When each one's page was heard of last.
        quality: By name, what repeats and checks say of them.
        now: The present moment.
    """
    now = now or datetime.now(UTC)
    known = {person.name: person for person in people}
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys([*known, *ledger.tallies]):
        person = known.get(name)
        tally = ledger.tally(name)
        seen = max(online.get(name, ""), tally.last)
        rows.append(
            {
                "name": name,
                "role": person.role if person else "",
                "revoked": person is not None and person.revoked is not None,
                "labelled": tally.labelled,
                "skipped": tally.skipped,
                "unsure": tally.unsure,
                "discuss": tally.discuss,
                **_speed(tally),
                "last_seen": seen or None,
                "online": _recent(online.get(name, ""), now),
                "consistency": quality.get(name, {}).get("consistency"),
                "checks": quality.get(name, {}).get("checks"),
            }
        )
    return sorted(rows, key=lambda row: _ORDER.index(row["role"]))


def class_rows(task: Task, ledger: Ledger) -> list[dict[str, Any]]:
    """How many texts have which label by majority, and how often each annotator gave it."""
    texts = dict.fromkeys(task.label_names, 0)
    for resolution in ledger.resolved.values():
        for label in resolution.labels or ():
            texts[label] = texts.get(label, 0) + 1
    return [
        {
            "label": label,
            "count": count,
            "by": {
                name: tally.labels[label]
                for name, tally in sorted(ledger.tallies.items())
                if tally.labels[label]
            },
        }
        for label, count in texts.items()
    ]


def _speed(tally: Tally) -> dict[str, float | None]:
    """Of the latest answers; time away from the page is not counted."""
    times = [min(seconds, _LONGEST) for seconds in tally.seconds]
    if not times:
        return {"median_seconds": None, "per_hour": None}
    return {"median_seconds": median(times), "per_hour": 3600 / max(mean(times), 0.1)}


def _recent(at: str, now: datetime) -> bool:
    return bool(at) and (now - datetime.fromisoformat(at)).total_seconds() < ONLINE
