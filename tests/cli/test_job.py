"""The whole job by the command line: at once, in single steps, again, and what it leaves behind."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from activellm.project import Project, rounds


def test_run_then_run_again_then_predict(
    activellm: Callable, job: list[object], messages: Path, tmp_path: Path
) -> None:
    first = activellm("run", *job, "--json").json
    project = tmp_path / "messages.activellm"
    assert Path(first["project"]) == project
    assert first["waiting"] == 0
    assert {(one["subject"], one["texts"]) for one in first["evaluations"]} == {
        *(("successor", "labelled"), ("successor", "gold")),
        *(("majority", "labelled"), ("majority", "gold")),
    }
    assert first["comparison"]["draws"] == 20
    assert (project / "report.html").stat().st_size > 10_000
    assert Path(first["model"]).is_dir()

    written = weights_of(project)
    again = activellm("run", "--project", project, "--json").json
    assert {k: v for k, v in again.items() if k != "steps"} == {
        k: v for k, v in first.items() if k != "steps"
    }
    assert [one["seconds"] for one in again["steps"]] == [one["seconds"] for one in first["steps"]]
    assert written == weights_of(project)

    for suffix in ("csv", "jsonl", "parquet"):
        output = tmp_path / f"predicted.{suffix}"
        done = activellm("predict", messages, "-o", output, "--project", project, "--json").json
        assert done["rows"] == 150
        rows = read(output)
        assert [row["text"] for row in rows] == [row["text"] for row in read(messages)]
        labels = Project(project).task.label_names
        for row in rows:
            shares = {label: float(row[f"p({label})"]) for label in labels}
            assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
            assert row["predicted_label"] == max(shares, key=shares.__getitem__)
            assert row["district"]


def weights_of(project: Path) -> dict[Path, int]:
    """When each file of the models was written; the card is written anew with every report."""
    files = (path for path in project.glob("models/*/*") if path.name != "README.md")
    return {path: path.stat().st_mtime_ns for path in files}


def read(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        return (
            [json.loads(line) for line in file]
            if path.suffix == ".jsonl"
            else [*csv.DictReader(file)]
        )


def test_the_single_steps_do_the_same_as_run(
    activellm: Callable, job: list[object], tmp_path: Path
) -> None:
    whole = activellm("run", *job, "--project", tmp_path / "whole", "--json").json
    steps = tmp_path / "steps"
    assert activellm("init", *job, "--project", steps, "--json").json["rounds"] == 0
    assert activellm("annotate", "--project", steps).code == 2
    picked = activellm("select", "--project", steps, "--json").json
    assert picked["round"] == 1
    assert len(picked["picks"]) == picked["waiting"] == 20
    assert activellm("train", "--project", steps).code == 2
    assert activellm("annotate", "--project", steps, "--json").json["waiting"] == 0
    activellm("train", "--project", steps)
    evaluated = activellm("evaluate", "--project", steps, "--json").json
    assert evaluated["evaluations"] == whole["evaluations"]
    assert evaluated["comparison"] == whole["comparison"]
    assert activellm("report", "--project", steps, "--json").json["report"]
    assert activellm("status", "--project", steps, "--json").json["labelled"] == 20


def test_a_second_round_never_picks_again_what_is_labelled(
    activellm: Callable, job: list[object], tmp_path: Path
) -> None:
    project = tmp_path / "p"
    activellm("run", *job, "--project", project, "--holdout", 10, "--json")
    assert activellm("select", "--project", project, "--json").json["round"] == 2
    waiting = activellm("select", "--project", project, "--json").json
    assert waiting["round"] == 2, "texts of round 2 wait, so no round 3 begins"
    one, two = rounds(Project(project))
    assert not set(one.selection.ids) & set(two.selection.ids)
    again = activellm("run", "--project", project, "--json").json
    assert again["waiting"] == 0
    assert activellm("status", "--project", project, "--json").json["labelled"] == 40


def test_labels_from_a_file_then_the_rest_later(
    activellm: Callable, job: list[object], messages: Path, tmp_path: Path
) -> None:
    project = tmp_path / "p"
    labels = ["waste", "roads", "permits", "parks", "noise"]
    options = [word for label in labels for word in ("--label", label)]
    given = tmp_path / "labels.csv"
    start = [*job, *options, "--project", project, "--oracle", f"file:{given}"]
    given.write_text("text,label\n")
    picks = (
        activellm("init", *start, "--json")
        and activellm("select", "--project", project, "--json").json["picks"]
    )
    known = {row["text"]: row["label"] for row in read(messages)}
    texts = {
        example.id: example.text
        for example in Project(project).pool.examples([pick["id"] for pick in picks])
    }

    def write(ids: list[str]) -> None:
        with given.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "label"])
            writer.writerows([id_, known[texts[id_]]] for id_ in ids)

    ids = list(texts)
    write(ids[:12])
    halfway = activellm("run", "--project", project, "--json").json
    assert halfway["waiting"] == 8
    assert halfway["report"] is None
    write(ids)
    done = activellm("run", "--project", project, "--json").json
    assert done["waiting"] == 0
    assert done["comparison"] is None
    assert {one["texts"] for one in done["evaluations"]} == {"labelled"}


def test_changed_settings_count_from_now_on_and_keep_what_is_labelled(
    activellm: Callable, job: list[object], tmp_path: Path
) -> None:
    project = tmp_path / "p"
    first = activellm("run", *job, "--project", project, "--json").json
    changed = activellm(
        "run", "--project", project, "--strategy", "random", "--draws", 25, "--json"
    ).json
    assert changed["comparison"]["draws"] == 25
    assert changed["model"] == first["model"]
    (only,) = rounds(Project(project))
    assert only.selection.strategy == "kmeans"


def test_pool_from_standard_input_and_pairs(
    activellm: Callable, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    rows = "".join(
        json.dumps(
            {
                "a": f"A {i} cat sat.",
                "b": f"B {i} {'cat' if i % 2 else 'dog'}",
                "gold": "yes" if i % 2 else "no",
            }
        )
        + "\n"
        for i in range(60)
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(rows.encode())))
    done = activellm(
        "run",
        "-",
        "--format",
        "jsonl",
        "--project",
        tmp_path / "p",
        "--task",
        "Same animal?",
        "--text",
        "a",
        "--text-b",
        "b",
        "--oracle",
        "column:gold",
        "--llm",
        "none",
        "--encoder",
        tiny_encoder,
        "--candidates",
        30,
        "--select",
        10,
        "--strategy",
        "kmeans",
        "--successor",
        "linear",
        "--json",
    ).json
    assert done["waiting"] == 0
    assert Project(tmp_path / "p").task.pair_names == ("a", "b")


def test_status_and_list_for_people(activellm: Callable, job: list[object], tmp_path: Path) -> None:
    activellm("init", *job, "--project", tmp_path / "p")
    assert "Which office must act first?" in activellm("status", "--project", tmp_path / "p").out
    for kind in ("strategies", "models", "successors", "oracles", "samplers"):
        assert activellm("list", kind).code == 0
        for entry in activellm("list", kind, "--json").json[kind]:
            assert entry["about"], entry
