"""Results as Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from activellm.bench.export import ABOUT, about_run, read_parquet, write_parquet
from activellm.bench.facts import write_facts
from activellm.bench.results import Results
from activellm.cli.main import app
from activellm.errors import DataError

SCORES = [
    {"key": "a", "data": "sst2", "draw": 0, "macro_f1": 0.5, "warnings": []},
    {"key": "b", "data": "sst2", "draw": 1, "macro_f1": 1, "warnings": [], "matthews": -0.25},
]
CHOICES = [
    {"key": "c", "picks": ["x"], "places": [3, None], "usage": {"calls": 1, "cost": None}},
    {"key": "d", "picks": ["y"], "places": [], "usage": {}, "position_p": 0.1},
    {"key": "e", "picks": ["z"], "places": [], "usage": {"calls": 0, "cost": 0.5}},
]


def test_measurements_come_back(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    write_parquet(SCORES, path)
    assert read_parquet(path) == [{**SCORES[0], "matthews": None}, SCORES[1]]
    assert pq.read_table(path, columns=["macro_f1"])["macro_f1"].to_pylist() == [0.5, 1.0]


def test_fields_of_fields_are_columns(tmp_path: Path) -> None:
    path = tmp_path / "choices.parquet"
    write_parquet(CHOICES, path)
    assert pq.read_schema(path).names == [
        *("key", "picks", "places", "usage.calls", "usage.cost", "position_p")
    ]
    back = read_parquet(path)
    assert [row["places"] for row in back] == [[3, None], [], []]
    assert [row["usage"] for row in back] == [
        {"calls": 1, "cost": None},
        {"calls": None, "cost": None},
        {"calls": 0, "cost": 0.5},
    ]


def test_what_is_known_of_the_run_goes_along_without_its_place(tmp_path: Path) -> None:
    experiment = tmp_path / "grid.toml"
    experiment.write_text('name = "grid"\n')
    write_facts(tmp_path / "out", experiment)
    path = tmp_path / "scores.parquet"
    write_parquet(SCORES, path, about_run(tmp_path / "out"))
    about = json.loads(pq.read_schema(path).metadata[ABOUT.encode()])
    assert about["experiment"] == 'name = "grid"\n'
    assert about["versions"]["activellm"]
    assert str(tmp_path) not in json.dumps(about)


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no results to export"):
        write_parquet([], tmp_path / "x.parquet")
    with pytest.raises(DataError, match="no such folder"):
        write_parquet(SCORES, tmp_path / "no" / "x.parquet")
    (tmp_path / "text.parquet").write_text("nonsense")
    with pytest.raises(DataError, match="no Parquet file"):
        read_parquet(tmp_path / "text.parquet")
    assert not (tmp_path / "x.parquet").exists()


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    results = Results(tmp_path / "out")
    results.add_scores(SCORES)
    results.add_choices(CHOICES)
    files = tmp_path / "scores.parquet", tmp_path / "choices.parquet"
    asked = ["bench", "export", str(results.folder), "--output", str(files[0]), "--choices"]
    told = CliRunner().invoke(app, [*asked, str(files[1]), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["choices"]["rows"] == 3
    assert [pq.read_table(file).num_rows for file in files] == [2, 3]
    missing = CliRunner().invoke(app, ["bench", "export", "nowhere", "--output", str(files[0])])
    assert missing.exit_code == 2
