"""Texts as a search for orders reads them: folded letters, with the way back to their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HIDDEN_LETTERS = re.compile(
    "(?<!\U0001f3f4)(?<![\U000e0020-\U000e007e])[\U000e0020-\U000e007e]{4,}"
)
"""Letters of a Unicode block that no screen shows and that language models can read (a flag's own
few of them, after a black flag, are none)."""

_ALIKE = str.maketrans(
    "авеёзіїјкмнорсѕтухԁԛԝһαβεικνορτυχ",
    "abee3iijkmhopcstyxdqwhabeikvoptux",
)
"""Cyrillic and Greek letters that look like Latin ones."""

_DIGITS = str.maketrans("013457", "oieast")
"""Digits that stand for letters."""

_MIXED = re.compile(r"\b(?=\w*[a-z])(?=\w*[013457])[a-z013457]{4,}\b")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ \t.*_-]{1,3}){4,}[^\W\d_](?!\w)")
_GAPS = re.compile(r"\s{2,}")
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class View:
    """A text as the search reads it.

    Attributes:
        text: Lower case, without accents, hidden characters and compatibility forms.
        places: Where each of its characters stands in the text itself; None if nothing moved.
        spaced: Whether words whose letters were spaced out are put together in it, so that the
            gaps between words are lost.
    """

    text: str
    places: Sequence[int] | None = None
    spaced: bool = False

    def at(self, index: int) -> int:
        """Where a character of the view stands in the text itself."""
        return index if self.places is None else self.places[index]


def views(text: str) -> Iterator[View]:
    """The text as it is, and where it differs with look-alikes, digits and gaps undone."""
    plain = _folded(text)
    yield plain
    if _LATIN.search(plain.text):
        latin = plain.text.translate(_ALIKE)
        latin = _MIXED.sub(lambda word: word.group().translate(_DIGITS), latin)
        if latin != plain.text:
            yield View(latin, plain.places)
    if _SPACED.search(plain.text):
        yield _closed_up(plain)


def _folded(text: str) -> View:
    if text.isascii() and not _GAPS.search(text):
        return View(text.lower())
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if letter.isspace():
            if letters and letters[-1].isspace():  # a line's end counts for more than a space
                letters[-1] = "\n" if "\n" in (letter, letters[-1]) else " "
                continue
            folded = "\n" if letter == "\n" else " "
        else:
            folded = letter.lower() if letter.isascii() else _fold(letter)
        for one in folded:
            letters.append(one)
            places.append(place)
    return View("".join(letters), places)


def _fold(letter: str) -> str:
    decomposed = unicodedata.normalize("NFKD", letter).casefold()
    return "".join(
        one
        for one in decomposed
        if not unicodedata.combining(one) and unicodedata.category(one) != "Cf"
    )


def _closed_up(view: View) -> View:
    """Words whose letters were spaced out, put together again."""
    letters: list[str] = []
    places: list[int] = []
    done = 0
    for run in _SPACED.finditer(view.text):
        kept = [*range(done, run.start()), *range(run.start(), run.end())]
        for index in kept:
            if index < run.start() or view.text[index].isalpha():
                letters.append(view.text[index])
                places.append(view.at(index))
        done = run.end()
    letters += view.text[done:]
    places += [view.at(index) for index in range(done, len(view.text))]
    return View("".join(letters), places, spaced=True)
