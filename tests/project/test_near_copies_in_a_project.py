"""Near copies in a project: never both shown, counted, listed, and unfolded on request."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from activellm.errors import DataError, UsageError
from activellm.pool import NearFolds, Pool, import_pool, open_source
from activellm.pool.sampling import RandomSampler
from activellm.project import Project, fold_near, near_facts, near_groups, select
from activellm.project.archive import _own_files
from activellm.project.gold import gold_test_ids
from activellm.project.rounds import given_ids, holdout_ids
from activellm.settings import Settings
from activellm.task import Task

OFFICES = ("lighting office", "school board", "parks department", "waste depot", "harbour master")


def made(folder, rows, header="text", near=0.8, **settings):
    source = folder.parent / "texts.csv"
    with source.open("w", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    chosen = {"llm": "none", "strategy": "random", "candidates": 20, "select": 5} | settings
    label = "label" if "label" in header.split(",") else None
    return Project.create(
        folder,
        settings=Settings(fold_near=near, **chosen),
        bring_pool=lambda path: import_pool(open_source(source), path, label=label),
        make_task=lambda _: Task.build(description="What?", labels=({"name": "x"}, {"name": "y"})),
    )


def letters(count, copies=3):
    """So many letters to an office; each comes again in capitals, and with a mark at its end."""
    rng = np.random.default_rng(0)
    texts = [
        f"{OFFICES[n % 5]} please look at case {' '.join(map(str, rng.integers(100, 999, 9)))}"
        for n in range(count)
    ]
    return [[way(text)] for way in (str, str.upper, "{}!!".format)[:copies] for text in texts]


@pytest.fixture
def project(tmp_path):
    return made(tmp_path / "p", letters(30))


def heads(project, ids):
    return project.pool.folds.heads(project.pool.positions(ids)).tolist()


def test_never_two_of_a_group_over_all_rounds(project):
    shown = []
    for _ in range(5):
        round_ = select(project)
        assert len(set(heads(project, round_.candidates))) == len(round_.candidates)
        shown += heads(project, round_.selection.ids)
    assert len(set(shown)) == 25
    assert set(shown) <= set(range(30))
    with pytest.raises(UsageError, match="5 picks were asked for, and 0 unlabelled"):
        select(project), select(project)  # noqa: PT012


def test_the_facts_and_the_list(project):
    fold_near(project)
    facts = near_facts(project.pool)
    assert (facts.copies, facts.groups, facts.labels) == (60, 30, 0)
    rows = list(near_groups(project.pool))
    assert len(rows) == 90
    assert [row["shown"] for row in rows] == [True, False, False] * 30
    assert all(row["group"] == rows[place // 3 * 3]["id"] for place, row in enumerate(rows))
    assert {row["row"] for row in rows} == set(range(1, 91))
    assert {row["similarity"] for row in rows} == {1.0}


def test_the_hold_out_and_the_rounds_share_no_near_copy(tmp_path):
    project = made(tmp_path / "p", letters(30), holdout=10)
    round_ = select(project)
    apart = heads(project, holdout_ids(project))
    assert len(set(apart)) == 10
    assert set(apart).isdisjoint(heads(project, round_.candidates))


def test_simulation_does_not_measure_on_near_copies_of_candidates(tmp_path):
    rows = [[*row, "xy"[n % 2]] for n, row in enumerate(letters(60))]
    project = made(tmp_path / "p", rows, "text,gold", oracle="column:gold", test_size=1000)
    round_ = select(project)
    tested = heads(project, gold_test_ids(project))
    assert len(tested) == len(set(tested)) == 40
    assert set(tested).isdisjoint(heads(project, round_.candidates))


def test_labels_of_copies(tmp_path):
    rows = [[*row, ""] for row in letters(12)]
    for place, label in ((0, "x"), (12, "y"), (13, "x"), (25, "y"), (14, "y"), (26, "y")):
        rows[place][1] = label
    project = made(tmp_path / "p", rows, "text,label")
    fold_near(project)
    facts = near_facts(project.pool)
    assert (facts.labels, facts.contradictions) == (3, 2)
    assert project.pool.positions(given_ids(project)).tolist() == [0, 13, 14]
    drawn = RandomSampler().draw(project.pool, 50, np.random.default_rng(0), given_ids(project))
    assert sorted(project.pool.positions(drawn).tolist()) == list(range(3, 12))


def test_unfold_and_fold_anew(project):
    fold_near(project)
    assert project.pool.left() == 30
    project.configure(project.settings.changed(fold_near=0))
    assert fold_near(project) is None
    assert project.pool.left() == 90
    project.configure(project.settings.changed(fold_near=0.95))
    assert fold_near(project).threshold == 0.95
    assert Project(project.folder).pool.left() == 30


def test_what_is_there_is_not_done_again(project):
    told = []
    fold_near(project, lambda *step: told.append(step))
    assert told
    assert {what for what, _, _ in told} == {"Comparing texts", "Finding near copies"}
    told.clear()
    fold_near(Project(project.folder), lambda *step: told.append(step))
    assert told == []


def test_signatures_can_be_deleted_and_are_in_no_backup(project):
    fold_near(project)
    names = _own_files(project.folder)
    assert "pool.folds.arrow" in names
    assert not [name for name in names if name.startswith("blocks")]


def test_a_list_of_another_pool_is_refused(project):
    fold_near(project)
    other = Pool.from_texts(["a", "b"])
    NearFolds.path(other.path).write_bytes(NearFolds.path(project.pool.path).read_bytes())
    with pytest.raises(DataError, match="another pool"):
        other.left()
    NearFolds.path(other.path).write_bytes(b"no")
    with pytest.raises(DataError, match="cannot be read"):
        Pool.open(other.path).left()


@pytest.mark.parametrize("near", [0.3, 1.2])
def test_wrong_thresholds(near):
    with pytest.raises(UsageError, match="fold_near"):
        Settings.build(fold_near=near)
