"""Our own annotations, whole, in a field that other tools do not know and hand back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from math import isfinite
from typing import Any, get_args

from activellm.annotation.contract import Action, Annotation
from activellm.errors import DataError
from activellm.exchange.contract import Item, clip
from activellm.pool.identity import storable

KEY = "activellm"
"""The field that holds what is ours."""

VERSION = 1

_LONGEST_EVENT = 64
_LONGEST_WORD = 40
_WORDS = ("event", "at", "oracle")
_ALWAYS = ("event", "annotator", "action", "labels")
_FIELDS = {one.name: one for one in fields(Annotation)}
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "unsure": bool,
    "discuss": bool,
    "seconds": (int, float, type(None)),
}


def carry(item: Item) -> dict[str, Any]:
    """What a record carries of an item: its id, and every annotation as it is."""
    return {"version": VERSION, "id": item.id, "events": [record(one) for one in item.events]}


def record(event: Annotation, *, whole: bool = False) -> dict[str, Any]:
    """An annotation as JSON; what has its usual value is left out, unless it is to be whole."""
    values = asdict(event) | {"labels": list(event.labels)}
    del values["example_id"]
    return {
        name: value
        for name, value in values.items()
        if whole or name in _ALWAYS or value != _FIELDS[name].default
    }


def carried(block: Any, where: str) -> tuple[str, tuple[Annotation, ...]]:
    """The id and the annotations that a record carries; "" and none if it carries nothing.

    Raises:
        DataError: If it was written by a newer version, or is damaged.
    """
    if block is None:
        return "", ()
    if not isinstance(block, dict) or not isinstance(block.get("id"), str) or not block["id"]:
        raise _damaged(where, "it names no text")
    if block.get("version") != VERSION:
        raise DataError(
            f"ActiveLLM's part of it has version {clip(block.get('version'))}; this one reads "
            f"{VERSION}.",
            where=where,
            remedy="Install a newer version of activellm.",
        )
    events = block.get("events", [])
    if not isinstance(events, list):
        raise _damaged(where, "its events are no list")
    return block["id"], tuple(event_of(one, block["id"], where) for one in events)


def event_of(values: Any, example_id: str, where: str) -> Annotation:
    """The inverse of `record`.

    Raises:
        DataError: If something is missing, unknown or of the wrong kind.
    """
    if not isinstance(values, dict) or not {"event", "annotator", "action"} <= set(values):
        raise _damaged(where, "an event lacks event, annotator or action")
    for name, value in values.items():
        if name not in _FIELDS:
            raise _damaged(where, f"an event has the unknown field {clip(name)}")
        if name != "labels" and not isinstance(value, _KINDS.get(name, str)):
            raise _damaged(where, f"{name} is {clip(value)}")
    if not values["annotator"] or values.get("seconds") != finite(values.get("seconds")):
        raise _damaged(where, "an event has no annotator, or no such seconds")
    labels = values.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise _damaged(where, "the labels of an event are no list of names")
    if values["action"] not in get_args(Action) or not (0 < len(values["event"]) <= _LONGEST_EVENT):
        raise _damaged(
            where, f"there is no event {clip(values['action'])}, or its id is not usable"
        )
    if any(storable(values.get(name, "")) != values.get(name, "") for name in _WORDS):
        raise _damaged(where, "its id, its time or its oracle is no text")
    if max(len(values.get("at", "")), len(values.get("oracle", ""))) > _LONGEST_WORD:
        raise _damaged(where, "its time or its oracle is too long")
    if values.get("revealed", "") not in ("", "before", "after"):
        raise _damaged(where, f"revealed is {clip(values['revealed'])}")
    return Annotation(**{**values, "labels": tuple(labels), "example_id": example_id})


def finite(value: Any) -> float | None:
    """A number of seconds; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def _damaged(where: str, why: str) -> DataError:
    return DataError(
        f"ActiveLLM's part of it is damaged: {why}.",
        where=where,
        remedy=f"Export again, or remove the field {KEY!r}.",
    )
