"""Which settings can be simulated on so many labelled texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TEST = 3
"""One text in so many is set aside to measure on."""

LEAST_TEST, MOST_TEST = 20, 300
SLACK = 0.1
"""Pool texts beyond the candidates: some may have to go because a test text is nearly the same."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How the labelled texts are used in one draw.

    Attributes:
        texts: How many are labelled.
        test: How many are set aside in a draw.
        pool: From how many of the others candidates are drawn.
        candidates, select: What can be simulated, rising; empty where nothing can.
        left_out: What cannot be and why, for people.
    """

    texts: int
    test: int
    pool: int
    candidates: tuple[int, ...]
    select: tuple[int, ...]
    left_out: tuple[str, ...]

    @property
    def shared(self) -> float:
        """The part of the texts that two draws have in common on average, 0 to 1."""
        return (self.test + self.pool) / self.texts


def fit_sizes(texts: int, candidates: Sequence[int], select: Sequence[int]) -> Sizes:
    """Leave out what so many labelled texts cannot show.

    Candidates must fit beside the test texts; where none of the wanted sizes does, all other texts
    are shown. And at most half of what is shown is picked: else there is little to choose.
    """
    test = _test(texts)
    room = max(0, texts - test)
    shown = tuple(sorted(one for one in candidates if one <= room)) or (room,)
    picked = tuple(sorted(one for one in select if 2 * one <= shown[-1]))
    shown = tuple(one for one in shown if picked and one > picked[0])
    too_many = sorted(set(candidates) - set(shown))
    too_long = sorted(set(select) - set(picked))
    said = []
    if too_many:
        said.append(
            f"{_list(too_many)} candidates cannot be simulated from {texts} labelled texts, "
            f"{test} of which are set aside to measure on."
        )
    if too_long:
        said.append(f"{_list(too_long)} labels: less than twice as many texts can be shown.")
    pool = min(room, math.ceil((shown[-1] if shown else 0) * (1 + SLACK)))
    return Sizes(texts, test, pool, shown, picked, tuple(said))


def needed(candidates: int, select: int) -> int:
    """How many labelled texts it takes to simulate a setting."""
    shown = max(candidates, 2 * select)
    texts = shown + LEAST_TEST
    while texts - _test(texts) < shown:
        texts += 1
    return texts


def _test(texts: int) -> int:
    return max(LEAST_TEST, min(MOST_TEST, texts // TEST))


def _list(numbers: Sequence[int]) -> str:
    words = [str(one) for one in numbers]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
