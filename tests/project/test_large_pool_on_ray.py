"""Near copies and predictions on Ray: with a worker killed, the same as in one process."""

from __future__ import annotations

import os
import random
import sys
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from office_projects import trained
from worker_processes import workers

from activellm.blocks import open_executor
from activellm.near import find_near_copies
from activellm.pool import Pool
from activellm.project.predicting import predict_pool

TEXTS = 4_000

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed"),
]


class KillsOne:
    """A progress that kills a worker when it is first told that something is done."""

    def __init__(self) -> None:
        self.killed: psutil.Process | None = None

    def __call__(self, _what: str, done: int, _total: int | None, /) -> None:
        if done and self.killed is None and (crew := workers()):
            self.killed = crew[0]
            self.killed.kill()


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's workers have to find the package."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


def messages() -> list[str]:
    """Half of them near copies of an earlier one, with one word changed."""
    rng = random.Random(3)
    words = [f"word{number}" for number in range(300)]
    texts = [" ".join(rng.choices(words, k=30)) for _ in range(TEXTS // 2)]
    copies = [text.split() for text in texts]
    for copy in copies:
        copy[rng.randrange(len(copy))] = "other"
    return [*texts, *map(" ".join, copies)]


def test_near_copies_are_found_though_a_worker_dies(tmp_path: Path) -> None:
    pool, kills = Pool.from_texts(messages()), KillsOne()
    here = find_near_copies(pool, 0.8, tmp_path / "here", size=200)
    ray = find_near_copies(
        pool, 0.8, tmp_path / "ray", size=200, executor=open_executor("ray", 2), progress=kills
    )
    assert kills.killed is not None
    assert len(here.rows) > TEXTS // 4
    assert ray.rows.tolist() == here.rows.tolist()
    assert ray.firsts.tolist() == here.firsts.tolist()
    assert ray.similarity.tolist() == here.similarity.tolist()


def test_predictions_are_whole_though_a_worker_dies(tmp_path: Path) -> None:
    project, kills = trained(tmp_path / "p", 6_000, successor="tfidf"), KillsOne()
    predict_pool(project, tmp_path / "here.csv")
    predict_pool(project, tmp_path / "ray.csv", executor=open_executor("ray", 2), progress=kills)
    assert kills.killed is not None
    assert (tmp_path / "ray.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert len((tmp_path / "here.csv").read_text().splitlines()) == 1 + 6_000
