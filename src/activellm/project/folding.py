"""Near copies of a project: found as its settings say, told, and listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from activellm.pool import NearFolds, Pool
from activellm.progress import Progress, silent
from activellm.project.folder import POOL, Project

WORK = Path("blocks", "near-copies")
"""Where signatures are kept in the project's folder; it may be deleted."""

_AT_A_TIME = 10_000


@dataclass(frozen=True, slots=True)
class NearFacts:
    """The near copies of a pool in numbers.

    Attributes:
        threshold: From which similarity on texts are near.
        copies: Texts that fold into an earlier one.
        groups: Texts that they fold into.
        labels: Copies whose label does not count, because one before them in the group has one.
        contradictions: Those of them that have another label.
        cut: Texts that had too many companions to compare them all, counted in each band.
    """

    threshold: float
    copies: int
    groups: int
    labels: int
    contradictions: int
    cut: int


def fold_near(
    project: Project, progress: Progress = silent, executor: Any | None = None
) -> NearFolds | None:
    """Bring the near copies in line with the settings: find them, unless that is done already.

    Args:
        project: Its `pool.folds.arrow` is written, or removed where the settings ask for none.
        progress: Told how far it is.
        executor: Computes the signatures (`activellm.blocks`); this process if None.
    """
    from activellm.blocks import HERE
    from activellm.near import find_near_copies

    wanted, known = project.settings.fold_near, project.pool.folds
    if (known.threshold if known else 0.0) == wanted:
        return known
    path = NearFolds.path(project.folder / POOL)
    if not wanted:
        path.unlink()
    else:
        found = find_near_copies(
            project.pool,
            wanted,
            project.folder / WORK,
            executor=executor or HERE,
            progress=progress,
        )
        folds = NearFolds(
            found.rows, found.firsts, found.similarity, wanted, len(project.pool), found.cut
        )
        folds.write(path)
    project.__dict__.pop("pool", None)  # opened anew, it knows them
    return project.pool.folds


def near_facts(pool: Pool) -> NearFacts | None:
    """The near copies of a pool in numbers; None if they were not looked for."""
    folds = pool.folds
    if folds is None:
        return None
    passed = pool.passed_labels
    first = {int(head): label for head, label in _counting(pool, folds.heads(passed))}
    contradictions = 0
    for start in range(0, len(passed), _AT_A_TIME):
        some = passed[start : start + _AT_A_TIME]
        labels = pool.rows(some).column("label").to_pylist()
        heads = folds.heads(some).tolist()
        contradictions += sum(
            label != first[head] for label, head in zip(labels, heads, strict=True)
        )
    return NearFacts(
        folds.threshold, len(folds.rows), folds.groups, len(passed), contradictions, folds.cut
    )


def _counting(pool: Pool, heads: Any) -> Iterator[tuple[int, str]]:
    """The label that counts for each of these groups."""
    folds = pool.folds
    assert folds is not None  # noqa: S101  # asked for by `near_facts` only
    heads = np.unique(heads)
    members = np.sort(np.concatenate([heads, folds.rows[np.isin(folds.firsts, heads)]]))
    known: dict[int, str] = {}
    for start in range(0, len(members), _AT_A_TIME):
        some = members[start : start + _AT_A_TIME]
        labels = pool.rows(some).column("label").to_pylist()
        for head, label in zip(folds.heads(some).tolist(), labels, strict=True):
            if label is not None:
                known.setdefault(head, label)
    yield from known.items()


def near_groups(pool: Pool) -> Iterator[dict[str, Any]]:
    """All groups of near copies, a row a text: first the one that people see, then its copies.

    Each row has: group (the id of its first text), id, row (in the source), shown (whether people
    see it), similarity (to the first), copies (exact ones, itself included), label, text, and of
    pairs pair.
    """
    folds = pool.folds
    if folds is None:
        return
    order = np.lexsort((folds.rows, folds.firsts))
    heads, begins = np.unique(folds.firsts[order], return_index=True)
    for head, places in zip(heads, np.split(order, begins[1:]), strict=True):
        examples = pool.at(np.concatenate([[head], folds.rows[places]]))
        shares = [1.0, *folds.similarity[places].tolist()]
        for number, (example, share) in enumerate(zip(examples, shares, strict=True)):
            yield {
                "group": examples[0].id,
                "id": example.id,
                "row": example.row,
                "shown": number == 0,
                "similarity": round(share, 4),
                "copies": example.copies,
                "label": example.label,
                "text": example.text,
                **({"pair": example.pair} if example.pair is not None else {}),
            }
