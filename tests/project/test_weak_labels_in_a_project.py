"""Weak labels come from the rounds' judgements and are never taken for people's labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
from small_projects import small_project

from activellm import ActiveLearner
from activellm.annotation.contract import Annotation
from activellm.errors import UsageError
from activellm.project import Project, labelled, measure, train
from activellm.project.exporting import export
from activellm.project.preflight import check_settings
from activellm.project.rounds import SELECTION, queue, rounds
from activellm.project.store import StepResult
from activellm.project.training import fit
from activellm.project.weak import weak_labels
from activellm.report.collect import collect
from activellm.report.render import render
from activellm.selection import Judgement, Pick, Selection
from activellm.settings import Settings
from activellm.successors import load_successor
from activellm.successors.linear import Linear
from activellm.successors.saved import SavedFacts
from activellm.successors.weak import WeaklyTaught
from activellm.task import Task

TEXTS = 60


def gold(id_: str, project: Project) -> int:
    """The made-up truth: even text numbers are x."""
    return int(project.pool.examples([id_])[0].text.split()[1]) % 2


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two rounds of a judge that is always right, 10 answers, 1 skip, and 5 texts held out."""
    encoder = tiny_encoder.build(tmp_path / "tiny")
    made = small_project(
        tmp_path / "p",
        texts=TEXTS,
        llm="embedded",
        encoder=str(encoder),
        successor="linear",
        weak_labels=True,
        holdout=5,
        select=6,
        candidates=20,
        rounds=2,
    )
    held = {item.example.id for item in held_out_items(made)}
    free = [id_ for id_ in made.pool.ids_at(np.arange(TEXTS)) if id_ not in held]
    for number in (1, 2):
        ids = free[20 * (number - 1) : 20 * number]
        judgements = [
            Judgement(id_, (0.9, 0.1) if gold(id_, made) == 0 else (0.1, 0.9)) for id_ in ids
        ]
        picks = tuple(Pick(id_, "made up") for id_ in ids[:6])
        selection = Selection("coverage", picks, judgements=tuple(judgements))
        value = {"selection": SELECTION.dump_python(selection, mode="json"), "candidates": ids}
        made.store.finish("select", number, StepResult(f"k{number}", value, 0.1, 0, ""))
    asked = [*free[:6], *free[20:26]]
    for place, id_ in enumerate(asked):
        answer: Any = ("label", ("xy"[gold(id_, made)],)) if place < 11 else ("skip", ())
        made.store.append(Annotation(f"e{place}", id_, "ann", *answer))
    return made


def held_out_items(project: Project) -> list[Any]:
    return [item for item in queue(project) if item.purpose == "holdout"]


def test_all_rounds_judgements_teach_but_of_texts_that_people_were_asked_about(
    project: Project,
) -> None:
    weak = weak_labels(project)
    assert weak is not None
    assert len(weak.contents) == 40
    assert weak.teaches.sum() == 28
    asked = {one.example.content for one in labelled(project)}
    teaching = {text for text, on in zip(weak.contents, weak.teaches, strict=True) if on}
    assert not asked & teaching
    simulated = weak_labels(project, simulated=True)
    assert simulated is not None
    assert simulated.teaches.all()


def test_they_are_off_without_a_query_model_or_where_not_asked_for(project: Project) -> None:
    settings = project.settings
    project.configure(settings.changed(weak_labels=False))
    assert weak_labels(project) is None
    project.configure(settings.changed(llm="none"))
    assert weak_labels(project) is None


def test_they_are_in_no_count_no_answer_no_export_and_no_measurement(project: Project) -> None:
    before = [(one.example.id, one.answer) for one in labelled(project)]
    answers = project.store.annotations()
    training = train(project)
    assert training.weak is not None
    assert training.weak.used
    assert training.weak.texts == 28
    assert training.examples == 11
    assert sum(training.by_label.values()) == 11
    assert [(one.example.id, one.answer) for one in labelled(project)] == before
    assert project.store.annotations() == answers
    facts = json.loads((training.folder / "activellm.json").read_text())
    assert facts["texts"] == 11
    assert sum(facts["label_counts"].values()) == 11
    rows = [json.loads(line) for line in export(project, "jsonl", "labels")]
    assert sum(bool(row["labels"]) for row in rows) == 11
    assert len(list(export(project, "jsonl", "events"))) == 12
    project.configure(project.settings.changed(llm="none"))  # it need not be asked for this
    measured = measure(project, training)
    assert {one.size for one in measured.evaluations if one.texts == "labelled"} == {11}
    assert SavedFacts.read(training.folder).weak["used"]  # also after its calibration
    page = render(collect(project, training, measured))
    assert "weak labels" in page
    assert "of 28 texts teach beside people" in page


def test_a_further_label_or_another_setting_trains_anew(project: Project) -> None:
    first = train(project)
    assert train(project).result.key == first.result.key
    project.configure(project.settings.changed(weak_labels=False))
    second = train(project)
    assert second.weak is None
    assert second.result.key != first.result.key
    assert isinstance(load_successor(first.folder), Linear)


def test_they_are_refused_where_a_text_may_have_several_labels() -> None:
    task = Task.build(description="?", labels=[{"name": "x"}, {"name": "y"}], kind="multi")
    settings = Settings(llm="none", strategy="random", weak_labels=True)
    with pytest.raises(UsageError, match="one label a text") as refused:
        check_settings(task, settings)
    assert refused.value.where == "--weak-labels"


def test_a_learner_without_a_folder_uses_them_too(project: Project) -> None:
    chosen = {name: getattr(project.settings, name) for name in ("encoder", "successor")}
    learner = ActiveLearner(project.task, project.pool, weak_labels=True, **chosen)
    learner.selections = [one.selection for one in rounds(project)]
    learner.teach({one.example.id: one.answer for one in labelled(project)}).fit()
    assert isinstance(learner.successor, WeaklyTaught)
    assert learner.successor.trust.texts == 28
    assert learner.evaluate().size == 11
    other = ActiveLearner(project.task, project.pool, **chosen)
    other.selections = learner.selections
    other.teach({one.example.id: one.answer for one in labelled(project)}).fit()
    assert isinstance(other.successor, Linear)


def test_strategies_get_the_inner_classifier(project: Project) -> None:
    assert isinstance(fit(project, labelled(project)), Linear)
