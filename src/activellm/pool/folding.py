"""Which texts and ids were seen before, found by sorting their digests a share at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from activellm.pool.near_folds import distinct
from activellm.pool.staging import Keys, Stage

Places = npt.NDArray[np.int64]
"""Shape (n,): where texts stand among all that were read, duplicates too, from 0."""

CONTENT, NAME = slice(0, 2), slice(2, 4)
"""The columns of a stage's keys: of the texts and of their ids."""

_SHARE = 1 << 19
"""Keys that are sorted at a time, as long as there are at most `_SHARES` of them."""

_SHARES = 64


@dataclass(frozen=True, slots=True)
class Folds:
    """What the duplicates among the texts are, and what they add to those that stay.

    Attributes:
        copies: Where texts stand that were there before, ascending.
        heads: Where the texts stand that have copies, ascending.
        counts: How often each of the heads is there in all.
        labels: The label of each head, or the first one of its copies: an Arrow array of strings.
        labelled: Texts that stay and have a label.
        conflicts: Copies with a label that is not the one that stays.
    """

    copies: Places
    heads: Places
    counts: Places
    labels: Any
    labelled: int
    conflicts: int

    @classmethod
    def of(cls, stage: Stage) -> Self:
        """Find the duplicates among the texts of a stage; the first of each stays."""
        copies, first = repeated(stage, CONTENT)
        heads, group, extra = np.unique(first, return_inverse=True, return_counts=True)
        labelled = stage.counts.labelled
        labels: Any = pa.nulls(len(heads), pa.string())
        conflicts = 0
        if labelled and len(copies):
            labels, set_aside, conflicts = _labels(stage, copies, heads, group)
            labelled -= set_aside
        return cls(copies, heads, extra + 1, labels, labelled, conflicts)


def _labels(stage: Stage, copies: Places, heads: Places, group: Places) -> tuple[Any, int, int]:
    """Each head's label, labels that go with copies, and those of them that contradict."""
    places = np.concatenate([heads, copies])
    of_group = np.concatenate([np.arange(len(heads)), group])
    order = np.argsort(places, kind="stable")
    places, of_group = places[order], of_group[order]
    cells = stage.column_at("label", places)
    given = np.flatnonzero(pc.is_valid(cells).to_numpy(zero_copy_only=False))
    groups, first = np.unique(of_group[given], return_index=True)
    source = np.full(len(heads), -1, np.int64)
    source[groups] = given[first]
    kept = cells.take(pa.array(source, mask=source < 0))
    others = kept.take(pa.array(of_group[given]))
    conflicts = pc.sum(pc.not_equal(cells.take(pa.array(given)), others)).as_py() or 0
    return kept, len(given) - len(groups), conflicts


def other_text(stage: Stage) -> tuple[int, int] | None:
    """The first place whose id an earlier one has with another text, and that one; else None."""
    later, first = repeated(stage, NAME)
    places = distinct(first)
    of_first = stage.keys_at(places, CONTENT)[np.searchsorted(places, first)]
    wrong = np.flatnonzero((stage.keys_at(later, CONTENT) != of_first).any(axis=1))
    return (int(later[wrong[0]]), int(first[wrong[0]])) if wrong.size else None


def repeated(stage: Stage, columns: slice) -> tuple[Places, Places]:
    """Where keys stand that were there before, ascending, and where each was first.

    Digests are spread evenly, so shares by their value are about equally large: memory is a few
    times that of one share, plus 16 bytes a repeated key.
    """
    found = [_repeated(places, keys) for places, keys in _shares(stage, columns)]
    later = np.concatenate([share[0] for share in found])
    first = np.concatenate([share[1] for share in found])
    order = np.argsort(later)
    return later[order], first[order]


def _shares(stage: Stage, columns: slice) -> Iterator[tuple[Places, Keys]]:
    shares = min(_SHARES, sum(map(len, stage.parts)) // _SHARE + 1)
    for share in range(shares):
        places, keys, start = [], [], 0
        for part in stage.parts:
            some = part.load_keys(columns)
            here = np.flatnonzero(some[:, 0] % np.uint64(shares) == share)
            places.append(here + start)
            keys.append(some[here])
            start += len(some)
        yield np.concatenate(places), np.concatenate(keys)


def _repeated(places: Places, keys: Keys) -> tuple[Places, Places]:
    order = np.lexsort((keys[:, 1], keys[:, 0]))  # keeps the order of equal ones
    keys, places = keys[order], places[order]
    again = np.zeros(len(keys), bool)
    again[1:] = (keys[1:] == keys[:-1]).all(axis=1)
    begin = np.maximum.accumulate(np.where(again, 0, np.arange(len(keys))))
    return places[again], places[begin[again]]
