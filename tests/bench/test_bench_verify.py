"""Cells that are done again, and what is said where they are not equal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_experiment import TOML, begin, write
from typer.testing import CliRunner

from activellm.bench.executors import Here
from activellm.bench.experiment import read_experiment
from activellm.bench.facts import FACTS, Facts, write_facts
from activellm.bench.results import CHOICES, SCORES
from activellm.bench.running import run
from activellm.bench.verify import Verified, verify
from activellm.cli.main import app

SCRIPT = {"rules": [{"logprobs": {"good": -0.1, "bad": -2.0}}]}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Path:
    """An experiment that has been run, with an LLM in it."""
    home = tmp_path_factory.mktemp("verified")
    script = home / "script.json"
    script.write_text(json.dumps(SCRIPT))
    words = f'llm = ["scripted/{script}"]\nstrategies = ["coverage", "random, entropy"]\nrounds = 2'
    text = TOML.replace('strategies = ["kmeans"]', words).replace("draws = 3", "draws = 1")
    file = write(home, tiny_encoder, text)
    workshop, results = begin(file)
    write_facts(results.folder, file)
    assert run(workshop, results, Here(workshop)).failed == {}
    return home


@pytest.fixture
def folder(done: Path, tmp_path: Path) -> Path:
    """Its results, to be changed."""
    return shutil.copytree(done / "out", tmp_path / "out")


def verified(folder: Path, done: Path, number: int = 99) -> Verified:
    scratch = folder.parent / "scratch"
    scratch.mkdir()
    experiment = read_experiment(folder / "experiment.toml")
    return verify(experiment, done, folder, scratch, number=number)


def rewrite(path: Path, change: Any) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(change(row)) + "\n" for row in rows))


def test_all_cells_are_equal_to_the_digit(folder: Path, done: Path) -> None:
    found = verified(folder, done)
    assert [one.verdict for one in found.checked] == ["same"] * 4
    # Two rounds: random and coverage with two learners, entropy's two cells with one each.
    assert sorted(one.measured for one in found.checked) == [2, 2, 4, 4]
    assert (found.cells, found.foreign, found.changed) == (4, 0, ())


def test_other_picks_and_numbers_are_told(folder: Path, done: Path) -> None:
    def other_picks(row: dict[str, Any]) -> dict[str, Any]:
        if row["schedule"] == "coverage" and row["round"] == 1:
            row["picks"] = row["picks"][::-1]
        return row

    def other_number(row: dict[str, Any]) -> dict[str, Any]:
        if row["schedule"] == "random" and row["round"] == 2 and row["successor"] == "linear":
            row["accuracy"] = round(row["accuracy"] - 0.25, 6)
        return row

    rewrite(folder / CHOICES, other_picks)
    rewrite(folder / SCORES, other_number)
    found = verified(folder, done)
    told = {one.cell.schedule: one for one in found.checked}
    assert told["coverage"].verdict == "differs"
    assert "round 1: 6 of 6 picks are the same, in another order" in told["coverage"].findings
    assert told["random"].verdict == "differs"
    (finding,) = told["random"].findings
    assert finding.startswith("round 2, linear, seed 0: accuracy is ")
    assert finding.endswith("(+0.250000)")
    assert told["random, entropy"].verdict == "same"
    assert found.differing == 2


def test_a_missing_recording_is_told_and_never_asked_for(folder: Path, done: Path) -> None:
    lost = sorted((folder / "recordings").glob("?" * 64 + ".json"))[:3]
    for path in lost:
        path.unlink()
    found = verified(folder, done)
    told = {one.cell.schedule: one for one in found.checked}
    assert told["coverage"].verdict == "not verifiable"
    assert "not recorded" in told["coverage"].findings[0]
    assert told["random"].verdict == "same"
    assert not any(path.exists() for path in lost)


def test_other_versions_and_experiments_are_told(folder: Path, done: Path) -> None:
    facts = Facts.model_validate_json((folder / FACTS).read_text())
    old = facts.model_copy(update={"versions": {**facts.versions, "numpy": "1.0"}})
    (folder / FACTS).write_text(old.model_dump_json())
    rewrite(folder / CHOICES, lambda row: {**row, "key": f"x{row['key'][1:]}"})
    found = verified(folder, done)
    assert found.changed == ({"numpy": ("1.0", facts.versions["numpy"])},)
    assert found.checked == ()
    assert found.foreign == 4


def test_the_command_draws_by_seed_and_fails_where_something_differs(
    folder: Path, done: Path
) -> None:
    command = ["bench", "verify", str(folder), "--cells", "1", "--base", str(done)]
    equal = CliRunner().invoke(app, command)
    assert equal.exit_code == 0, equal.output
    assert "1 of 1 cells are equal to the digit, 0 differ" in equal.output
    rewrite(folder / SCORES, lambda row: {**row, "macro_f1": 0.123456})
    other = CliRunner().invoke(app, [*command, "--json"])
    assert other.exit_code == 1
    assert json.loads(other.stdout)["differing"] == 1
    (folder / "experiment.toml").unlink()
    gone = CliRunner().invoke(app, command)
    assert gone.exit_code == 2
    assert "nothing can be repeated" in gone.output
