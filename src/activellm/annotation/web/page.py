"""The HTML that the server renders: the frame around the texts, which come by themselves."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from activellm.annotation.keys import label_keys
from activellm.annotation.people import Person
from activellm.annotation.visible import visible
from activellm.annotation.web.guidelines import to_html
from activellm.annotation.web.languages import LANGUAGES, Look
from activellm.annotation.web.shapes import MAX_NOTE
from activellm.annotation.web.words import words
from activellm.task import Task

AT_A_GLANCE = 9
"""With more labels than these, there is a search for them."""


@dataclass(frozen=True, slots=True)
class LabelButton:
    """A label as the page shows it; `key` is empty where there are more labels than keys."""

    name: str
    definition: str
    key: str


def label_buttons(task: Task) -> list[LabelButton]:
    """The labels on offer with their keys."""
    keys = label_keys(len(task.offered)) or ("",) * len(task.offered)
    return [
        LabelButton(label.name, visible(label.definition), key)
        for label, key in zip(task.offered, keys, strict=True)
    ]


def annotation_page(
    task: Task, person: Person, *, look: Look, notice: str = "", reveal: str = "never"
) -> str:
    """The page on which texts are labelled.

    Args:
        task: What is decided.
        person: Who labels.
        look: Language and colours.
        notice: What stands above the texts; empty for nothing.
        reveal: When the query model's weak label may be seen.
    """
    labels = label_buttons(task)
    return (
        environment()
        .get_template("annotate.html")
        .render(
            look=look,
            languages=LANGUAGES,
            t=words(look.language, "page."),
            person=person,
            name=visible(person.name),
            reveal=reveal,
            task=task,
            description=visible(task.description),
            notice=visible(notice),
            pair_names=[visible(name) for name in task.pair_names],
            labels=labels,
            columns=columns([label.name for label in labels]),
            guidelines=to_html(task.guidelines),
            max_note=MAX_NOTE,
            keyless=not labels[0].key,
            searched=len(labels) > AT_A_GLANCE,
            mine=_whose(task, person),
        )
    )


def message_page(key: str, more: str, look: Look, *, forward: bool = False) -> str:
    """A page that says one thing; with `forward` it goes on to the annotation page by itself.

    Args:
        key: Of the title's words.
        more: Of the words below.
        look: Language and colours.
        forward: Whether it goes on.
    """
    t = words(look.language, "page.")
    page = environment().get_template("message.html")
    return page.render(look=look, t=t, title=t[key], words=t[more], forward=forward)


def columns(names: Sequence[str]) -> int:
    """In how many columns labels look best on a wide screen: few rows, and a full last row."""
    longest = max(len(name) for name in names)
    most = 5 if longest <= 14 else 4 if longest <= 20 else 3 if longest <= 30 else 2
    if len(names) <= most:
        return len(names)

    def untidiness(columns: int) -> float:
        rows = math.ceil(len(names) / columns)
        return rows + 0.6 * (rows * columns - len(names))

    return min(range(most, 1, -1), key=untidiness)


def _whose(task: Task, person: Person) -> str:
    """Names task and person: what a browser keeps unsent belongs to these and no other.

    Labels and guidelines are no part of it: they may change while answers wait to be sent.
    """
    parts = (task.description, task.kind, str(task.pair), person.name)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


@cache
def environment() -> Environment:
    """The templates; whatever is put in is escaped."""
    return Environment(
        autoescape=True,
        loader=PackageLoader("activellm.annotation.web"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
