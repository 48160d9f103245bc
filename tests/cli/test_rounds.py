"""Several rounds: schedules, candidates, what is kept of each, and going on later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from activellm.project import Project, points, rounds
from activellm.project.gold import gold_test


@pytest.fixture
def rounds_job(job: list[object]) -> list[object]:
    """The quick job without a strategy, ten picks a round."""
    at = job.index("--strategy")
    return [*job[:at], *job[at + 2 :], "--select", 10]


def without_seconds(outcome: dict[str, Any]) -> list[Any]:
    return [{k: v for k, v in one.items() if k != "seconds"} for one in outcome["rounds"]]


def test_three_rounds_by_schedule(
    activellm: Callable, rounds_job: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "p"
    run = ("run", *rounds_job, "--schedule", "kmeans, entropy", "--rounds", 3, "--project", path)
    outcome = activellm(*run, "--json").json
    assert [one["round"] for one in outcome["rounds"]] == [1, 2, 3]
    assert [one["strategy"] for one in outcome["rounds"]] == ["kmeans", "entropy", "entropy"]
    assert [one["labels"] for one in outcome["rounds"]] == [10, 20, 30]
    sizes = {one["measured"]["size"] for one in outcome["rounds"]}
    assert len(sizes) == 1, "all rounds are measured on the same texts"
    assert {one["measured"]["texts"] for one in outcome["rounds"]} == {"gold"}
    seconds = [one["seconds"] for one in outcome["rounds"]]
    assert seconds == sorted(seconds)

    project = Project(path)
    picked = [id_ for round_ in rounds(project) for id_ in round_.selection.ids]
    assert len(picked) == len(set(picked)) == 30
    test = {one.example.id for one in gold_test(project)}
    seen = {id_ for round_ in rounds(project) for id_ in round_.candidates}
    assert test
    assert not test & seen, "no round looked at a text to measure on"
    assert len(list(path.glob("models/*"))) == 3
    assert [point.probabilities is not None for point in points(project)] == [True] * 3

    said = {one["criterion"]: one for one in outcome["stopping"]}
    assert set(said) == {
        *("learning-curve", "kappa", "delta-f", "classification-change", "overall-uncertainty")
    }
    assert {one["says"] for one in said.values()} <= {"stop", "go on", "cannot say"}
    assert 0 < said["overall-uncertainty"]["value"] <= 1
    assert "Time to stop?" in (path / "report.html").read_text("utf-8")

    stand = activellm("status", "--project", path, "--json").json
    assert (stand["rounds"], stand["planned"]) == (3, 3)
    assert stand["strategies"] == "kmeans, entropy"
    assert "of 5 criteria" in stand["advice"]

    again = activellm(*run, "--json").json
    assert again["rounds"] == outcome["rounds"]


@pytest.mark.parametrize("kept", [True, False])
def test_candidates_are_kept_or_renewed(
    activellm: Callable, rounds_job: list[object], tmp_path: Path, kept: bool
) -> None:
    path = tmp_path / "p"
    option = "--keep-candidates" if kept else "--renew-candidates"
    options = ("--strategy", "kmeans", "--candidates", 25, "--rounds", 3, option)
    activellm("run", *rounds_job, *options, "--project", path, "--json")
    first, second, third = (set(round_.candidates) for round_ in rounds(Project(path)))
    picks = [set(round_.selection.ids) for round_ in rounds(Project(path))]
    if kept:
        assert second == first - picks[0]
        left = second - picks[1]
        assert left < third, "what is left of the first ones is filled up"
        assert len(third) == 10
    else:
        assert len(second) == len(third) == 25
        assert not second <= first
    assert not picks[0] & second
    assert not (picks[0] | picks[1]) & third


def test_more_rounds_later_are_as_if_asked_for_at_once(
    activellm: Callable, rounds_job: list[object], tmp_path: Path, messages: Path
) -> None:
    options = (*rounds_job, "--strategy", "kmeans", "--test", messages, "--draws", 0)
    at_once = activellm("run", *options, "--rounds", 3, "--project", tmp_path / "a", "--json").json
    later = tmp_path / "b"
    assert len(activellm("run", *options, "--project", later, "--json").json["rounds"]) == 1
    outcome = activellm("run", "--project", later, "--rounds", 3, "--json").json
    assert without_seconds(outcome) == without_seconds(at_once)
    assert outcome["evaluations"] == at_once["evaluations"]


def test_a_cold_start_is_refused_before_anything_is_written(
    activellm: Callable, rounds_job: list[object], tmp_path: Path
) -> None:
    ended = activellm("run", *rounds_job, "--strategy", "entropy", "--project", tmp_path / "p")
    assert ended.code == 2
    assert "'entropy' goes on from labels" in ended.err
    assert "--schedule 'kmeans*2, entropy'" in " ".join(ended.err.split())
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--schedule", "kmeans, entropi"), "Did you mean 'entropy'?"),
        (("--schedule", "kmeans*0"), "is no entry of a schedule"),
        (("--schedule", "kmeans, bald(passes=1)"), "passes must be at least 2"),
        (("--schedule", "kmeans, bald(colour=1)"), "has no option 'colour'"),
        (("--schedule", "kmeans, bald(passes=many)"), "passes is a whole number, not 'many'"),
        (("--schedule", "kmeans", "--strategy", "random"), "It says by itself"),
        (("--schedule", "kmeans, coverage"), "The strategy 'coverage' asks an LLM"),
        (("--stopping", "kapa"), "Did you mean 'kappa'?"),
        (("--rounds", 16), "160 picks in 16 rounds were asked for"),
        (("--rounds", 0), "--rounds"),
    ],
)
def test_what_cannot_be_is_refused(
    activellm: Callable, rounds_job: list[object], tmp_path: Path, options: Any, said: str
) -> None:
    ended = activellm("run", *rounds_job, *options, "--project", tmp_path / "p")
    assert ended.code == 2
    assert said in " ".join(ended.err.split())
    assert not (tmp_path / "p").exists()


def test_criteria_with_limits(
    activellm: Callable, rounds_job: list[object], tmp_path: Path
) -> None:
    options = ("--strategy", "kmeans", "--rounds", 2, "--draws", 0, "--project", tmp_path / "p")
    criteria = ("--stopping", "rounds(2), time(seconds=100000)")
    outcome = activellm("run", *rounds_job, *options, *criteria, "--json").json
    said = {one["criterion"]: one["says"] for one in outcome["stopping"]}
    assert said == {"rounds": "stop", "time": "go on"}
    without = activellm("run", "--project", tmp_path / "p", "--stopping", "", "--json").json
    assert without["stopping"] == []


def test_a_schedule_in_the_project_file(
    activellm: Callable, rounds_job: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "p"
    activellm("init", *rounds_job, "--project", path)
    config = path / "project.toml"
    text = config.read_text("utf-8")
    assert 'schedule = ""' in text
    config.write_text(text.replace('schedule = ""', 'schedule = "random, entropy"'), "utf-8")
    outcome = activellm("run", "--project", path, "--rounds", 2, "--json").json
    assert [one["strategy"] for one in outcome["rounds"]] == ["random", "entropy"]


def test_labels_that_came_with_the_pool_are_a_warm_start(
    activellm: Callable, tmp_path: Path, tiny_encoder: Path
) -> None:
    pool = tmp_path / "pool.jsonl"
    texts = [
        f"the {word} was {good}"
        for word in ("film", "book", "meal")
        for good in ("good", "great", "fine", "bad", "awful", "poor", "dull", "sad")
    ]
    rows = [
        {"text": text, "given": "", "gold": "no" if n % 8 > 2 else "yes"}
        for n, text in enumerate(texts)
    ]
    rows[0]["given"], rows[5]["given"] = "yes", "no"
    pool.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    outcome = activellm(
        *("run", pool, "--task", "Is it praise?", "--label", "yes", "--label", "no"),
        *("--label-column", "given", "--oracle", "column:gold", "--strategy", "entropy"),
        *("--llm", "none", "--encoder", tiny_encoder, "--successor", "linear"),
        *("--select", 4, "--candidates", 10, "--draws", 0, "--json"),
    ).json
    assert outcome["rounds"][0]["strategy"] == "entropy"
    assert outcome["rounds"][0]["labels"] == 6
