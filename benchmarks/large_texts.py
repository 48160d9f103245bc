"""Made-up messages in any number, with known classes and known copies.

Every row follows from the seed and its number alone, so a file of ten million is written in blocks
of constant memory, and its labels and copies need not be kept: they are computed again when asked.

A message is 6 to 60 words. Words come by Zipf's law (Mandelbrot's form) from those of the sample
that ships, and after them from made-up names and numbers; each class mixes in words of its own,
some messages many, some few.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from large_words import DRAWS, FORMS, LENGTHS, MARKS, TOPIC_DRAWS, TOPICS, Words

SHARES = (0.34, 0.27, 0.18, 0.12, 0.07, 0.019, 0.001)
"""Share of each class, the rarest a thousandth."""

EXACT, NEAR = 0.05, 0.10
"""Share of rows that repeat another row's text, and that repeat it with an edit."""

POPULAR, POPULAR_SHARE = 100, 0.2
"""A fifth of the copies are of the first hundred rows, as of a form letter."""

EDITS = ("word", "left out", "capitals", "order", "mark")
"""What becomes of a near copy, beside another mark at its end: a word in the middle is another or
missing, all is in capitals, two neighbours change places, nothing more."""

BLOCK, SOME = 50_000, 10_000
"""Rows at a time, and rows of the small file for what costs the same for every row."""

_PLAIN, _CAPITAL, _UPPER, _COMMA, _MARKED, _UPPER_MARKED = 0, 1, 2, 3, 4, 7
"""Forms of a word, as in `Words.spelled`."""
_CHANNELS = ("web", "phone", "app", "letter")

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]


