"""`--llm-batch`: the same job, handed in by batches."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from activellm.llm.batches.contract import BatchOptions
from activellm.project import Project

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))
from fake_batch_servers import FakeBatches
from fake_provider_servers import KEY


def judge(body: dict[str, Any]) -> str:
    """Every numbered text gets a label, as the schema of the question wants it."""
    prompt = body["messages"][-1]["content"]
    labels = re.search(r'"enum": (\[.*?\])', json.dumps(body["response_format"]))
    assert labels is not None
    names = json.loads(labels[1])
    rows = [
        {"number": int(number), "label": names[int(number) % len(names)], "clear": 80}
        for number in dict.fromkeys(re.findall(r"^\W{0,2}(\d+)[\].:)\s]", prompt, re.MULTILINE))
    ]
    return json.dumps({"judgements": rows})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBatches]:
    quick = partial(BatchOptions, gather=0.3, first_look=0.01, longest_look=0.02, settle=0.0)
    monkeypatch.setattr("activellm.llm.batches.contract.BatchOptions", quick)
    with FakeBatches("openai", says=judge) as running:
        monkeypatch.setenv("ACTIVELLM_OPENAI_URL", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield running


@pytest.fixture
def options(messages: Path, tiny_encoder: Path, tmp_path: Path) -> list[object]:
    """A job whose query model labels the candidates, 200 in a question."""
    return [
        *(messages, "--task", "Which office must act first?", "--oracle", "column:label"),
        *("--llm", "openai/gpt-4o", "--encoder", tiny_encoder, "--strategy", "coverage"),
        *("--candidates", 60, "--select", 8, "--successor", "zero-shot", "--draws", 0),
        *("--test-size", 20, "--project", tmp_path / "p"),
    ]


def words(server: FakeBatches) -> str:
    return json.dumps([batch["questions"] for batch in server.made])


def test_a_preview_says_half_the_price_and_sends_nothing(
    activellm: Callable[..., Any], options: list[object], server: FakeBatches, tmp_path: Path
) -> None:
    alone = activellm("preview", *options, "--json").json
    waiting = activellm("preview", "--project", tmp_path / "p", "--llm-batch", "--json").json
    assert waiting["most"]["cost_most"] == pytest.approx(alone["most"]["cost_most"] / 2)
    assert waiting["questions"][0]["body"] == alone["questions"][0]["body"]
    assert "24 hours" in waiting["note"]
    assert waiting["seconds"] > alone["seconds"]
    assert server.calls == []


def test_the_job_and_its_predictions(
    activellm: Callable[..., Any],
    options: list[object],
    server: FakeBatches,
    messages: Path,
    tmp_path: Path,
) -> None:
    with messages.open("a", encoding="utf-8") as file:
        file.writelines(f"Write to zorblax{n}@example.org now,roads,web,A\n" for n in range(60))
    done = activellm("run", *options, "--llm-batch", "--redact", "--json").json
    assert done["evaluations"]
    made = len(server.made)
    assert made >= 2
    assert len(server.asked) == len(set(server.asked))
    assert "zorblax" not in words(server)
    assert "EMAIL" in words(server)
    project = Project(tmp_path / "p")
    assert project.settings.llm_batch
    lines = project.audit_lines()
    assert sum(line["kind"] == "batch" for line in lines) == made
    answered = [line for line in lines if line["outcome"] == "answered"]
    assert len(answered) == len(server.asked)
    assert all(line["texts"] for line in lines)
    assert project.tools.guard.budget is not None
    cost = sum(line["cost"] for line in answered)
    assert project.tools.guard.budget.spent.cost == pytest.approx(cost)

    told = activellm("status", "--project", tmp_path / "p", "--json").json
    assert told["batches"] == f"{made} handed in, 0 not fetched yet"

    output = tmp_path / "predicted.csv"
    activellm("predict", messages, "-o", output, "--project", tmp_path / "p", "--json")
    with output.open(encoding="utf-8", newline="") as file:
        assert all(row["predicted_label"] for row in csv.DictReader(file))
    assert len(server.made) == made + 1
    assert KEY not in "".join(path.read_text() for path in (tmp_path / "p").rglob("*.json"))


def test_who_takes_no_batches_or_must_stay_here_is_refused_before_anything_is_written(
    activellm: Callable[..., Any], options: list[object], server: FakeBatches, tmp_path: Path
) -> None:
    refused = activellm("run", *options, "--llm-batch", "--local-only")
    assert refused.code == 2
    assert "local-only" in refused.err
    options[options.index("openai/gpt-4o")] = "embedded"
    refused = activellm("run", *options, "--llm-batch")
    assert refused.code == 2
    assert "takes no batches" in refused.err
    assert server.calls == []
    assert not (tmp_path / "p").exists()
