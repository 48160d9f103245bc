"""Which column holds the text, and what the others are for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from activellm.errors import DataError, UsageError
from activellm.pool.example import Content
from activellm.pool.sources.base import Record, Source

TEXT_NAMES = (
    *("text", "sentence", "content", "body", "message", "tweet", "review", "comment", "post"),
    *("utterance", "question", "query", "abstract", "description", "document", "headline"),
    *("title",),
)
"""Names by which a text column is known, likelier ones first."""

PAIR_NAMES = (
    *(("text_a", "text_b"), ("text1", "text2"), ("sentence1", "sentence2")),
    *(("premise", "hypothesis"), ("question1", "question2"), ("question", "sentence")),
    *(("query", "document"), ("question", "answer"), ("source", "target"), ("title", "text")),
)
"""Names by which the two texts of a pair are known."""

_TELLING_LENGTH = 15.0
_TELLING_RATIO = 2.0
_NO_TEXT = re.compile(r"[\W\d_]*|true|false|null|none|nan|[\[{].*[\]}]", re.I | re.S)
"""A cell that says that its column is no text column: a number, a date, a JSON value."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column of a source is for.

    Attributes:
        text: Holds the text; of a pair the first.
        pair: Holds the second text of a pair, else None.
        id: Holds the ids, else None: they are made from the content.
        label: Holds labels given already, else None.
        meta: All others, in the source's order.
        how: How the text columns were chosen, for people.
    """

    text: str
    pair: str | None = None
    id: str | None = None
    label: str | None = None
    meta: tuple[str, ...] = ()
    how: str = ""

    def content(self, values: Mapping[str, str]) -> Content:
        """What a model reads of a row."""
        text = values[self.text]
        return text if self.pair is None else (text, values[self.pair])


def find_columns(
    source: Source,
    *,
    text: str | None = None,
    text_b: str | None = None,
    id: str | None = None,
    label: str | None = None,
    pair: bool = False,
) -> Columns:
    """Decide what each column of a source is for.

    A text column that is not named is the one with a known name; else the only one that holds
    words; else the one whose texts are clearly the longest.

    Args:
        source: The source; its first rows may be read.
        text: The text column; of a pair the first.
        text_b: The second text column of a pair.
        id: The column with ids.
        label: The column with labels given already.
        pair: Whether pairs are wanted; naming `text_b` implies it.

    Raises:
        DataError: If a named column does not exist, or the text column cannot be told.
        UsageError: If one column is named twice.
    """
    named = {"--text": text, "--text-b": text_b, "--id": id, "--label-column": label}
    _check_named(source, {option: name for option, name in named.items() if name is not None})
    texts, how = _find_texts(source, text, text_b, {id, label}, pair or text_b is not None)
    used = {*texts, id, label}
    meta = tuple(column for column in source.columns if column not in used)
    return Columns(texts[0], texts[1] if len(texts) > 1 else None, id, label, meta, how)


def _check_named(source: Source, named: Mapping[str, str]) -> None:
    for option, name in named.items():
        if name not in source.columns:
            near = difflib.get_close_matches(name, source.columns, n=1)
            raise DataError(
                f"There is no column {name!r}.",
                where=f"{source.name}, {option}",
                remedy=(f"Did you mean {near[0]!r}? " if near else "") + listing(source.columns),
            )
    if len(set(named.values())) < len(named):
        options = ", ".join(f"{option} {name}" for option, name in named.items())
        raise UsageError("Each column can have one use only.", where=options)


def _find_texts(
    source: Source, text: str | None, text_b: str | None, taken: set[str | None], pair: bool
) -> tuple[tuple[str, ...], str]:
    """The text column or columns, and how they were chosen."""
    if text and (text_b or not pair):
        return ((text, text_b) if text_b else (text,)), "as named"
    free = [column for column in source.columns if column not in taken]
    if pair:
        return _find_pair(source, free, text, text_b), "by their names"
    if known := _known(TEXT_NAMES, free):
        return (known,), "by its name"
    wordy = _wordy_lengths(source.sample(), free)
    if len(wordy) == 1:
        return tuple(wordy), "as the only column with words"
    if longest := _longest(wordy):
        return (longest,), "as the column with the longest texts"
    raise DataError(
        "It is not clear which column holds the text.",
        where=source.name,
        remedy=f"Name it with --text. {listing(source.columns)}",
    )


def _find_pair(
    source: Source, free: Sequence[str], text: str | None, text_b: str | None
) -> tuple[str, str]:
    for names in PAIR_NAMES:
        first, second = (_known((name,), free) for name in names)
        if first and second and text in {None, first} and text_b in {None, second}:
            return first, second
    raise DataError(
        "It is not clear which two columns hold the texts of a pair.",
        where=source.name,
        remedy=f"Name them with --text and --text-b. {listing(source.columns)}",
    )


def _known(names: Sequence[str], columns: Sequence[str]) -> str | None:
    """The first known name that is a column, written in capitals or not."""
    folded = {column.casefold(): column for column in reversed(columns)}
    return next((folded[name] for name in names if name in folded), None)


def _wordy_lengths(records: Sequence[Record], columns: Sequence[str]) -> dict[str, float]:
    """Mean length of the cells of each column in which most filled cells hold words."""
    lengths = {}
    for column in columns:
        cells = [cell for record in records if (cell := record.values[column].strip())]
        wordy = [cell for cell in cells if not _NO_TEXT.fullmatch(cell)]
        if len(wordy) > len(cells) / 2:
            lengths[column] = fmean(map(len, cells))
    return lengths


def _longest(lengths: Mapping[str, float]) -> str | None:
    if not lengths:
        return None
    first, second, *_ = sorted(lengths, key=lambda column: -lengths[column])
    clear = lengths[first] >= max(_TELLING_LENGTH, _TELLING_RATIO * lengths[second])
    return first if clear else None


def listing(columns: Sequence[str]) -> str:
    """The columns that there are, as a sentence for messages."""
    shown = ", ".join(repr(column) for column in columns[:20])
    more = f" and {len(columns) - 20} more" if len(columns) > 20 else ""
    return f"The columns are: {shown}{more}."
