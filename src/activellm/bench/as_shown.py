"""Results on recorded sessions, read by LLM: each LLM beside random picking on what it was shown.

Recorded lists are of many lengths and modes, with few selections of each. A difference is made on
one candidate set, with the same number of picks on both sides, so such differences can be averaged
over sets whatever their sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from activellm.bench.asked import RECORDED, kind_of

Row: TypeAlias = Mapping[str, Any]

AS_SHOWN = 0
"""Stands for "as many as each session shows, or asks for" among candidates, picks and labels."""

_APART = 1_000_000
"""More than any session asks for: the same set with another number of picks is another draw."""


def by_llm(rows: Iterable[Row]) -> list[Row]:
    """Rows of recorded LLMs without the mode; runs in another mode are further runs."""
    return [
        {**row, "prompt": "", "repeat": (row["prompt"], row["repeat"])}
        if kind_of(row["llm"]) == RECORDED
        else row
        for row in rows
    ]


def pooled(scores: Iterable[Row]) -> list[Row]:
    """Measurements whose candidates sessions gave, as one setting; all others as they are.

    Of several rounds the first: it is what every session has.
    """
    rows = by_llm(scores)
    given = {row["data"] for row in rows if kind_of(row["llm"]) == RECORDED}
    sizes = {"candidates": AS_SHOWN, "select": AS_SHOWN, "labels": AS_SHOWN}
    return [
        {**row, **sizes, "draw": row["draw"] * _APART + row["select"]}
        if row["data"] in given
        else row
        for row in rows
        if row["data"] not in given or row["round"] == 1
    ]
