"""From round to round, and what the classifier thinks of labels that it did not learn from."""

from __future__ import annotations

import pytest
from office_projects import LABELS, answer, make_project

from activellm.project import Project, open_items, points, queue, rounds
from activellm.project.office import ProjectOffice
from activellm.project.resolving import opinions
from activellm.project.turning import next_round, train_anew

WORDS = {"good": "great lovely", "bad": "awful poor", "so-so": "water road"}


@pytest.fixture
def project(tmp_path, tiny_encoder) -> Project:
    """Texts that tell their label, thirty of which a round picks; all of them are answered."""
    texts = [f"the film was {WORDS[LABELS[n % 3]]} and {'so ' * (n % 7)}it is" for n in range(210)]
    texts = [f"{text} {n // 21 * 'a '}" for n, text in enumerate(texts)]
    made = make_project(
        tmp_path / "p", texts=texts, select=36, candidates=60, encoder=str(tiny_encoder)
    )
    for item in queue(made):
        answer(made, item.example.id, "alice", right(item.example))
    return made


def right(example):
    return next(label for label, words in WORDS.items() if words in example.text)


def test_next_round_trains_measures_and_selects(project):
    told = []
    round_ = next_round(project, lambda what, *_: told.append(what))
    assert round_.number == 2
    assert {"Cross-validation", "Second look"} <= set(told)
    (point,) = points(project)
    assert (point.number, point.labels) == (1, 36)
    assert point.measured is not None
    assert point.probabilities is not None  # for the stopping criteria
    picked = [id_ for one in rounds(project) for id_ in one.selection.ids]
    assert len(picked) == len(set(picked)) == 72
    # what has no answer when the next one is started goes on waiting, before the new texts
    assert next_round(project).number == 3
    assert [item.example.id for item in open_items(project)][:36] == list(round_.selection.ids)


def test_the_first_round_needs_no_labels(tmp_path):
    project = make_project(tmp_path / "q", rounds=0)
    assert next_round(project).number == 1


def test_a_wrong_label_is_doubted_by_a_classifier_that_did_not_learn_from_it(project):
    wrong = next(item.example for item in queue(project) if right(item.example) == "good")
    answer(project, wrong.id, "alice", "bad")
    train_anew(project)
    found = opinions(project, 1)
    assert len(found) == 36
    good, bad, _ = found[wrong.id]
    assert good > 0.5 > bad
    office = ProjectOffice(project, clock=lambda: 0.0)
    (one,) = office.disagreements()["texts"]
    assert (one["id"], one["suggestion"]["labels"]) == (wrong.id, ["good"])
    answer(project, wrong.id, "alice", "good")  # she looks again
    assert office.disagreements()["count"] == 0
    office.close()


def test_a_few_labels_are_too_few_to_doubt(tmp_path, tiny_encoder):
    project = make_project(tmp_path / "r", encoder=str(tiny_encoder))
    for number, item in enumerate(queue(project)):
        answer(project, item.example.id, "alice", LABELS[number % 2])
    train_anew(project)
    assert opinions(project, 1) == {}
