"""The HTML of the owner's and the adjudicators' pages: frames that scripts fill."""

from __future__ import annotations

from collections.abc import Mapping

from activellm.annotation.keys import LABEL_KEYS
from activellm.annotation.people import ROLES
from activellm.annotation.visible import visible
from activellm.annotation.web.languages import COLOURS, LANGUAGES, Look
from activellm.annotation.web.page import LabelButton, columns, environment
from activellm.annotation.web.shapes import MAX_NOTE
from activellm.annotation.web.words import words
from activellm.task import Task

_COMMANDS = "jknu"
"""Letters that walk, note and undo on the adjudicators' page, so that no label has them."""

_SHARED = (
    "page.away",
    "page.offline",
    "page.refused",
    "page.settings",
    "page.language",
    "page.colours",
)
"""How the keys of words begin that these pages share with the annotators'."""


def owner_page(look: Look) -> str:
    """The page on which an owner sees the project and starts work."""
    page = environment().get_template("owner.html")
    return page.render(
        look=look, languages=LANGUAGES, all_colours=COLOURS, t=_words(look), roles=ROLES
    )


def disagreements_page(task: Task, look: Look, *, owner: bool = False) -> str:
    """The page on which an adjudicator decides.

    Args:
        task: What is decided.
        look: Language and colours.
        owner: Whether to link to the owner's page.
    """
    labels = _buttons(task)
    page = environment().get_template("disagreements.html")
    return page.render(
        look=look,
        languages=LANGUAGES,
        all_colours=COLOURS,
        t=_words(look),
        owner=owner,
        task=task,
        description=visible(task.description),
        pair_names=[visible(name) for name in task.pair_names],
        labels=labels,
        columns=columns([label.name for label in task.offered]),
        searched=not labels[0].key,
        max_note=MAX_NOTE,
    )


def _words(look: Look) -> Mapping[str, str]:
    """The words of both pages, and those that they share with the annotators'."""
    page = words(look.language, "page.")
    shared = {key: page[key] for key in page if key.startswith(_SHARED)}
    return {**words(look.language, "office."), **words(look.language, "decide."), **shared}


def _buttons(task: Task) -> list[LabelButton]:
    """The labels with their keys: as on the annotators' page, but for J and K."""
    keys = [key for key in LABEL_KEYS if key not in _COMMANDS]
    if len(task.offered) > len(keys):
        keys = [""] * len(task.offered)
    return [
        LabelButton(label.name, visible(label.definition), key)
        for label, key in zip(task.offered, keys, strict=False)
    ]
