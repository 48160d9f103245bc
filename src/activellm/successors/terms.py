"""Texts as weighted counts of their words and of short runs of their characters (TF-IDF)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.errors import DataError
from activellm.files import atomic_path, write_text
from activellm.pool.identity import normalise

Vectors = npt.NDArray[np.float32]

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
            analyze = _analyzer(kind)
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
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.preprocessing import normalize

        if not self.names[kind] or not texts:
            return np.zeros((len(texts), len(self.names[kind]) or 1), dtype=np.float32)
        counter = CountVectorizer(
            vocabulary=self.names[kind], preprocessor=_folded, dtype=np.float32, **_KINDS[kind]
        )
        counts = counter.transform(texts)
        counts.data = 1 + np.log(counts.data)
        weighted = counts.multiply(self.rarity[kind].astype(np.float32))
        table: Vectors = normalize(weighted.tocsr()).toarray()
        return table

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


def _analyzer(kind: str) -> Callable[[str], list[str]]:
    from sklearn.feature_extraction.text import CountVectorizer

    analyze: Callable[[str], list[str]]
    analyze = CountVectorizer(preprocessor=_folded, **_KINDS[kind]).build_analyzer()
    return analyze


def _folded(text: str) -> str:
    """Without differences of case, width and white space."""
    return normalise(text).lower()
