"""The HTML of the owner's and the adjudicators' pages: frames that scripts fill."""

from __future__ import annotations

from collections.abc import Mapping

from activellm.annotation.keys import LABEL_KEYS
from activellm.annotation.people import ROLES
from activellm.annotation.visible import visible
from activellm.annotation.web.languages import LANGUAGES
from activellm.annotation.web.office_words import OFFICE_WORDS
from activellm.annotation.web.page import LabelButton, _columns, _environment
from activellm.annotation.web.shapes import MAX_NOTE
from activellm.task import Task

_COMMANDS = "jknu"
"""Letters that walk, note and undo on the adjudicators' page, so that no label has them."""


def owner_page(language: str = "en") -> str:
    """The page on which an owner sees the project and starts work."""
    words = office_words(language)
    page = _environment().get_template("owner.html")
    return page.render(language=language, t=words, words=words, roles=ROLES)


def disagreements_page(task: Task, language: str = "en", *, owner: bool = False) -> str:
    """The page on which an adjudicator decides.

    Args:
        task: What is decided.
        language: Of the page's words.
        owner: Whether to link to the owner's page.
    """
    words = office_words(language)
    page = _environment().get_template("disagreements.html")
    labels = _buttons(task)
    return page.render(
        language=language,
        t=words,
        words=words,
        owner=owner,
        task=task,
        description=visible(task.description),
        pair_names=[visible(name) for name in task.pair_names],
        labels=labels,
        columns=_columns(task.label_names),
        searched=not labels[0].key,
        max_note=MAX_NOTE,
    )


def office_words(language: str) -> Mapping[str, str]:
    """All words of both pages in one language; English where a language is unknown."""
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {key: row[column] for key, row in OFFICE_WORDS.items()} | {"language": language}


def _buttons(task: Task) -> list[LabelButton]:
    """The labels with their keys: as on the annotators' page, but for J and K."""
    keys = [key for key in LABEL_KEYS if key not in _COMMANDS]
    if len(task.labels) > len(keys):
        keys = [""] * len(task.labels)
    return [
        LabelButton(label.name, visible(label.definition), key)
        for label, key in zip(task.labels, keys, strict=False)
    ]
