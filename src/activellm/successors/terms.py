"""Texts as weighted counts of their words and of short runs of their characters (TF-IDF)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.errors import DataError
from activellm.files import atomic_path, write_text
from activellm.pool.identity import normalise

Vectors = npt.NDArray[np.float32]

KEPT_WORDS = 200_000
"""Words whose terms are kept while texts are counted, of each kind."""

_TERMS, _RARITY = "terms.json", "terms.npz"

_KINDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "words": {"analyzer": "word", "token_pattern": r"\w+"},
        "characters": {"analyzer": "char_wb", "ngram_range": (1, 4)},
    }
)
"""scikit-learn's analyzers. Runs of characters serve scripts that put no spaces between words, and
the forms of one word; single characters are words of their own in Chinese."""


@dataclass(frozen=True)
class Terms:
    """What was counted in some texts, and how rare it was there.

    Attributes:
        names: The terms of each kind ("words", "characters"), sorted.
        rarity: Their inverse document frequency, of each kind of shape (terms,).
    """

    names: Mapping[str, tuple[str, ...]]
    rarity: Mapping[str, npt.NDArray[np.float64]]

    @classmethod
    def learn(cls, texts: Sequence[str], most: int) -> Terms:
        """Those that occur in the most texts, and in equally many the first of the alphabet.

        Args:
            texts: At least one.
            most: How many of each kind.
        """
        names, rarity = {}, {}
        for kind in _KINDS:
            analyze = _analyzer(kind, _folded)
            found = Counter(term for text in texts for term in set(analyze(text)))
            frequent = sorted(found, key=lambda term: (-found[term], term))[:most]
            names[kind] = tuple(sorted(frequent))
            texts_with = np.array([found[term] for term in names[kind]], dtype=np.float64)
            rarity[kind] = np.log((1 + len(texts)) / (1 + texts_with)) + 1
        return cls(names, rarity)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row a text, shape (n, terms of both kinds), of length 1.

        Each kind has half of a row's square. A text without any known term is a row of zeros.
        """
        tables = [self._table(kind, texts) for kind in _KINDS]
        joined = np.concatenate(tables, axis=1)
        joined /= np.maximum(np.linalg.norm(joined, axis=1, keepdims=True), 1e-12)
        return joined

    def _table(self, kind: str, texts: Sequence[str]) -> Vectors:
        from sklearn.preprocessing import normalize

        if not self.names[kind] or not texts:
            return np.zeros((len(texts), len(self.names[kind]) or 1), dtype=np.float32)
        counts = self._counters[kind].count(texts)
        counts.data = 1 + np.log(counts.data)
        weighted = counts.multiply(self.rarity[kind].astype(np.float32))
        table: Vectors = normalize(weighted.tocsr()).toarray()
        return table

    @cached_property
    def _counters(self) -> Mapping[str, _Counter]:
        return {kind: _Counter(kind, self.names[kind]) for kind in _KINDS}

    def write(self, folder: Path) -> None:
        """Write `terms.json` and `terms.npz` (plain arrays)."""
        write_text(folder / _TERMS, json.dumps(dict(self.names)) + "\n")
        with atomic_path(folder / _RARITY) as temporary, temporary.open("wb") as file:
            np.savez(file, words=self.rarity["words"], characters=self.rarity["characters"])

    @classmethod
    def read(cls, folder: Path) -> Terms:
        """Read back what `write` wrote.

        Raises:
            DataError: If it is not there, or is damaged.
        """
        try:
            found = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
            names = {kind: tuple(map(str, found[kind])) for kind in _KINDS}
            with np.load(folder / _RARITY, allow_pickle=False) as arrays:
                rarity = {kind: arrays[kind] for kind in _KINDS}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"Cannot read its terms: {error}.", where=str(folder)) from None
        if any(rarity[kind].shape != (len(names[kind]),) for kind in _KINDS):
            raise DataError("Its terms and their weights do not fit.", where=str(folder))
        return cls(names, rarity)


class _Counter:
    """Counts known terms in texts. No term reaches over a space, so what a word adds is kept.

    Args:
        kind: Of the terms.
        names: The terms.
    """

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        self._analyze = _analyzer(kind, str)
        self._columns = {name: column for column, name in enumerate(names)}
        self._of_word: dict[str, npt.NDArray[np.int32]] = {}

    def count(self, texts: Sequence[str]) -> Any:
        """How often each term occurs in each text: a sparse matrix (texts, terms) of float32."""
        from scipy.sparse import csr_matrix

        if len(self._of_word) > KEPT_WORDS:
            self._of_word.clear()
        found = [np.zeros(0, np.int32)]
        ends = [0]
        for text in texts:
            of_words = [self._known(word) for word in _folded(text).split()]
            found += of_words
            ends.append(ends[-1] + sum(map(len, of_words)))
        columns = np.concatenate(found)
        counted = csr_matrix(
            (np.ones(len(columns), np.float32), columns, ends), (len(texts), len(self._columns))
        )
        counted.sum_duplicates()
        return counted

    def _known(self, word: str) -> npt.NDArray[np.int32]:
        known = self._of_word.get(word)
        if known is None:
            columns = (self._columns.get(term) for term in self._analyze(word))
            known = np.array([column for column in columns if column is not None], np.int32)
            self._of_word[word] = known
        return known


def _analyzer(kind: str, folded: Callable[[str], str]) -> Callable[[str], list[str]]:
    from sklearn.feature_extraction.text import CountVectorizer

    analyze: Callable[[str], list[str]]
    analyze = CountVectorizer(preprocessor=folded, **_KINDS[kind]).build_analyzer()
    return analyze


def _folded(text: str) -> str:
    """Without differences of case, width and white space."""
    return normalise(text).lower()
