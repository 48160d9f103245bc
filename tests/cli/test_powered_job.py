"""An estimate from the hold-out and weak labels, as part of the whole job."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from activellm.project import Project, rounds
from activellm.project.powered import NEEDS_HOLDOUT, weak_ids
from activellm.project.rounds import holdout_ids


def script(path: Path, labels: str = "yes no") -> Path:
    """A judge that is right wherever a text says its label."""
    rules = [
        {
            "contains": f"says {label}",
            "logprobs": {one: -0.1 if one == label else -3.0 for one in ("yes", "no")},
        }
        for label in labels.split()
    ]
    path.write_text(json.dumps({"rules": rules}))
    return path


@pytest.fixture
def powered_job(tmp_path: Path, tiny_encoder: Path) -> list[object]:
    """200 texts, a random encoder that hardly understands them, and a judge that does."""
    rng = np.random.default_rng(3)
    words = ["river", "stone", "lamp", "cloud", "paper", "chair", "glass", "field"]
    pool = tmp_path / "texts.csv"
    with pool.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "gold"])
        for number in range(200):
            gold = str(rng.choice(["yes", "no"]))
            some = " ".join(rng.choice(words, 6))
            writer.writerow([f"{some} {number} says {gold}", gold])
    return [
        *(pool, "--task", "Which one?", "--oracle", "column:gold", "--strategy", "random"),
        *("--llm", f"scripted/{script(tmp_path / 'judge.json')}", "--encoder", tiny_encoder),
        *("--candidates", 40, "--select", 16, "--successor", "linear", "--draws", 0),
        *("--project", tmp_path / "p"),
    ]


def warnings_of(ended: dict) -> list[str]:
    return [warning for step in ended["steps"] for warning in step["warnings"]]


def test_the_hold_outs_interval_gets_narrower(
    activellm: Callable, powered_job: list[object], tmp_path: Path
) -> None:
    whole = activellm("run", *powered_job, "--holdout", 30, "--powered", 80, "--json").json
    found = whole["powered"]
    on_holdout = next(
        one
        for one in whole["evaluations"]
        if (one["subject"], one["texts"]) == ("successor", "hold-out")
    )
    assert found["alone"] == on_holdout["accuracy"]
    assert (found["texts"], found["weak"]) == (30, 80)
    assert found["accuracy"]["method"] == "powered"
    low, high = found["accuracy"]["low"], found["accuracy"]["high"]
    assert high - low < 0.75 * (found["alone"]["high"] - found["alone"]["low"])
    assert found["worth"] > 45

    project = Project(tmp_path / "p")
    weak = set(weak_ids(project))
    assert len(weak) == 80
    assert not weak & {*rounds(project)[0].selection.ids, *holdout_ids(project)}
    told = next(step["summary"] for step in whole["steps"] if step["step"] == "estimate")
    assert "80 more random texts" in told
    page = (project.folder / "report.html").read_text("utf-8")
    assert told.replace("'", "&#39;") in page
    assert "with weak labels of 80 more texts" in page

    calls = len(project.audit_lines())
    again = activellm("evaluate", "--project", project.folder, "--json").json
    assert again["powered"] == found
    assert len(project.audit_lines()) == calls

    activellm("run", "--project", project.folder, "--rounds", 2, "--json")
    later = set(weak_ids(project))
    assert later == weak - set(rounds(project)[1].selection.ids)
    assert any(
        "were picked and trained on" in one
        for one in warnings_of(activellm("evaluate", "--project", project.folder, "--json").json)
    )


def test_without_a_hold_out_it_says_what_it_needs(
    activellm: Callable, powered_job: list[object], tmp_path: Path
) -> None:
    refused = activellm("run", *powered_job, "--powered", 80)
    assert refused.code == 2
    assert "--holdout 30" in refused.err
    assert not (tmp_path / "p").exists()
    assert activellm("run", *powered_job, "--json").json["powered"] is None
    later = activellm("run", "--project", tmp_path / "p", "--powered", 80, "--json").json
    assert later["powered"] is None
    assert NEEDS_HOLDOUT in warnings_of(later)
    assert "--holdout 30" in (tmp_path / "p" / "report.html").read_text("utf-8")


def test_without_a_query_model_it_is_refused(
    activellm: Callable, powered_job: list[object]
) -> None:
    refused = activellm("run", *powered_job, "--holdout", 30, "--powered", 80, "--llm", "none")
    assert refused.code == 2
    assert "--powered" in refused.err


def test_a_judge_that_fails_costs_only_this_estimate(
    activellm: Callable, powered_job: list[object], tmp_path: Path
) -> None:
    script(tmp_path / "judge.json", labels="yes")
    whole = activellm("run", *powered_job, "--holdout", 30, "--powered", 80, "--json").json
    assert whole["powered"] is None
    assert any("no estimate from weak labels" in one for one in warnings_of(whole))
    assert {(one["subject"], one["texts"]) for one in whole["evaluations"]} >= {
        ("successor", "hold-out")
    }
