"""The query model as the classifier, by the command line: nothing is asked twice."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from activellm import ActiveLearner, Label, Pool, Task
from activellm.progress import silent
from activellm.project import Project
from activellm.project.predicting import predict_file


@pytest.fixture
def options(messages: Path, tiny_encoder: Path, tmp_path: Path) -> list[object]:
    """A whole job whose query model expects roads where a text speaks of one, else waste."""
    labels = ["noise", "parks", "permits", "roads", "waste"]
    others = dict.fromkeys(labels, -4.0)
    rules = [
        {"contains": "street", "logprobs": {**others, "roads": -0.5}},
        {"logprobs": {**others, "waste": -0.5, "roads": -1.0}},
    ]
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": rules}))
    return [
        *(messages, "--task", "Which office must act first?", "--oracle", "column:label"),
        *("--llm", f"scripted/{script}", "--encoder", tiny_encoder, "--strategy", "random"),
        *("--candidates", 40, "--select", 12, "--draws", 0, "--test-size", 20),
        *("--successor", "zero-shot", "--project", tmp_path / "p"),
    ]


def test_the_job_and_its_predictions(
    activellm: Callable, options: list[object], messages: Path, tmp_path: Path
) -> None:
    done = activellm("run", *options, "--json").json
    assert ("successor", "labelled") in {(e["subject"], e["texts"]) for e in done["evaluations"]}
    project = Project(tmp_path / "p")
    calls = sum(line["texts"] for line in project.audit_lines())
    assert 12 + 20 <= calls <= 12 + 20 + 12  # once each; the yardstick asks anew for its batch

    output = tmp_path / "predicted.csv"
    activellm("predict", messages, "-o", output, "--project", tmp_path / "p", "--json")
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    road = [float(row["p(roads)"]) for row in rows if "street" in row["text"]]
    rest = [float(row["p(roads)"]) for row in rows if "street" not in row["text"]]
    assert min(road) > max(rest)
    asked = len(Project(tmp_path / "p").audit_lines())
    activellm("predict", messages, "-o", output, "--project", tmp_path / "p", "--json")
    assert len(Project(tmp_path / "p").audit_lines()) == asked

    limits = np.where(np.array(project.task.label_names) == "parks", 1e-9, 1.0).tolist()
    predict_file(project, str(messages), output, limits=limits, progress=silent)
    with output.open(encoding="utf-8", newline="") as file:
        assert {row["predicted_label"] for row in csv.DictReader(file)} == {"parks"}


def test_without_a_query_model_it_is_refused_at_once(
    activellm: Callable, options: list[object]
) -> None:
    options[options.index("--llm") + 1] = "none"
    ended = activellm("run", *options)
    assert ended.code == 2
    assert "'zero-shot' asks an LLM" in ended.err


def test_in_python_without_a_folder(tiny_encoder: Path, options: list[object]) -> None:
    task = Task(description="Which?", labels=(Label(name="roads"), Label(name="waste")))
    texts = ["the street is bad", "a full bin", "street light", "bins", "my street", "old bin"]
    learner = ActiveLearner(
        task,
        Pool.from_texts(texts),
        llm=str(options[options.index("--llm") + 1]),
        encoder=str(tiny_encoder),
        successor="zero-shot",
        strategy="random",
        candidates=6,
        select=4,
    )
    picked = learner.select(4)
    answers = {ex.id: "roads" if "street" in ex.text else "waste" for ex in learner.pool}
    learner.teach({pick.id: answers[pick.id] for pick in picked.picks}).fit()
    assert learner.predict(["another street", "another bin"]) == [("roads",), ("waste",)]
