"""Labels are renamed and retired; no answer is ever changed or lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_projects import small_project

from activellm.annotation.agreement import agreement
from activellm.annotation.consensus import resolve
from activellm.annotation.contract import Annotation
from activellm.errors import DataError, UnknownNameError, UsageError
from activellm.project import Project
from activellm.project.resolving import resolutions
from activellm.task import Task

TASK = Task.build(description="What?", labels=({"name": "x"}, {"name": "y"}, {"name": "z"}))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small_project(tmp_path / "p.activellm", "xyz")
    for number, label in enumerate("xyz"):
        made.store.append(Annotation(f"e{number}", f"t{number}", "a", "label", (label,)))
    yield made
    made.store.close()


def labels(project: Project) -> dict[str, tuple[str, ...] | None]:
    return {id_: one.labels for id_, one in resolutions(project).items()}


def test_answers_follow_a_label_that_is_renamed(project: Project) -> None:
    before = (project.folder / "activellm.db").read_bytes()
    project.store.close()
    project.relabel(project.task.renamed("x", "sports"))
    again = Project(project.folder)
    assert labels(again) == labels(project) == {"t0": ("sports",), "t1": ("y",), "t2": ("z",)}
    assert again.task.answer("x") == again.task.answer("sports") == ("sports",)
    assert before[:100] == (project.folder / "activellm.db").read_bytes()[:100]
    again.store.close()
    project.store.close()
    again.relabel(again.task.renamed("sports", "x"))
    assert again.task.labels[0].was == ("sports",)
    assert labels(again)["t0"] == ("x",)
    again.store.close()


@pytest.mark.parametrize("method", ["majority", "dawid-skene", "crowdlab"])
def test_old_and_new_names_are_one_answer(project: Project, method: str) -> None:
    project.store.append(Annotation("b1", "t1", "b", "label", ("y",)))
    project.relabel(project.task.renamed("x", "sports"))
    project.store.append(Annotation("b0", "t0", "b", "label", ("sports",)))
    events = project.store.annotations()
    found = agreement(events, project.task)
    assert (found.texts, found.alpha.value, found.pairs[0].kappa.value) == (2, 1.0, 1.0)
    said = resolve(events, project.task, method)["t0"]  # type: ignore[arg-type]
    assert (said.labels, said.source, said.voters) == (("sports",), "agreed", 2)


def test_a_retired_label_keeps_its_answers_and_takes_no_new_ones(project: Project) -> None:
    project.relabel(project.task.retired("z"))
    assert labels(project)["t2"] == ("z",)
    assert [label.name for label in project.task.offered] == ["x", "y"]
    assert project.task.answer("z") == ("z",)  # what was said is still understood
    project.relabel(project.task.retired("z", retired=False))
    assert len(project.task.offered) == 3


def test_neither_teaches_anything_new(project: Project) -> None:
    assert TASK.retired("z").fingerprint == TASK.fingerprint
    assert TASK.renamed("z", "w").fingerprint != TASK.fingerprint
    assert TASK.renamed("z", "w").renamed("w", "z").fingerprint == TASK.fingerprint


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda task: task.renamed("q", "w"), UnknownNameError),
        (lambda task: task.renamed("x", "y"), UsageError),
        (lambda task: task.renamed("x", " "), UsageError),
        (lambda task: task.renamed("x", "w").renamed("y", "x"), UsageError),
        (lambda task: task.retired("x").retired("y"), UsageError),
        (lambda task: task.retired("q"), UnknownNameError),
    ],
)
def test_what_cannot_be(change, error) -> None:
    with pytest.raises(error):
        change(TASK)


def test_a_page_refuses_a_label_that_is_on_offer_no_more() -> None:
    from activellm.annotation.contract import QueueItem
    from activellm.annotation.sitting import Sitting
    from activellm.pool.example import Example

    class Log:
        def annotations(self) -> list[Annotation]:
            return []

    queue = [QueueItem(Example("t", "text"))]
    sitting = Sitting.alone(queue, TASK.retired("z"), Log(), annotator="a", oracle="browser")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="on offer no more"):
        sitting.record(Annotation("e", "t", "a", "label", ("z",)))


def test_by_the_command(project: Project) -> None:
    project.store.close()
    for arguments in (("rename", "x", "sports"), ("retire", "z")):
        command = [sys.executable, "-m", "activellm", "label", *arguments]
        done = subprocess.run(
            [*command, "--project", str(project.folder)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert "sports, was x" in done.stdout
    assert "z, on offer no more" in done.stdout
    assert Project(project.folder).task.former == {"x": "sports"}


def test_the_terminal_offers_what_is_on_offer() -> None:
    from activellm.annotation.terminal_input import Choices

    choices = Choices(TASK.retired("x"))
    assert choices.labels("1") == choices.labels("y") == ("y",)
    with pytest.raises(DataError):
        choices.labels("x")
