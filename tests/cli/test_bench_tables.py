"""`bench show` and `bench report`, as a user would call them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_results as samples
import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return samples.write(tmp_path / "study.bench", draws=2)


def test_all_statistics_are_shown(activellm: Callable[..., Any], folder: Path) -> None:
    shown = activellm("bench", "show", folder)
    assert shown.code == 0, shown.err
    for title in (
        "### macro-F1, 16 labels",
        "### Area under",
        "### Labels saved",
        "### Mean ranks",
    ):
        assert title in shown.out
    assert r"coverage\*2, bald (judged/1.5B)" in shown.out


def test_they_are_latex_and_json_too(activellm: Callable[..., Any], folder: Path) -> None:
    shown = activellm("bench", "show", folder, "--format", "latex", "--metric", "accuracy")
    assert shown.code == 0, shown.err
    assert shown.out.startswith(r"\begin{table}")
    assert r"\caption{accuracy, 4 labels" in shown.out
    found = activellm("bench", "show", folder, "--json").json
    assert found["metric"] == "macro_f1"
    assert len(found["comparisons"]) == 3 * 3
    assert found["curves"][0]["curves"][0]["saved"]
    assert found["rankings"][0]["ranking"]["data_sets"] == 6


def test_the_page_is_written(activellm: Callable[..., Any], folder: Path, tmp_path: Path) -> None:
    assert activellm("bench", "report", folder).code == 0
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    other = tmp_path / "other.html"
    done = activellm("bench", "report", folder, "--output", other, "--json").json
    assert done["report"] == str(other)
    assert "no maps" in " ".join(done["missing"])
    assert other.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "NOWHERE"], "no results here"),
        (["show", "NOWHERE"], "no results here"),
        (["show", "FOLDER", "--format", "word"], "Known: latex, markdown"),
        (["report", "FOLDER", "--metric", "f1"], "Known: accuracy, macro_f1, matthews"),
        (["report", "FOLDER", "--output", "NOWHERE/page.html"], "does not exist"),
    ],
)
def test_wrong_use_is_refused(
    activellm: Callable[..., Any],
    folder: Path,
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    places = {"FOLDER": str(folder), "NOWHERE": str(tmp_path / "nowhere")}
    named = [
        word.replace("NOWHERE", places["NOWHERE"]).replace("FOLDER", places["FOLDER"])
        for word in arguments
    ]
    ended = activellm("bench", *named)
    assert ended.code == 2
    assert words in ended.err
    assert not (tmp_path / "nowhere").exists()
    assert not (folder / "report.html").exists()
