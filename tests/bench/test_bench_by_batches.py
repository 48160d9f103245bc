"""An experiment whose query model is asked by batches: one batch for the whole grid."""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from activellm.bench.executors import Here
from activellm.bench.experiment import read_experiment
from activellm.bench.results import Results
from activellm.bench.running import run
from activellm.bench.workshop import Workshop
from activellm.llm.batches.contract import BatchOptions

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))
from fake_batch_servers import FakeBatches
from fake_provider_servers import KEY

TOML = """
name = "waiting"
strategies = ["coverage"]
llm = ["openai/gpt-4o"]
llm_batch = true
encoder = "{encoder}"
candidates = [20]
select = [6]
draws = 4

[[data]]
name = "verdicts"
pool = "pool.jsonl"
description = "Which verdict is it?"
test_size = 30
"""


def judge(body: dict[str, Any]) -> str:
    """A label for every numbered text."""
    prompt = body["messages"][-1]["content"]
    numbers = dict.fromkeys(re.findall(r"^\W{0,2}(\d+)[\].:)\s]", prompt, re.MULTILINE))
    rows = [{"number": int(number), "label": "good", "clear": 90} for number in numbers]
    return json.dumps({"judgements": rows})


def test_a_grid_is_asked_by_one_batch(
    tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"text": f"{word} film number {number}", "label": label}
        for label, word in (("good", "lovely"), ("bad", "awful"))
        for number in range(60)
    ]
    (tmp_path / "pool.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "grid.toml").write_text(TOML.format(encoder=tiny_encoder))
    quick = partial(BatchOptions, gather=0.5, first_look=0.01, longest_look=0.02, settle=0.0)
    monkeypatch.setattr("activellm.llm.batches.contract.BatchOptions", quick)
    with FakeBatches("openai", says=judge) as server:
        monkeypatch.setenv("ACTIVELLM_OPENAI_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        experiment = read_experiment(tmp_path / "grid.toml")
        experiment.check()
        results = Results(tmp_path / "out")
        workshop = Workshop(experiment, tmp_path, tmp_path / "out")
        ran = run(workshop, results, Here(workshop))
    assert ran.failed == {}
    assert {row["schedule"] for row in results.choices()} == {"random", "coverage"}
    assert [len(batch["questions"]) for batch in server.made] == [4]
