"""A classifier and the query model asked together, by the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from activellm.project import Project, latest_training
from activellm.successors.blend import BlendWithJudge

LABELS = ("roads", "waste")
HINTS = {"roads": "street", "waste": "bin"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Messages that one word decides."""
    path = tmp_path / "file.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for number in range(60):
            label = LABELS[number % 2]
            writer.writerow([f"message {number} on a {HINTS[label]} here", label])
    return path


def options(file: Path, encoder: Path, folder: Path, *, sure: float) -> list[object]:
    """A job whose query model knows the words, as far as it is sure."""
    rules = [
        {"contains": f" {HINTS[label]} ", "logprobs": {**dict.fromkeys(LABELS, -sure), label: -0.1}}
        for label in LABELS
    ]
    script = folder / "script.json"
    script.write_text(json.dumps({"rules": rules}))
    return [
        *(file, "--task", "Which office?", "--oracle", "column:label"),
        *("--llm", f"scripted/{script}", "--encoder", encoder, "--strategy", "random"),
        *("--candidates", 30, "--select", 16, "--draws", 0, "--test-size", 10),
        *("--successor", "blend", "--project", folder / "p"),
    ]


@pytest.mark.parametrize("sure", [4.0, 0.1])
def test_the_job_and_its_predictions(
    activellm: Callable, file: Path, tiny_encoder: Path, tmp_path: Path, sure: float
) -> None:
    done = activellm("run", *options(file, tiny_encoder, tmp_path, sure=sure), "--json").json
    assert ("successor", "labelled") in {(e["subject"], e["texts"]) for e in done["evaluations"]}
    project, output = Project(tmp_path / "p"), tmp_path / "predicted.csv"
    training = latest_training(project)
    assert training is not None
    model = project.tools.load_successor(training.folder)
    assert isinstance(model, BlendWithJudge)
    assert model.asks == (sure > 1)
    assert (training.folder / "README.md").read_text().count("not asked") == (sure < 1)

    before = len(project.audit_lines())
    activellm("predict", file, "-o", output, "--project", tmp_path / "p", "--json")
    asked = project.audit_lines()[before:]
    assert sum(line["texts"] for line in asked) == (60 if sure > 1 else 0)
    with output.open(encoding="utf-8", newline="") as found:
        rows = list(csv.DictReader(found))
    right = sum(row["predicted_label"] == row["label"] for row in rows)
    assert right == 60 or sure < 1


def test_what_cannot_be_is_refused_at_once(
    activellm: Callable, file: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    chosen = options(file, tiny_encoder, tmp_path, sure=4.0)
    ended = activellm("run", *chosen, "--weak-labels")
    assert ended.code == 2
    assert "'blend' asks the LLM itself" in ended.err
    chosen[chosen.index("--llm") + 1] = "none"
    ended = activellm("run", *chosen)
    assert ended.code == 2
    assert "'blend' asks an LLM" in ended.err
    assert not (tmp_path / "p").exists()


def test_preview_says_what_it_does_not_count(
    activellm: Callable, file: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    job = options(file, tiny_encoder, tmp_path, sure=4.0)
    note = activellm("preview", *job, "--holdout", 5, "--powered", 7, "--json").json["note"]
    assert "'blend' asks the LLM about the texts" in note
    assert "has the LLM judge 12 texts" in note
    plain = activellm("preview", *job, "--powered", 0, "--successor", "linear", "--json").json
    assert "not counted" not in plain["note"]
