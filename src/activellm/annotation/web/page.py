"""The HTML that the server renders: the frame around the texts, which come by themselves."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from activellm.annotation.keys import label_keys
from activellm.annotation.sitting import Sitting
from activellm.annotation.visible import visible
from activellm.annotation.web.guidelines import to_html
from activellm.annotation.web.shapes import MAX_NOTE
from activellm.task import Task


@dataclass(frozen=True, slots=True)
class LabelButton:
    """A label as the page shows it; `key` is empty where there are more labels than keys."""

    name: str
    definition: str
    key: str


def label_buttons(task: Task) -> list[LabelButton]:
    """The task's labels with their keys."""
    keys = label_keys(len(task.labels)) or ("",) * len(task.labels)
    return [
        LabelButton(label.name, visible(label.definition), key)
        for label, key in zip(task.labels, keys, strict=True)
    ]


def annotation_page(sitting: Sitting, notice: str = "") -> str:
    """The page on which texts are labelled, with a notice above them if there is one."""
    task = sitting.task
    template = _environment().get_template("annotate.html")
    return template.render(
        task=task,
        description=visible(task.description),
        notice=visible(notice),
        pair_names=[visible(name) for name in task.pair_names],
        labels=label_buttons(task),
        columns=_columns(task.label_names),
        guidelines=to_html(task.guidelines),
        max_note=MAX_NOTE,
        searched=not label_keys(len(task.labels)),
        queue=_fingerprint(sitting),
    )


def message_page(title: str, words: str, *, forward: bool = False) -> str:
    """A page that says one thing; with `forward` it goes on to the annotation page by itself."""
    page = _environment().get_template("message.html")
    return page.render(title=title, words=words, forward=forward)


def _columns(names: Sequence[str]) -> int:
    """In how many columns labels look best on a wide screen: few rows, and a full last row."""
    longest = max(len(name) for name in names)
    most = 5 if longest <= 14 else 4 if longest <= 20 else 3 if longest <= 30 else 2
    if len(names) <= most:
        return len(names)

    def untidiness(columns: int) -> float:
        rows = math.ceil(len(names) / columns)
        return rows + 0.6 * (rows * columns - len(names))

    return min(range(most, 1, -1), key=untidiness)


def _fingerprint(sitting: Sitting) -> str:
    """Names task and queue: what a page keeps unsent belongs to these and no other."""
    digest = hashlib.sha256(sitting.task.fingerprint.encode())
    for id_ in sitting.items:
        digest.update(id_.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True,
        loader=PackageLoader("activellm.annotation.web"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
