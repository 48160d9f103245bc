"""Texts cut in two: what the model is shown, and what it must know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from activellm.pool import Content

LONGEST = 120
"""Words of a text that are used: its beginning."""

LEAST_NEW = 4
"""So many words must stand in the second half that do not stand in the first."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
"""A run of letters and digits; in scripts without spaces a sign."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case."""
    return tuple(_WORD.findall(text.casefold()))


@dataclass(frozen=True)
class Passage:
    """A text in two parts.

    Attributes:
        shown: The first half; of a pair the first text.
        rest: The second half with the white space before it; of a pair the second text.
    """

    shown: str
    rest: str

    @cached_property
    def shown_words(self) -> tuple[str, ...]:
        """The words of the first half."""
        return words(self.shown)

    @cached_property
    def rest_words(self) -> tuple[str, ...]:
        """The words of the second half."""
        return words(self.rest)

    @property
    def usable(self) -> bool:
        """Whether there is enough to show and enough to know."""
        new = set(self.rest_words) - set(self.shown_words)
        return len(self.shown_words) >= LEAST_NEW and len(new) >= LEAST_NEW


def cut(content: Content) -> Passage:
    """Cut a text at the space in its middle; a pair is in two parts already."""
    if isinstance(content, tuple):
        return Passage(_beginning(content[0]), "\n" + _beginning(content[1]))
    text = _beginning(content)
    spaces = [found.start() for found in re.finditer(r"\s+", text)]
    middle = spaces[len(spaces) // 2] if spaces else len(text) // 2
    return Passage(text[:middle], text[middle:])


def _beginning(text: str) -> str:
    """The first words of a long text, as they are written."""
    text = text.strip()
    last = None
    for count, found in enumerate(_WORD.finditer(text), start=1):
        if count > LONGEST:
            return text[:last]
        last = found.end()
    return text


def draw(contents: Sequence[Content], most: int, rng: np.random.Generator) -> list[Passage]:
    """Up to `most` usable passages, in random order."""
    found: list[Passage] = []
    for place in rng.permutation(len(contents)):
        passage = cut(contents[place])
        if passage.usable:
            found.append(passage)
        if len(found) == most:
            break
    return found


def nearest(passages: Sequence[Passage], number: int) -> list[list[int]]:
    """For each passage the `number` others that share most of its words, rare ones weighing more.

    Returns:
        Places in `passages`, the most alike first; fewer if there are fewer others.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [[*one.shown_words, *one.rest_words] for one in passages]
    vectors = TfidfVectorizer(analyzer=lambda text: text).fit_transform(texts)
    alike = (vectors @ vectors.T).toarray()
    np.fill_diagonal(alike, -1.0)
    order = np.argsort(-alike, axis=1, kind="stable")
    return [row[: min(number, len(passages) - 1)].tolist() for row in order]
