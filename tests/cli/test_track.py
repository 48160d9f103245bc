"""`activellm track` on a real project and on an experiment's results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from office_projects import answer, make_project

from activellm.bench.results import Results
from activellm.project import Project, measure, queue, select, train


def do_round(project: Project) -> None:
    """Label what waits as the texts say, train and measure."""
    for item in queue(project):
        label = item.example.text.rpartition(" ")[2]
        answer(project, item.example.id, "alice", label, seconds=2.0)
    measure(project, train(project))


def test_a_project_round_by_round_without_its_texts(activellm: Callable, tmp_path: Path) -> None:
    folder, out = tmp_path / "p.activellm", tmp_path / "runs.jsonl"
    track = ["track", folder, "--to", f"jsonl:{out}", "--json"]
    project = make_project(folder, successor="tfidf", oracle=f"file:{tmp_path}/labels.csv")
    ended = activellm(*track)
    assert (ended.code, "No round is trained yet" in ended.err) == (2, True)
    do_round(project)
    assert activellm(*track).json["steps"] == 1
    select(project)
    do_round(project)
    assert activellm(*track).json == {
        "to": f"jsonl:{out}",
        "experiment": "p",
        "runs": 1,
        "steps": 1,
        "kept": 1,
    }
    assert activellm(*track).json["steps"] == 0
    first, second = map(json.loads, out.read_text().splitlines())
    assert (first["step"], first["metrics"]["labels"]) == (1, 10)
    assert (second["step"], second["metrics"]["labels"]) == (2, 20)
    low, value, high = (
        second["metrics"][f"labelled/accuracy{end}"] for end in ("_low", "", "_high")
    )
    assert 0 <= low <= value <= high <= 1
    parameters = first["parameters"]
    assert parameters["strategy"] == "random"
    assert parameters["oracle"] == "file"
    assert parameters["labels"] == "3"
    assert second["metrics"]["seconds"] > first["metrics"]["seconds"] > 20
    told = out.read_text()
    for secret in ("How was it?", "so-so", "text number", "alice", str(tmp_path)):
        assert secret not in told.replace(str(out), ""), secret
    with_report = ("track", folder, "--to", f"jsonl:{out}", "--with-report")
    assert "There is no report yet" in activellm(*with_report).err
    (folder / "report.html").write_text("<p>")
    ended = activellm(*with_report)
    assert (ended.code, "keeps no files" in ended.err) == (2, True)


def test_an_experiment_is_a_run_a_configuration(activellm: Callable, tmp_path: Path) -> None:
    folder, out = tmp_path / "e.bench", tmp_path / "runs.jsonl"
    about = {"data": "cr", "llm": "none", "successor": "tfidf", "candidates": 50, "select": 8}
    rows = [
        {**about, "schedule": schedule, "draw": draw, "round": 1, "labels": 8, "macro_f1": f1}
        for schedule, found in (("kmeans", (0.5, 0.7)), ("random", (0.4, None)))
        for draw, f1 in enumerate(found)
    ]
    Results(folder).add_scores(rows)
    done = activellm("track", folder, "--to", f"jsonl:{out}", "--experiment", "e1", "--json").json
    assert (done["runs"], done["steps"], done["experiment"]) == (2, 2, "e1")
    kmeans, random = map(json.loads, out.read_text().splitlines())
    assert kmeans["name"] == "cr / kmeans / none / tfidf"
    assert kmeans["metrics"]["macro_f1"] == pytest.approx(0.6)
    assert kmeans["metrics"]["macro_f1_sd"] == pytest.approx(0.1414, abs=1e-4)
    assert random["metrics"] == {"measurements": 2, "macro_f1": 0.4, "labels": 8}
    Results(folder).add_scores([{**rows[0], "draw": 2, "macro_f1": 0.9}])
    again = activellm("track", folder, "--to", f"jsonl:{out}", "--experiment", "e1", "--json").json
    assert (again["runs"], again["kept"]) == (1, 1), "only the mean that changed is sent anew"


def test_nothing_to_track_and_unknown_trackers(activellm: Callable, tmp_path: Path) -> None:
    (tmp_path / "e.bench").mkdir()
    Results(tmp_path / "e.bench").add_scores([])
    ended = activellm("track", tmp_path / "e.bench", "--to", f"jsonl:{tmp_path}/x.jsonl")
    assert (ended.code, "There are no results yet" in ended.err) == (2, True)
    ended = activellm("track", tmp_path / "e.bench", "--to", "mlfow:x")
    assert (ended.code, "Did you mean 'mlflow'" in ended.err) == (2, True)
    names = {one["name"] for one in activellm("list", "trackers", "--json").json["trackers"]}
    assert names == {"jsonl", "mlflow", "trackio"}