def bits(numbers: npt.NDArray, *salt: int) -> Bits:
    """64 random bits for each number: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    x = np.asarray(numbers).astype(np.uint64)
    for one in (*salt, 0):
        x = x + np.uint64((one + 1) * 0x9E3779B97F4A7C15 % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return x


def _part(source: Bits, start: int, size: int) -> Numbers:
    """Some of the bits, as numbers below `size`, a power of two."""
    return ((source >> np.uint64(start)) & np.uint64(size - 1)).astype(np.int64)


@dataclass(frozen=True)
class Texts:
    """A file of `rows` made-up messages.

    Attributes:
        rows: How many rows.
        seed: Decides all of them.
        exact, near: Shares of the two kinds of copies.
    """

    rows: int
    seed: int = 0
    exact: float = EXACT
    near: float = NEAR

    def kinds(self, rows: Numbers) -> Numbers:
        """0 for an original, 1 for an exact copy, 2 for a near copy."""
        at = bits(rows, self.seed, 1) / 2.0**64
        return (at < self.exact + self.near).astype(np.int64) + (
            (at >= self.exact) & (at < self.exact + self.near)
        )

    def sources(self, rows: Numbers) -> Numbers:
        """The original of each row, itself where it is one; it may stand anywhere in the file."""
        found = rows.astype(np.int64, copy=True)
        open_ = np.flatnonzero(self.kinds(found) > 0)
        attempt = 0
        popular = bits(rows, self.seed, 4) / 2.0**64 < POPULAR_SHARE
        while open_.size:
            among = np.where(popular[open_], min(POPULAR, self.rows), self.rows).astype(np.uint64)
            drawn = bits(rows[open_], self.seed, 2, attempt) % among
            found[open_] = drawn.astype(np.int64)
            open_ = open_[self.kinds(found[open_]) > 0]
            attempt += 1
        return found

    def classes(self, rows: Numbers) -> Numbers:
        """The class of each row, as its place in TOPICS; a copy has its original's."""
        return self._classes_of(self.sources(rows))

    def labels(self, rows: Numbers) -> list[str]:
        """The names of the rows' classes: what the oracle knows."""
        names = list(TOPICS)
        return [names[number] for number in self.classes(np.asarray(rows, np.int64))]

    def edits(self, rows: Numbers) -> Numbers:
        """The edit of each row, as its place in EDITS; only near copies have one."""
        return (bits(rows, self.seed, 7) % np.uint64(len(EDITS))).astype(np.int64)

    def expected(self) -> dict[str, int]:
        """Rows of each kind, and how many texts are left when equal ones are folded."""
        counts, edited = np.zeros(3, np.int64), []
        for start in range(0, self.rows, 20 * BLOCK):
            rows = np.arange(start, min(start + 20 * BLOCK, self.rows))
            kinds = self.kinds(rows)
            counts += np.bincount(kinds, minlength=3)
            edited.append(self._edit_keys(rows[kinds == 2]))
        distinct = counts[0] + len(np.unique(np.concatenate(edited)))
        names = ("original", "exact", "near", "distinct")
        return dict(zip(names, map(int, (*counts, distinct)), strict=True))

    def _edit_keys(self, rows: Numbers) -> Bits:
        """Equal for near copies that are equal texts: of one original, with one edit."""
        sources, edits = self.sources(rows), self.edits(rows)
        lengths = self._words.lengths[_part(bits(sources, self.seed, 5), 0, LENGTHS)]
        drawn = bits(rows, self.seed, 8)
        place = 1 + (drawn % (lengths - 2).astype(np.uint64)).astype(np.int64)
        place[np.isin(edits, [EDITS.index("capitals"), EDITS.index("mark")])] = 0
        word = np.where(edits == 0, self._words.drawn[_part(drawn, 40, DRAWS)], 0)
        return bits(((sources * 8 + edits) << 6) + place, 10) ^ bits(word, 11)

    def _classes_of(self, sources: Numbers) -> Numbers:
        at = bits(sources, self.seed, 3) / 2.0**64
        return np.minimum(np.searchsorted(np.cumsum(SHARES), at, "right"), len(SHARES) - 1)

    def block(self, start: int, stop: int):
        """The texts of rows `start` to before `stop`, an Arrow array of strings."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = np.arange(start, min(stop, self.rows))
        words, forms, lengths = self._edited(rows, *self._written(self.sources(rows)))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        forms[ends[:-1]] = np.where(forms[ends[:-1]] == _UPPER, _UPPER, _CAPITAL)
        last = ends[1:] - 1
        mark = _part(bits(self.sources(rows), self.seed, 5), 20, 4) % len(MARKS)
        mark = (mark + (self.kinds(rows) == 2)) % len(MARKS)
        forms[last] = mark + np.where(forms[last] == _UPPER, _UPPER_MARKED, _MARKED)
        spelled = self._words.spelled.take(pa.array(words * FORMS + forms))
        lists = pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), spelled)
        return pc.binary_join(lists, " ")

    def _written(self, sources: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Words one after another, their forms, and how many each text has."""
        first = bits(sources, self.seed, 5)
        lengths = self._words.lengths[_part(first, 0, LENGTHS)]
        strength = _part(first, 12, 8) * 40 + 60
        owner = np.repeat(np.arange(len(sources)), lengths)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        drawn = bits(sources[owner] * 64 + place, self.seed, 6)
        own = self._words.topics[self._classes_of(sources)[owner], _part(drawn, 20, TOPIC_DRAWS)]
        common = self._words.drawn[_part(drawn, 0, DRAWS)]
        words = np.where(_part(drawn, 30, 1024) < strength[owner], own, common)
        forms = np.where(_part(drawn, 40, 16) == 0, _COMMA, _PLAIN)
        return words, forms, lengths

    def _edited(
        self, rows: Numbers, words: Numbers, forms: Numbers, lengths: Numbers
    ) -> tuple[Numbers, Numbers, Numbers]:
        """The same, with the edits of near copies."""
        near = self.kinds(rows) == 2
        edit = np.where(near, self.edits(rows), -1)
        drawn = bits(rows, self.seed, 8)
        begin = np.cumsum(lengths) - lengths
        at = begin + 1 + (drawn % (lengths - 2).astype(np.uint64)).astype(np.int64)
        other = at[edit == EDITS.index("word")]
        words[other] = self._words.drawn[_part(drawn[edit == EDITS.index("word")], 40, DRAWS)]
        swap = at[edit == EDITS.index("order")]
        words[swap], words[swap + 1] = words[swap + 1], words[swap]
        forms[np.repeat(edit == EDITS.index("capitals"), lengths)] = _UPPER
        keep = np.ones(len(words), dtype=bool)
        keep[at[edit == EDITS.index("left out")]] = False
        return words[keep], forms[keep], lengths - (edit == EDITS.index("left out"))

    @cached_property
    def _words(self) -> Words:
        return Words.made(self.seed)


def write_texts(texts: Texts, path: Path, rows: int | None = None) -> None:
    """Write the columns number, text and channel as .parquet or .csv: all rows, or the first."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    schema = pa.schema([("number", pa.int64()), ("text", pa.string()), ("channel", pa.string())])
    writer = pq.ParquetWriter if path.suffix == ".parquet" else pc.CSVWriter
    channels = pa.array(_CHANNELS)
    with writer(str(path), schema) as out:
        end = min(texts.rows, rows or texts.rows)
        for start in range(0, end, BLOCK):
            numbers = np.arange(start, min(start + BLOCK, end))
            channel = channels.take(pa.array(_part(bits(numbers, texts.seed, 9), 0, 4)))
            columns = [pa.array(numbers), texts.block(start, start + len(numbers)), channel]
            out.write_table(pa.table(columns, schema=schema))


def main() -> None:
    """Write FOLDER/pool.parquet, FOLDER/pool.csv and FOLDER/some.parquet, its first rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    options = parser.parse_args()
    texts = Texts(options.rows, options.seed)
    for name, rows in (("pool.parquet", None), ("pool.csv", None), ("some.parquet", SOME)):
        write_texts(texts, options.folder / name, rows)


if __name__ == "__main__":
    main()
