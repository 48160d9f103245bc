"""The words of the made-up messages: how they are spelled, and how often each is drawn."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from activellm.data import civic_messages

TOPICS = {
    "waste": "bin bins rubbish litter collection recycling bag overflowing smell dumped mattress",
    "roads": "road pothole street lamp pavement kerb parking crossing bus traffic sign lane",
    "permits": "permit application passport certificate form register office deadline copy fee",
    "noise": "noise loud music party drilling barking night siren neighbour sleep hammering",
    "parks": "park tree playground bench swing grass branch pond hedge flower mowing",
    "water": "water pipe leak tap pressure drain flooding brown meter sewage",
    "gas": "gas smell leak valve hissing evacuate boiler explosion fumes",
}
"""Classes and their own words."""

WORDS, DRAWS, LENGTHS, TOPIC_DRAWS = 30_000, 1 << 20, 1 << 12, 1 << 10
"""Words that every class uses, and sizes of the tables that random bits are looked up in."""

MARKS, FORMS = ".!?", 10
"""Ends of a sentence, and forms of a word."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """What random numbers are looked up in.

    Attributes:
        words: Those that every class uses, the most frequent first, then the topics' own.
        drawn: Numbers of words, each as often as it is drawn, shape (DRAWS,).
        topics: The same for each class's own words, shape (classes, TOPIC_DRAWS).
        lengths: Words a text, shape (LENGTHS,).
    """

    words: tuple[str, ...]
    drawn: Numbers
    topics: Numbers
    lengths: Numbers

    @classmethod
    @cache
    def made(cls, seed: int) -> Words:
        rng = np.random.default_rng(seed)
        known = _sample_words()
        made = dict.fromkeys([*known, *_made_up(rng, 2 * WORDS)])
        common = list(made)[:WORDS]
        rank = np.arange(WORDS)
        weights = 1 / (rank + 3.7) ** 1.07
        steps = (np.arange(DRAWS) + 0.5) / DRAWS
        drawn = np.searchsorted(np.cumsum(weights / weights.sum()), steps)
        topics = [text.split() for text in TOPICS.values()]
        starts = WORDS + np.cumsum([0, *(len(one) for one in topics)])
        own = [
            start + np.sort(rng.zipf(1.6, TOPIC_DRAWS) % len(one))
            for start, one in zip(starts, topics, strict=False)
        ]
        spread = np.exp(np.log(14) + 0.45 * rng.standard_normal(LENGTHS))
        lengths = np.clip(np.rint(spread), 6, 60).astype(np.int64)
        words = (*common, *(word for one in topics for word in one))
        return cls(words, np.minimum(drawn, WORDS - 1), np.stack(own), lengths)

    @cached_property
    def spelled(self):
        """Each word's FORMS: plain, Capital, UPPER, with a comma, with MARKS, UPPER with MARKS."""
        import pyarrow as pa

        forms = (
            form
            for word in self.words
            for form in (
                word,
                word.capitalize(),
                word.upper(),
                f"{word},",
                *(word + mark for mark in MARKS),
                *(word.upper() + mark for mark in MARKS),
            )
        )
        return pa.array(forms, pa.string())


def _sample_words() -> list[str]:
    """The words of the sample that ships, the most frequent first."""
    with civic_messages().open(encoding="utf-8") as file:
        texts = [row["text"].lower() for row in csv.DictReader(file)]
    counted = Counter(word for text in texts for word in re.findall(r"[a-z]+", text))
    return sorted(counted, key=lambda word: (-counted[word], word))


def _made_up(rng: np.random.Generator, n: int) -> Iterator[str]:
    """Names of two to four syllables, and every fifth time a number."""
    syllables = [a + b for a in "bdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "en", "ar")]
    drawn = rng.integers(len(syllables), size=(n, 4)).tolist()
    sizes, numbers = rng.integers(2, 5, n).tolist(), rng.integers(1, 10_000, n).tolist()
    for row, size, number in zip(drawn, sizes, numbers, strict=True):
        yield str(number) if number % 5 == 0 else "".join(syllables[one] for one in row[:size])
