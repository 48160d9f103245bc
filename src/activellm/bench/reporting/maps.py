"""Where the picks lie: one set of candidates of each data set on a plane, and who picked what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from activellm.bench.summary import Way
from activellm.errors import ActiveLLMError
from activellm.progress import Progress, silent
from activellm.report.projection import project_2d

if TYPE_CHECKING:
    from activellm.bench.workshop import Workshop

Row: TypeAlias = Mapping[str, Any]

FEWEST_TEXTS = 10
"""Fewer candidates make no map."""


@dataclass(frozen=True, slots=True)
class CandidateMap:
    """One set of candidates on a plane.

    Attributes:
        data: The data set.
        draw: Which draw of candidates.
        points: Id -> place, each coordinate 0 to 1.
        labels: Id -> its known label (several joined by a comma).
        picks: Way -> the ids that it picked, in order.
        method: How the plane was made, a sentence.
    """

    data: str
    draw: int
    points: Mapping[str, tuple[float, float]]
    labels: Mapping[str, str]
    picks: Mapping[Way, tuple[str, ...]]
    method: str


def maps(
    choices: Iterable[Row], workshop: Workshop, progress: Progress = silent
) -> tuple[list[CandidateMap], dict[str, str]]:
    """A map of the candidates that most ways chose from, for each data set.

    Args:
        choices: Rounds of selections, as in `Results`.
        workshop: Opens texts and encoder. What was embedded for the experiment is not again.
        progress: Told how many data sets are done.

    Returns:
        The maps, and why some data sets have none.
    """
    groups = _widest(choices)
    found, missing = [], {}
    for done, (data, rows) in enumerate(groups.items()):
        progress("Maps", done, len(groups))
        try:
            found.append(_map(data, rows, workshop))
        except ActiveLLMError as error:
            missing[data] = str(error)
    progress("Maps", len(groups), len(groups))
    return found, missing


def _widest(choices: Iterable[Row]) -> dict[str, list[Row]]:
    """Data set -> first selections from the candidates and of the size that most ways share."""
    groups: dict[tuple[Any, ...], dict[Way, Row]] = {}
    for row in choices:
        if row["round"] == 1 and len(row["candidates"]) >= FEWEST_TEXTS:
            key = row["data"], row["draw"], len(row["picks"]), frozenset(row["candidates"])
            way = Way.of(row)
            groups.setdefault(key, {}).setdefault(way, row)
    best: dict[str, list[Row]] = {}
    for (data, *_), rows in groups.items():
        if len(rows) > len(best.get(data, ())):
            best[data] = [rows[way] for way in sorted(rows)]
    return best


def _map(data: str, rows: list[Row], workshop: Workshop) -> CandidateMap:
    own = workshop.data(data)
    ids = [*rows[0]["candidates"]]
    examples = own.pool.examples(ids)
    vectors = workshop.encoder.embed([example.content for example in examples])
    plane = project_2d(vectors, seed=0)
    return CandidateMap(
        data=data,
        draw=rows[0]["draw"],
        points={id_: (float(x), float(y)) for id_, (x, y) in zip(ids, plane.points, strict=True)},
        labels={id_: ", ".join(own.answer(id_)) for id_ in ids},
        picks={Way.of(r): tuple(r["picks"]) for r in rows},
        method=plane.method,
    )


def frequent_labels(found: CandidateMap) -> Iterator[str]:
    """Its labels, the most frequent first."""
    yield from (label for label, _ in Counter(found.labels.values()).most_common())
