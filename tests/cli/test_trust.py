"""Seeds, calibration and abstention by the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path


def test_an_ensemble_that_abstains(
    activellm: Callable, job: list[object], messages: Path, tmp_path: Path
) -> None:
    project, output = tmp_path / "p", tmp_path / "out.csv"
    options = ["--project", project, "--ensemble", 2, "--draws", 0, "--holdout", 12]
    activellm("init", *job, *options)
    activellm("select", "--project", project)
    activellm("annotate", "--project", project)
    activellm("train", "--project", project)
    ask = ["predict", messages, "-o", output, "--project", project, "--abstain"]
    early = activellm(*ask, 0.5)
    assert early.code == 2
    assert "activellm evaluate" in early.err

    told = activellm("evaluate", "--project", project).out
    assert "Calibration" in told
    assert "members of the ensemble differ" in " ".join(told.split())

    unknown = activellm(*ask, 90)
    assert unknown.code == 2
    assert "between 0 and 1" in unknown.err
    too_much = activellm(*ask, 0.99, "--json")
    assert too_much.code == 1
    assert "With 12 hold-out texts no threshold shows that 99 %" in too_much.err
    assert json.loads(too_much.out)["abstention"]["shown"] is False
    assert not output.exists()

    wanted = max(0.01, int(100 * json.loads(too_much.out)["abstention"]["bound"]) / 100)
    done = activellm(*ask, wanted, "--json").json
    assert done["abstention"]["shown"] is True
    assert done["abstention"]["texts"] == "hold-out"
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    silent = [row for row in rows if row["abstained"] == "True"]
    assert done["abstained"] == len(silent)
    assert all((row["predicted_label"] == "") == (row in silent) for row in rows)
    assert {float(row["disagreement"]) for row in rows} <= {0.0, 0.5, 1.0}
    said = " ".join(activellm(*ask, wanted).out.split())
    assert f"{150 - len(silent)} of 150 texts got a label" in said


def test_rare_labels_are_given_more_often(
    activellm: Callable, job: list[object], messages: Path, tmp_path: Path
) -> None:
    project, output = tmp_path / "p", tmp_path / "out.csv"
    activellm("init", *job, "--project", project, "--draws", 0)
    for step in ("select", "annotate", "train"):
        activellm(step, "--project", project)
    ask = ["predict", messages, "-o", output, "--project", project, "--thresholds"]
    early = activellm(*ask)
    assert early.code == 2
    assert "activellm evaluate" in early.err
    activellm("evaluate", "--project", project)
    told = activellm(*ask, "--json").json["thresholds"]
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        sure = {label: float(row[f"p({label})"]) / limit for label, limit in told.items()}
        assert sure[row["predicted_label"]] == max(sure.values())
    both = activellm(*ask, "--abstain", 0.5)
    assert both.code == 2
    assert "Leave out --thresholds" in both.err
