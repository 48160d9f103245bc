"""`--sampler spread` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from activellm.project import Project, rounds

TASK = ("--task", "Is it about rubbish?", "--label", "yes", "--label", "no", "--llm", "none")


def test_a_project_spreads_its_candidates(
    activellm: Callable, messages: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p"
    job = ("--strategy", "random", "--candidates", 20, "--select", 5, "--project", path)
    activellm("init", messages, *TASK, *job)
    first = activellm("select", "--sampler", "spread", "--project", path, "--json").json
    assert first["round"] == 1
    assert Project(path).settings.sampler == "spread"
    assert (path / "blocks" / "spread" / "clusters" / "000000.arrow").exists()
    assert activellm("preview", "--project", path).code == 0
    activellm("select", "--next", "--project", path)
    one, two = rounds(Project(path))
    assert len({*one.candidates, *two.candidates}) >= 35  # what was not picked may come again
    assert not {*one.selection.ids} & {*two.candidates}


def test_what_cannot_be_is_refused_and_nothing_changes(
    activellm: Callable, messages: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p"
    activellm("init", messages, *TASK, "--strategy", "random", "--project", path)
    for wrong, message in (
        (("--sampler", "sprad"), "no candidate sampler called 'sprad'"),
        (("--sampler", "spread(vectors=magic)"), "cannot work with vectors=magic"),
        (("--executor", "everybody"), "no executor called 'everybody'"),
    ):
        ended = activellm("select", *wrong, "--project", path)
        assert ended.code == 2
        assert message in ended.err
    assert Project(path).settings.sampler == "random"
    assert not rounds(Project(path))
