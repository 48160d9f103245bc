"""A model that was really trained on a leaked file is found out; on other texts it is not."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import typer

from activellm.cli import contamination as cli
from activellm.contamination import ContaminationReport, Finding, check_contamination
from activellm.contamination.order import prefer_order
from activellm.llm import RecordedModel
from activellm.llm.transformers_local import TransformersModel
from activellm.progress import silent

if TYPE_CHECKING:
    from leaked_model import Leak

pytestmark = pytest.mark.slow

ALL = ("completion", "order", "min-k")


@pytest.fixture(scope="module")
def model(leak: Leak) -> TransformersModel:
    return TransformersModel(str(leak.folder), threads=1)


def check(model: TransformersModel, texts: Sequence[str], seed: int = 0) -> ContaminationReport:
    return check_contamination(texts, model, sample=48, seed=seed)


def test_every_method_finds_the_leaked_texts(model: TransformersModel, leak: Leak) -> None:
    report = check(model, leak.leaked)
    assert report.verdict == "evidence that it has seen the texts"
    assert not report.untested
    assert {one.method: one.corrected_p < 0.01 for one in report.findings} == dict.fromkeys(
        ALL, True
    )
    completion = report.findings[0]
    assert completion.exact is not None
    assert completion.exact > 24
    assert completion.low > completion.margin


@pytest.mark.parametrize("seed", range(3))
def test_no_method_speaks_of_texts_that_it_never_read(
    model: TransformersModel, leak: Leak, seed: int
) -> None:
    report = check(model, leak.fresh, seed)
    assert report.verdict == "no evidence"
    assert [one.method for one in report.findings] == list(ALL)
    assert report.findings[0].exact == 0
    assert "no proof" in report.sentence


def test_the_leaked_texts_in_another_order_are_known_but_their_order_is_not(
    model: TransformersModel, leak: Leak
) -> None:
    places = np.random.default_rng(3).permutation(len(leak.leaked))
    report = check(model, [leak.leaked[place] for place in places])
    p = {one.method: one.corrected_p for one in report.findings}
    assert p["completion"] < 0.01
    assert p["order"] > 0.05


def test_an_untrained_model_prefers_the_order_of_files_no_more_often_than_chance_does(
    leak: Leak, tmp_path: Path
) -> None:
    """24 files in random order: 5 or more alarms at 5 % would come about once in 170 times."""
    import leaked_model

    texts = [*leak.leaked, *leak.fresh]
    folder = leaked_model.train(tmp_path / "raw", texts, (), steps=0)
    untrained = TransformersModel(str(folder), threads=1)
    alarms = 0
    for seed in range(24):
        rng = np.random.default_rng([7, seed])
        file = [texts[place] for place in rng.permutation(len(texts))[:48]]
        found = prefer_order(file, 48, untrained, rng, silent)
        alarms += isinstance(found, Finding) and found.p < 0.05
    assert alarms <= 4


def test_the_same_seed_gives_the_same_report(model: TransformersModel, leak: Leak) -> None:
    assert check(model, leak.fresh, 5) == check(model, leak.fresh, 5)


def test_a_wrapped_model_is_tested_in_all_ways(
    model: TransformersModel, leak: Leak, tmp_path: Path
) -> None:
    report = check_contamination(leak.leaked, RecordedModel(model, tmp_path), sample=48)
    assert [one.method for one in report.findings] == list(ALL)


def run(arguments: Sequence[object], monkeypatch: pytest.MonkeyPatch) -> int:
    app = typer.Typer()
    app.command()(cli.command)
    monkeypatch.setattr(sys, "argv", ["contamination", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        app()
    return int(ended.value.code or 0)


def test_the_command_tells_leaked_from_fresh(
    leak: Leak,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {}
    for name, texts in (("leaked", leak.leaked), ("fresh", leak.fresh)):
        path = tmp_path / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["message"], *([text] for text in texts)])
        options = ("--llm", leak.folder, "--text", "message", "--sample", 48, "--json")
        assert run([path, *options], monkeypatch) == 0
        found[name] = json.loads(capsys.readouterr().out)
    assert found["leaked"]["verdict"] == "evidence that it has seen the texts"
    assert found["fresh"]["verdict"] == "no evidence"
    assert found["leaked"]["texts"] == 48
    assert {one["method"] for one in found["fresh"]["findings"]} == set(ALL)


def test_the_command_says_it_in_words(
    leak: Leak,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(leak.leaked), encoding="utf-8")
    assert run([path, "--llm", leak.folder, "--sample", 48], monkeypatch) == 0
    said = capsys.readouterr().out
    assert said.startswith("There is evidence that the model has seen the texts")
    assert "min-k" in said
