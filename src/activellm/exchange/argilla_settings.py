"""What Argilla asks people: a data set's fields and questions, as its SDK writes them down."""

from __future__ import annotations

from typing import Any

from activellm.task import Task

LABEL, NOTE = "label", "note"
"""Names of the questions."""


def settings(task: Task) -> dict[str, Any]:
    """A data set's settings: one question for the label, one for a note."""
    titles = task.pair_names if task.pair else ("Text",)
    fields = zip(("text", "pair"), titles, strict=False)
    options = [{"value": one.name, "text": one.name} for one in task.labels]
    kind = "multi_label_selection" if task.multi else "label_selection"
    choice: dict[str, Any] = {"type": kind, "options": options, "visible_options": None}
    if task.multi:
        choice["options_order"] = "natural"
    lines = [f"- {one.name}: {one.definition}" for one in task.labels if one.definition]
    return {
        "guidelines": "\n\n".join(filter(None, ["\n".join(lines), task.guidelines])) or None,
        "questions": [
            _part(LABEL, task.description, choice, required=not task.multi),
            _part(NOTE, "Note", {"type": "text", "use_markdown": False}, required=False),
        ],
        "fields": [
            _part(name, title, {"type": "text", "use_markdown": False}, required=True)
            for name, title in fields
        ],
        "vectors": [],
        "metadata": [],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }


def _part(name: str, title: str, kind: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "description": None,
        "required": required,
        "type": kind["type"],
        "settings": kind,
    }


def dataset(task: Task) -> dict[str, Any]:
    """What a data set is called: the same for the same task."""
    return {"name": f"activellm-{task.fingerprint}", "allow_extra_metadata": True}
