"""Rounds in Python: a schedule, candidates kept, and the classifier that a strategy asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from activellm import ActiveLearner, Pool, Task
from activellm.data import civic_messages
from activellm.errors import UsageError

NAMES = ["waste", "roads", "permits", "parks", "noise"]


@pytest.fixture
def pool() -> Pool:
    return Pool.read(civic_messages())


def learner(pool: Pool, encoder: Path, **settings: object) -> ActiveLearner:
    task = Task(description="Which office?", labels=[{"name": name} for name in NAMES])
    return ActiveLearner(
        task, pool, llm="none", successor="linear", encoder=str(encoder), seed=3, **settings
    )


def teach(one: ActiveLearner, n: int) -> tuple[str, ...]:
    ids = one.select(n).ids
    one.teach(dict(zip(ids, one.pool.column("label", ids), strict=True)))
    return ids


def test_a_warm_start_by_schedule(pool: Pool, tiny_encoder: Path) -> None:
    one = learner(pool, tiny_encoder, schedule="kmeans*2, entropy", candidates=60)
    picked = [id_ for _ in range(4) for id_ in teach(one, 10)]
    assert len(set(picked)) == 40
    assert [chosen.strategy for chosen in one.selections] == ["kmeans"] * 2 + ["entropy"] * 2
    again = learner(pool, tiny_encoder, schedule="kmeans*2, entropy", candidates=60)
    assert [id_ for _ in range(4) for id_ in teach(again, 10)] == picked


def test_a_cold_start_says_what_to_schedule_before(pool: Pool, tiny_encoder: Path) -> None:
    one = learner(pool, tiny_encoder, strategy="entropy")
    with pytest.raises(UsageError, match=r"--schedule 'coverage\*2, bald'"):
        one.select(10)
    ids = pool.ids_at(range(10))
    one.teach(dict(zip(ids, pool.column("label", ids), strict=True)))
    assert not set(one.select(10).ids) & set(ids)


def test_kept_candidates_shrink_and_are_filled_up(pool: Pool, tiny_encoder: Path) -> None:
    one = learner(
        pool, tiny_encoder, strategy="random", candidates=25, select=10, keep_candidates=True
    )
    seen: set[str] = set()
    for _ in range(4):
        seen |= set(teach(one, 10))
    assert len(seen) == 40
    assert len(set(one._candidates[0]) | seen) == 25 + 5 + 10
