"""Backups: whole, verified, restored into either database, never over something."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from pathlib import Path

import pytest
from small_projects import small_project

from activellm.annotation.contract import Annotation
from activellm.annotation.people import Person, Reveal
from activellm.errors import DataError, StoreError, UsageError
from activellm.project import Project
from activellm.project.archive import MANIFEST
from activellm.project.backup import backup, restore, verify
from activellm.project.store import StepResult, now


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small_project(tmp_path / "p.activellm")
    fill(made)
    return made


def fill(project: Project) -> None:
    store = project.store
    for number in range(5):
        store.append(
            Annotation(f"e{number}", f"t{number}", "Ünal", "label", ("x",), note="‘<b>’\n")
        )
    store.append(Annotation("undo", "t0", "Ünal", "undo"))
    store.put_person(Person("Ünal", "annotator", "a" * 64, "2026-01-01"))
    store.open_session("s" * 64, "Ünal")
    store.append_reveal(Reveal("r", "t0", "Ünal", "after", "x", 0.1, now()))
    store.finish("train", 1, StepResult("key", {"a": [1.5, None]}, 0.5, 10, now()))
    (project.folder / "recordings").mkdir()
    (project.folder / "recordings" / "call.json").write_text('{"answer": 1}')


def contents(project: Project) -> tuple:
    store = project.store
    return (
        store.annotations(),
        store.people(),
        store.session_person("s" * 64),
        store.reveals(),
        store.result("train", 1),
        project.pool.texts() if hasattr(project.pool, "texts") else len(project.pool),
        (project.folder / "recordings" / "call.json").read_text(),
        project.task,
    )


def test_a_restored_project_is_the_same(project: Project, tmp_path: Path) -> None:
    made = backup(project, tmp_path / "copy.tar")
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.rows == {"annotation": 6, "person": 1, "session": 1, "reveal": 1, "step": 1}
    again = restore(made.path, tmp_path / "again.activellm")
    assert contents(again) == contents(project)
    assert again.store.append(Annotation("new", "t9", "Ünal", "skip"))
    assert again.store.events_after(6)[0][1].event == "new"
    again.store.close()


def test_it_moves_to_a_server_and_back(project: Project, tmp_path: Path, postgres: str) -> None:
    first = backup(project, tmp_path / "one.tar")
    served = restore(first.path, tmp_path / "served.activellm", database=postgres)
    assert served.settings.database == postgres
    assert contents(served) == contents(project)
    assert not (served.folder / "activellm.db").exists()
    served.store.append(Annotation("new", "t9", "Ünal", "skip"))
    second = backup(served, tmp_path / "two.tar")
    back = restore(second.path, tmp_path / "back.activellm", database="")
    assert back.settings.database == ""
    assert back.store.annotations() == served.store.annotations()
    with pytest.raises(StoreError, match="holds answers of this project already"):
        restore(first.path, tmp_path / "twice.activellm", database=postgres)
    assert not (tmp_path / "twice.activellm").exists()
    for one in (served, back):
        one.store.close()


def test_a_project_on_a_server_needs_no_file(tmp_path: Path, postgres: str, project: Project):
    made = small_project(tmp_path / "server.activellm", database=postgres)
    made.store.append(Annotation("e", "t0", "a", "label", ("x",)))
    opened = Project(made.folder)
    assert len(opened.store.annotations()) == 1
    opened.store.close()
    assert not list(made.folder.glob("*.db"))
    with pytest.raises(UsageError, match="another database"):
        made.configure(made.settings.changed(database=""))
    made.store.close()


def test_while_people_label_it_is_of_one_moment(project: Project, tmp_path: Path) -> None:
    over = threading.Event()

    def label() -> None:
        number = 0
        while not over.is_set():
            project.store.append(Annotation(f"w{number}", f"w{number}", "b", "skip"))
            number += 1

    writer = threading.Thread(target=label)
    writer.start()
    try:
        made = [backup(project, tmp_path / f"{number}.tar") for number in range(3)]
    finally:
        over.set()
        writer.join()
    for one in made:
        again = restore(one.path, tmp_path / f"{one.path.stem}.activellm")
        events = [event.event for event in again.store.annotations()][6:]
        assert events == [f"w{number}" for number in range(len(events))]
        again.store.close()


def test_nothing_is_overwritten(project: Project, tmp_path: Path) -> None:
    made = backup(project, tmp_path / "copy.tar")
    with pytest.raises(UsageError, match="exists already"):
        backup(project, made.path)
    with pytest.raises(UsageError, match="nothing is restored over it"):
        restore(made.path, project.folder)
    assert verify(made.path).rows == made.rows


def rewritten(path: Path, change) -> Path:
    """The same tar with some members changed: name -> new bytes, or None to leave it out."""
    to = path.with_name("changed.tar")
    with tarfile.open(path) as old, tarfile.open(to, "w") as new:
        for member in old:
            data = old.extractfile(member).read()
            name, data = change(member.name, data)
            if data is not None:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                new.addfile(info, io.BytesIO(data))
    return to


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda n, d: (n, d + b" " if n == "rows.jsonl" else d), "is not what it was"),
        (lambda n, d: (n, None if n == "pool.arrow" else d), "'pool.arrow' is missing"),
        (lambda n, d: ("../evil" if n == "rows.jsonl" else n, d), "does not belong"),
        (lambda n, d: (n, b"{}" if n == MANIFEST else d), "no backup of an ActiveLLM project"),
        (lambda n, d: (n, None if n == MANIFEST else d), "no backup of an ActiveLLM project"),
        (
            lambda n, d: (
                (n, json.dumps(json.loads(d) | {"format": 9}).encode()) if n == MANIFEST else (n, d)
            ),
            "format 9",
        ),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_made(
    project: Project, tmp_path: Path, change, why: str
) -> None:
    made = backup(project, tmp_path / "copy.tar")
    with pytest.raises(DataError, match=why):
        restore(rewritten(made.path, change), tmp_path / "again.activellm")
    assert not (tmp_path / "again.activellm").exists()


def test_a_cut_or_strange_file_is_refused(project: Project, tmp_path: Path) -> None:
    made = backup(project, tmp_path / "copy.tar")
    cut = tmp_path / "cut.tar"
    cut.write_bytes(made.path.read_bytes()[: made.bytes // 2])
    strange = tmp_path / "strange.tar"
    strange.write_bytes(b"no tar")
    for path in (cut, strange):
        with pytest.raises(DataError):
            restore(path, tmp_path / "again.activellm")
    with pytest.raises(UsageError, match="no such file"):
        restore(tmp_path / "none.tar", tmp_path / "again.activellm")
    assert not (tmp_path / "again.activellm").exists()
