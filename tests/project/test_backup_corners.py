"""Backups of large, strange and hostile projects; a project whose answers are somewhere else."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import time
from pathlib import Path

import pytest
from small_projects import small_project
from sqlalchemy import insert

from activellm.annotation.contract import Annotation
from activellm.errors import DataError, StoreError, UsageError
from activellm.project import Project, schema
from activellm.project.archive import MANIFEST, ROWS
from activellm.project.backup import backup, restore

MANY = 2500


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIVELLM_DATABASE", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small_project(tmp_path / "p.activellm")
    rows = [
        {
            "event": f"e{number}", "example_id": f"t{number}", "annotator": "a", "action": "label",
            "labels": ["x"], "unsure": False, "note": "", "seconds": None, "at": "", "oracle": "",
        }
        for number in range(MANY)
    ]  # fmt: skip
    with made.store.database.begin() as connection:
        connection.execute(insert(schema.annotation), rows)
    return made


def test_many_rows_move_to_a_server_in_their_order(
    project: Project, tmp_path: Path, postgres: str
) -> None:
    made = backup(project, tmp_path / "copy.tar")
    again = restore(made.path, tmp_path / "again.activellm", database=postgres)
    assert again.store.events_after(0) == project.store.events_after(0)
    assert again.store.append(Annotation("new", "t", "a", "skip"))
    assert again.store.events_after(MANY)[0][0] == MANY + 1
    again.store.close()


def test_nobody_waits_for_a_backup(project: Project, tmp_path: Path) -> None:
    """A backup that takes long leaves answers coming in: it only reads."""
    slowest = 0.0
    over = threading.Event()

    def label() -> None:
        nonlocal slowest
        number = 0
        while not over.is_set():
            began = time.monotonic()
            project.store.append(Annotation(f"w{number}", "t", "b", "skip"))
            slowest = max(slowest, time.monotonic() - began)
            number += 1
            time.sleep(0.002)

    writer = threading.Thread(target=label)
    writer.start()
    try:
        with project.store.database.read() as connection:  # as long as a dump holds it
            connection.execute(schema.annotation.select()).first()
            time.sleep(1.5)
        backup(project, tmp_path / "copy.tar")
    finally:
        over.set()
        writer.join()
    assert slowest < 1.2


def test_a_backup_inside_the_project_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="would be lost with it"):
        backup(project, project.folder / "copies" / "copy.tar")
    assert not (project.folder / "copies").exists()


def test_files_that_would_be_taken_for_the_backups_own_are_left_out(
    project: Project, tmp_path: Path
) -> None:
    (project.folder / MANIFEST).write_text("{}")
    (project.folder / ROWS).write_text("")
    (project.folder / "link").symlink_to("/etc/hostname")
    made = backup(project, tmp_path / "copy.tar")
    again = restore(made.path, tmp_path / "again.activellm")
    assert len(again.store.annotations()) == MANY
    again.store.close()
    names = {path.name for path in again.folder.iterdir()}
    assert names == {"project.toml", "pool.arrow", "activellm.db"}


def hostile(path: Path, to: Path, lines: str, fields: dict[str, object]) -> Path:
    """The same backup with other rows, and a manifest that vouches for them."""
    with tarfile.open(path) as old, tarfile.open(to, "w") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            data = lines.encode() if member.name == ROWS else file.read()
            if member.name == MANIFEST:
                manifest = json.loads(data)
                manifest["files"][ROWS] = hashlib.sha256(lines.encode()).hexdigest()
                data = json.dumps(manifest | fields).encode()
            info = tarfile.TarInfo(member.name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return to


ODD = {
    "sequence": 1, "event": "e", "example_id": "t", "annotator": "a", "action": "label",
    "labels": [], "unsure": "perhaps", "note": "", "seconds": 1, "at": "", "oracle": "",
}  # fmt: skip
SESSION = ["session", {"secret_hash": "s", "person": "a", "created": "", "more": 1}]


@pytest.mark.parametrize(
    ("rows", "fields", "why"),
    [
        ('["sqlite_master", {"name": 1}]', {}, "do not fit"),
        (json.dumps(SESSION), {}, "do not fit"),
        ('["session", {"person": "a"}]', {}, "do not fit"),
        (json.dumps(["annotation", ODD]), {}, "do not fit"),
        ("[1, 2", {}, "do not fit"),
        ("7", {}, "do not fit"),
        ("", {}, "not hold all rows"),
        ("", {"tables": "9999"}, "schema 9999"),
        ("", {"files": ["project.toml"]}, "no backup of an ActiveLLM project"),
        ("", {"rows": {"annotation": "many"}}, "no backup of an ActiveLLM project"),
    ],
)
def test_a_backup_made_by_an_enemy_leaves_nothing(
    project: Project, tmp_path: Path, rows: str, fields: dict[str, object], why: str
) -> None:
    made = backup(project, tmp_path / "copy.tar")
    path = hostile(made.path, tmp_path / "enemy.tar", rows, fields)
    with pytest.raises(DataError, match=why):
        restore(path, tmp_path / "again.activellm")
    assert not (tmp_path / "again.activellm").exists()


def test_a_backup_is_written_whole_or_not(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("activellm.project.archive.write", full)
    folder = tmp_path / "copies"
    with pytest.raises(StoreError, match="No space left"):
        backup(project, folder / "copy.tar")
    assert list(folder.iterdir()) == []


# ---- where the answers are ----------------------------------------------------------------------


def test_a_lost_file_is_told_and_not_made_anew(project: Project) -> None:
    project.store.close()
    (project.folder / "activellm.db").unlink()
    with pytest.raises(StoreError, match=r"activellm\.db: The project's answers are not there"):
        _ = Project(project.folder).store
    assert not (project.folder / "activellm.db").exists()


def test_a_project_of_a_file_stays_one_whatever_the_environment_says(
    project: Project, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIVELLM_DATABASE", postgres)
    opened = Project(project.folder)
    assert len(opened.store.annotations()) == MANY
    made = backup(opened, tmp_path / "copy.tar")
    again = restore(made.path, tmp_path / "again.activellm", database="")
    assert again.store.database.is_file
    assert len(again.store.annotations()) == MANY
    for one in (opened, again):
        one.store.close()


def test_a_project_on_a_server_is_not_found_empty_on_another(
    project: Project, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backup(project, tmp_path / "copy.tar")
    served = restore(made.path, tmp_path / "served.activellm", database=postgres)
    served.store.close()
    other = postgres.rpartition("/")[0] + "/template1"
    monkeypatch.setenv("ACTIVELLM_DATABASE", other)
    with pytest.raises(StoreError, match="answers are not there"):
        _ = Project(served.folder).store
