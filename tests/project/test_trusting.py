"""Calibration kept in the project, abstention, ensembles: from training to predictions."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from activellm.annotation.contract import Annotation
from activellm.errors import ActiveLLMError, UsageError
from activellm.pool import import_pool, open_source
from activellm.project import Project, Training, measure, predict_stop_set, rounds, select, train
from activellm.project.abstaining import silence
from activellm.project.predicting import predict_file
from activellm.project.rounds import holdout_ids
from activellm.project.training import TEMPERATURE
from activellm.settings import Settings
from activellm.successors import load_successor
from activellm.successors.tempering import tempered
from activellm.task import Task
from activellm.workflow import measured_told, write_report

GOOD, BAD = ("good nice great fine", "bad awful dull poor")


def made(folder: Path, tiny_encoder: Path, picks: int, **settings: Any) -> Project:
    """A project whose texts are good or bad words, all picks and the hold-out labelled."""
    rng = np.random.default_rng(0)
    source = folder / "texts.csv"
    texts = [
        f"{number} " + " ".join(rng.choice(words.split(), 4))
        for number in range(70)
        for words in (GOOD, BAD)
    ]
    source.write_text("text\n" + "\n".join(texts))
    chosen = {"llm": "none", "strategy": "random", "candidates": 90, "successor": "linear"}
    project = Project.create(
        folder / "p",
        settings=Settings(
            **{**chosen, "select": picks, "encoder": str(tiny_encoder), "device": "cpu", **settings}
        ),
        bring_pool=lambda path: import_pool(open_source(source), path),
        make_task=lambda _: Task.build(
            description="Is it good?", labels=({"name": "good"}, {"name": "bad"})
        ),
    )
    select(project)
    ids = [*rounds(project)[0].selection.ids, *holdout_ids(project)]
    for example in project.pool.examples(ids):
        label = "good" if set(GOOD.split()) & set(example.text.split()) else "bad"
        project.store.append(
            Annotation(
                event=f"e{example.id}",
                example_id=example.id,
                action="label",
                labels=(label,),
                annotator="a",
                oracle="file",
            )
        )
    return project


def files(training: Training) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in training.folder.iterdir()}


def test_measuring_calibrates_the_kept_classifier_once(tiny_encoder: Path, tmp_path: Path) -> None:
    project = made(tmp_path, tiny_encoder, 24, holdout=20)
    training = train(project)
    texts = ["a good day", "an awful day", "what"]
    before = training.load(project.tools).predict_proba(texts)
    assert training.temperature == 1.0
    trust = measure(project, training).trust
    assert trust is not None
    temperature = trust.temperature
    assert temperature not in (None, 1.0)
    assert [one.texts for one in trust.calibrations] == ["hold-out", "labelled"]
    assert [one.size for one in trust.calibrations] == [20, 24]
    expected = tempered(before, temperature, multi=False)
    after = load_successor(training.folder).predict_proba(texts)
    np.testing.assert_allclose(after, expected, rtol=1e-6)
    as_trained = training.load(project.tools, calibrated=False)
    np.testing.assert_allclose(as_trained.predict_proba(texts), before, rtol=1e-6)

    written = files(training)
    again = measure(project, train(project))
    assert again.trust == trust
    assert files(training) == written
    write_report(project, training, again)
    card = (training.folder / "README.md").read_text()
    assert f"log-odds were divided by {temperature:.2f}" in card
    assert "24 labelled texts" in card
    told = {one.step: one.summary for one in measured_told(again)}
    assert "on hold-out (20)" in told["Calibration"]
    report = (project.folder / "report.html").read_text()
    assert "When to believe it" in report


def test_whatever_the_kept_classifier_was_made_it_ends_at_the_temperature(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    """Killed after the model was written, or while it took its place, or trained anew since."""
    project = made(tmp_path, tiny_encoder, 12)
    training = train(project)
    plain = tmp_path / "plain"
    shutil.copytree(training.folder, plain)
    measure(project, training)
    expected = load_successor(training.folder).predict_proba(["a good day"])

    training.folder.rename(training.folder.with_name(f".{training.folder.name}.older"))
    training = train(project)
    np.testing.assert_array_equal(
        load_successor(training.folder).predict_proba(["a good day"]), expected
    )
    shutil.rmtree(training.folder)
    shutil.copytree(plain, training.folder)
    assert training.temperature == 1.0
    measure(project, training)
    np.testing.assert_allclose(
        load_successor(training.folder).predict_proba(["a good day"]), expected, rtol=1e-9
    )
    kept = (training.folder / TEMPERATURE).read_text()
    number = len(rounds(project))
    found = project.store.result("calibrate", number)
    assert found is not None
    project.store.finish("calibrate", number, type(found)("other", {}, 0.0, 0, ""))
    measure(project, training)
    assert (training.folder / TEMPERATURE).read_text() == kept
    np.testing.assert_allclose(
        load_successor(training.folder).predict_proba(["a good day"]), expected, rtol=1e-9
    )


def test_rounds_are_compared_as_trained(tiny_encoder: Path, tmp_path: Path) -> None:
    project = made(tmp_path, tiny_encoder, 12)
    training = train(project)
    predict_stop_set(project, training)
    before = project.store.result("stop-set", 1)
    measure(project, training)
    assert training.temperature != 1.0
    assert before is not None
    project.store.finish("stop-set", 1, type(before)("other", [], 0.0, 0, ""))
    predict_stop_set(project, training)
    after = project.store.result("stop-set", 1)
    assert after is not None
    np.testing.assert_allclose(after.value, before.value, atol=1.1e-5)


def test_one_label_alone_is_not_calibrated(tiny_encoder: Path, tmp_path: Path) -> None:
    project = made(tmp_path, tiny_encoder, 1)
    training = train(project)
    trust = measure(project, training).trust
    assert trust is not None
    assert (trust.temperature, trust.calibrations) == (None, ())
    assert "not calibrated" in trust.sentence
    with pytest.raises(UsageError, match="Too few texts"):
        silence(project, 0.9)


def test_abstention_in_every_format(tiny_encoder: Path, tmp_path: Path) -> None:
    project = made(tmp_path, tiny_encoder, 40, holdout=45)
    source = tmp_path / "new.csv"
    rows = ["good nice good", "", "world of 世界", "awful bad poor dull", "bus tree good bad"]
    source.write_text("text\n" + "\n".join(f'"{row}"' for row in rows))
    train(project)
    with pytest.raises(UsageError, match="has not been measured"):
        silence(project, 0.9)
    measure(project, train(project))
    found = silence(project, 0.85)
    found.check()
    assert found.texts == "hold-out"
    assert found.found.bound >= 0.85
    threshold = 0.5 + 0.5 * found.found.threshold  # so that some are silent
    for suffix in ("csv", "jsonl", "parquet"):
        output = tmp_path / f"out.{suffix}"
        written = predict_file(project, str(source), output, threshold=threshold)
        lines = read(output)
        assert (written.rows, written.empty) == (5, 1)
        silent = [line for line in lines if str(line["abstained"]) == "True"]
        assert len(silent) == written.abstained
        assert 0 < len(silent) < 4, "some are silent, others not"
        for line in lines:
            if not line["text"]:
                assert line["abstained"] in (None, "")
                continue
            sure = max(float(line["p(good)"]), float(line["p(bad)"]))
            assert (sure < threshold) == (line in silent)
            assert bool(line["predicted_label"]) == (line not in silent)
    everything = predict_file(project, str(source), tmp_path / "all.jsonl")
    assert everything.abstained == 0
    assert "abstained" not in read(tmp_path / "all.jsonl")[0]


def test_a_precision_that_is_not_shown_is_not_promised(tiny_encoder: Path, tmp_path: Path) -> None:
    project = made(tmp_path, tiny_encoder, 12)
    measure(project, train(project))
    found = silence(project, 0.9)
    with pytest.raises(ActiveLLMError, match=r"With 12 labelled texts no threshold") as told:
        found.check()
    assert told.value.exit_code == 1
    best = int(100 * found.found.bound) / 100
    assert f"--abstain {best:.2f}" in str(told.value)
    silence(project, best).check()
    with pytest.raises(UsageError, match="between 0 and 1"):
        silence(project, 90)


def test_an_ensemble_shows_where_its_members_differ(tiny_encoder: Path, tmp_path: Path) -> None:
    project = made(tmp_path, tiny_encoder, 12, ensemble=3, holdout=20)
    training = train(project)
    assert "ensemble" in training.folder.name
    measured = measure(project, training)
    assert measured.trust is not None
    assert [one.texts for one in measured.trust.disagreements] == ["hold-out", "labelled"]
    assert sum(measured.trust.disagreements[0].spread) == 20
    source = tmp_path / "new.csv"
    source.write_text("text\ngood nice\nbus tree good bad\nawful\n")
    predict_file(project, str(source), tmp_path / "out.parquet", threshold=0.7)
    shares = [line["disagreement"] for line in read(tmp_path / "out.parquet")]
    own = load_successor(training.folder).disagreement(  # type: ignore[attr-defined]
        ["good nice", "bus tree good bad", "awful"]
    )
    np.testing.assert_allclose(shares, own, atol=1e-6)
    write_report(project, training, measured)
    assert "member of the ensemble votes otherwise" in (project.folder / "report.html").read_text()


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in file]
        return [*csv.DictReader(file)]
