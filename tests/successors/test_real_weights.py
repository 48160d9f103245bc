"""The real encoder on real texts: slow, and the only tests that show that anything is learned."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from activellm.encoders import CachedEncoder, open_encoder
from activellm.seeding import generator
from activellm.successors import make_successor
from activellm.task import Task

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def sst2(shared: Path) -> tuple[Task, list[str], np.ndarray]:
    """264 phrases of more than two words, in random order."""
    lines = gzip.decompress((shared / "data/sst2/pool.jsonl.gz").read_bytes()).decode().split("\n")
    rows = [json.loads(line) for line in lines if line]
    rows = [row for row in rows if len(row["text"].split()) > 2]
    task = Task.build(
        description="The sentiment of a phrase from a film review",
        labels=({"name": "negative"}, {"name": "positive"}),
    )
    chosen = [rows[at] for at in generator(0, "test").choice(len(rows), 264, replace=False)]
    return task, [r["text"] for r in chosen], task.targets([(r["label"],) for r in chosen])


@pytest.mark.parametrize("name", ["linear", pytest.param("finetune", marks=pytest.mark.slow)])
def test_64_labels_teach_more_than_the_majority(
    name: str, sst2: tuple[Task, list[str], np.ndarray], tmp_path: Path
) -> None:
    task, texts, targets = sst2
    encoder = CachedEncoder(open_encoder(device="cpu"), tmp_path / "vectors.db")
    settings = {"epochs": 10} if name == "finetune" else {}
    model = make_successor(name, task, seed=1, encoder=encoder, device="cpu", **settings)
    model.fit(texts[:64], targets[:64])
    accuracy = (model.predict(texts[64:]) == targets[64:]).mean()
    majority = max(targets[64:].mean(), 1 - targets[64:].mean())
    # 200 test texts: two standard errors are 7 points.
    assert accuracy > majority + 0.07


def test_a_text_of_a_hundred_thousand_characters_is_no_trouble() -> None:
    task = Task.build(description="x", labels=({"name": "a"}, {"name": "b"}))
    long = "the road to the park is closed " * 3300
    model = make_successor("finetune", task, seed=0, device="cpu", epochs=1)
    model.fit([long, "lamp"], np.array([0, 1]))
    np.testing.assert_allclose(model.predict_proba([long, "", "lamp"]).sum(axis=1), 1)
