"""What is noted beside results."""

from __future__ import annotations

from pathlib import Path

import pytest

from activellm import __version__
from activellm.bench.facts import EXPERIMENT, FACTS, Facts, Machine, read_facts, write_facts
from activellm.errors import DataError


def test_the_experiment_and_what_it_ran_on_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "some" / "grid.toml"
    file.parent.mkdir()
    file.write_text("draws = 1\n")
    folder = tmp_path / "out"
    assert read_facts(folder) == Facts()
    written = write_facts(folder, file)
    assert read_facts(folder) == written
    assert written.base == str(tmp_path / "some")
    assert written.versions["activellm"] == __version__
    assert int(written.hardware["cores"]) >= 1
    file.write_text("draws = 2\n")
    assert write_facts(folder, file) == written
    assert (folder / EXPERIMENT).read_text() == "draws = 2\n"
    assert write_facts(folder, folder / EXPERIMENT).base == str(folder)


def test_other_versions_are_remembered_once(tmp_path: Path) -> None:
    file = tmp_path / "grid.toml"
    file.write_text("")
    facts = write_facts(tmp_path, file)
    old = facts.model_copy(update={"versions": {**facts.versions, "numpy": "1.0"}})
    (tmp_path / FACTS).write_text(old.model_dump_json())
    for _ in range(2):
        now = write_facts(tmp_path, file)
        (earlier,) = now.earlier
        assert earlier.changed(now) == {"numpy": ("1.0", facts.versions["numpy"])}
        assert [one.versions["numpy"] for one in now.machines] == ["1.0", now.versions["numpy"]]


def test_what_only_one_machine_has_is_a_difference() -> None:
    one = Machine(versions={"python": "3.11"}, hardware={"cpu": "a", "OMP_NUM_THREADS": "1"})
    other = Machine(versions={"python": "3.11", "ray": "2"}, hardware={"cpu": "b"})
    assert one.changed(other) == {
        "ray": ("-", "2"),
        "cpu": ("a", "b"),
        "OMP_NUM_THREADS": ("1", "-"),
    }


@pytest.mark.parametrize("text", ["{", "[]", '{"base": 3}', '{"bass": "x"}'])
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FACTS).write_text(text)
    with pytest.raises(DataError, match=FACTS):
        read_facts(tmp_path)
