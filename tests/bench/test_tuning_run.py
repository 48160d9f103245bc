"""`activellm bench tune` as a user runs it: on a file, on a project, on earlier results."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from activellm.bench.tuning.simulate import OWN
from activellm.bench.tuning.sources import Sources
from activellm.bench.tuning.tuner import Tuned, tune_task
from activellm.cli.main import main
from activellm.errors import UsageError

WORDS = {"good": ["fine", "nice", "lovely", "great"], "bad": ["dull", "awful", "poor", "sad"]}
THINGS = ["film", "meal", "book", "park", "tree", "water", "light", "bus"]

GRID = {
    "strategies": ["kmeans", "random"],
    "successors": ["linear"],
    "candidates": [30, 60, 200],
    "select": [8, 16],
    "draws": 4,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """120 labelled texts, and some without a label."""
    rows = [
        {"text": f"{word} {one} and {other}", "label": label}
        for label, words in WORDS.items()
        for word in words
        for one in THINGS
        for other in THINGS[:2]
    ][:120]
    rows += [{"text": f"the {thing}", "label": ""} for thing in THINGS]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def tune(file: Path, tiny_encoder: Path) -> Callable[..., Tuned]:
    def run(*, workers: int = 1, folder: str = "out", **given: Any) -> Tuned:
        encoder = {"encoder": str(tiny_encoder), "device": "cpu"}
        return tune_task(
            Sources(file), {**GRID, **encoder, **given}, file.parent / folder, workers=workers
        )

    return run


def lines(done: Tuned) -> list[str]:
    return (done.folder / OWN / "scores.jsonl").read_text().splitlines()


def test_what_can_be_simulated_is_and_the_rest_is_told(tune: Callable[..., Tuned]) -> None:
    done = tune()
    own = done.advice.own
    assert own is not None
    assert {line.choice.candidates for line in own.lines} == {30, 60}
    assert (own.base.candidates, own.labels, own.units) == (60, 16, 4)
    assert len(lines(done)) == 4 * 2 * 2 * 2
    assert "200 candidates cannot be simulated from 120 labelled texts" in done.words
    assert "60 stood in for them" in done.words
    assert done.picture is not None
    assert done.picture.read_text().startswith("<?xml")
    assert json.loads((done.folder / "advice.json").read_text())["paste"] == done.paste


def test_a_second_run_measures_nothing_and_a_torn_one_goes_on(tune: Callable[..., Tuned]) -> None:
    first = tune()
    whole = lines(first)
    again = tune()
    assert lines(again) == whole
    assert again.advice == first.advice
    scores = first.folder / OWN / "scores.jsonl"
    scores.write_text("\n".join(whole[:10]) + "\n" + whole[10][:30])
    torn = tune()
    assert len(lines(torn)) == len(whole)
    assert torn.advice == first.advice


def test_results_of_other_labels_do_not_count(tune: Callable[..., Tuned], file: Path) -> None:
    before = len(lines(tune()))
    changed = file.read_text().replace('"label": "bad"', '"label": "good"', 20)
    file.write_text(changed)
    kept = tune()
    assert len(lines(kept)) == 2 * before
    fresh = tune(folder="fresh")
    assert kept.advice.own == fresh.advice.own


def test_worker_processes_advise_the_same(tune: Callable[..., Tuned]) -> None:
    here = tune()
    there = tune(workers=2, folder="there")
    assert there.advice == here.advice


def test_a_learner_that_is_better_is_found(tune: Callable[..., Tuned]) -> None:
    done = tune(
        strategies=["random"],
        successors=["linear(C=0.000001)", "tfidf"],
        candidates=[60],
        select=[16],
        draws=8,
    )
    assert done.advice.choice.successor == "tfidf"


def test_a_project_is_tuned_on_what_is_labelled_there(
    file: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = file.parent / "mine.activellm"
    monkeypatch.setattr(
        sys, "argv",
        ["activellm", "init", str(file), "--project", str(folder), "--label-column", "label",
         "--task", "Which?", "--label", "good", "--label", "bad", "--select", "6",
         "--encoder", str(tiny_encoder)],
    )  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    given = {"draws": 4, "candidates": [60], "strategies": ["kmeans", "random"]}
    done = tune_task(Sources(project=folder), given, file.parent / "out")
    assert done.advice.own is not None
    assert done.advice.own.labels == 6
    assert done.paste.startswith(f"activellm run --project {folder} --candidates")


# ---- data sets like theirs ----------------------------------------------------------------------


def experiment(file: Path, tiny_encoder: Path) -> Path:
    entries = "".join(
        f'[[data]]\nname = "d{n}"\npool = "mine.jsonl"\ndescription = "x"\n'
        f'labels = {{ good = "", bad = "" }}\ntest_size = {20 + n}\n'
        for n in range(5)
    )
    path = file.parent / "others.toml"
    path.write_text(
        f'strategies = ["kmeans"]\ncandidates = [30]\nselect = [8]\ndraws = 2\ndevice = "cpu"\n'
        f'encoder = "{tiny_encoder}"\n{entries}'
    )
    kept = [line for line in file.read_text().splitlines() if '"label": ""' not in line]
    file.write_text("\n".join(kept) + "\n")
    return path


def test_data_sets_of_an_experiment_file_and_then_its_results(
    file: Path, tiny_encoder: Path
) -> None:
    path = experiment(file, tiny_encoder)
    given = GRID | {"candidates": [30], "select": [8], "draws": 2, "draws_like": 2}
    given |= {"encoder": str(tiny_encoder), "device": "cpu", "draws": 4}
    done = tune_task(Sources(like=path), given, file.parent / "out")
    assert done.advice.similar is not None
    assert done.advice.similar.units == 5
    assert done.advice.likeness is not None
    assert "all data sets count" in done.advice.likeness.words
    results = file.parent / "others.bench"
    (done.folder / "like").rename(results)
    again = tune_task(Sources(like=results), given, file.parent / "again")
    assert again.advice.similar == done.advice.similar
    assert again.advice.likeness == done.advice.likeness


# ---- wrong use ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"strategies": ["kmeens"]}, "Did you mean 'kmeans'"),
        ({"successors": ["liner"]}, "Did you mean 'linear'"),
        ({"strategies": ["coverage"]}, "asks a query model, and none is named"),
        ({"strategies": ["entropy"]}, "goes on from labels"),
        ({"draws": 3}, "Fewer than 4 draws"),
        ({"labels": 99}, "Add --select 99"),
        ({"candidates": [1]}, "are no sizes"),
        ({"select": [8, 8]}, "each once"),
        ({"target": 0.75}, "Macro-F1 in per cent"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tune: Callable[..., Tuned], file: Path, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        tune(**given)
    assert not (file.parent / "out").exists()


def test_sources_must_be_there(tmp_path: Path, file: Path) -> None:
    for sources, said in (
        (Sources(), "nothing to learn from"),
        (Sources(file, project=tmp_path), "not both"),
        (Sources(like=tmp_path / "none.toml"), "does not exist"),
        (Sources(like=tmp_path), "no results"),
    ):
        with pytest.raises(UsageError, match=said):
            tune_task(sources, {}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_ends_with_2_for_wrong_use_and_prints_json(
    file: Path, tiny_encoder: Path
) -> None:
    command = [sys.executable, "-m", "activellm", "bench", "tune"]
    wrong = subprocess.run([*command], capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "--project" in wrong.stderr
    few = file.with_name("few.jsonl")
    few.write_text("\n".join(file.read_text().splitlines()[50:80]) + "\n")
    done = subprocess.run(
        [*command, str(few), "--encoder", str(tiny_encoder), "--json"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["changed"] is False
    assert "nothing can be simulated on so few" in found["sentences"][0]
    assert not few.with_name("few.tune").joinpath("own").exists()
