"""What the database must not do quietly: lose, misplace, hold up, or show to others."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from activellm.annotation.contract import Annotation
from activellm.annotation.people import Person
from activellm.errors import StoreError, UsageError
from activellm.project import schema
from activellm.project.database import (
    check_no_password,
    check_url,
    open_file,
    open_server,
    without_password,
)
from activellm.project.migrate import migrate, revisions
from activellm.project.store import Store


def label(event: str, **fields: object) -> Annotation:
    return Annotation(event, "t", "ann", "label", ("x",), **fields)  # type: ignore[arg-type]


def test_a_refused_answer_is_never_told_as_known_already(store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.append(Annotation("e", "t", "ann", "delete"))  # type: ignore[arg-type]
    assert store.annotations() == []
    assert store.append(label("e"))


def test_two_people_with_one_secret_are_refused(store: Store) -> None:
    store.put_person(Person("a", "annotator", "s" * 64, "2026-01-01"))
    with pytest.raises(IntegrityError):
        store.put_person(Person("b", "owner", "s" * 64, "2026-01-01"))
    assert [one.name for one in store.people()] == ["a"]


def test_a_note_with_what_one_database_cannot_hold(store: Store) -> None:
    assert store.append(label("e", note="a\0b"))
    assert store.annotations()[0].note == "a\ufffdb"


def count(connection: object) -> int:
    found: int = connection.execute(  # type: ignore[attr-defined]
        select(func.count()).select_from(schema.annotation)
    ).scalar_one()
    return found


def test_a_reader_sees_one_moment_and_holds_up_nobody(store: Store) -> None:
    store.append(label("before"))
    waited = []

    def write() -> None:
        began = time.monotonic()
        store.append(label("meanwhile"))
        waited.append(time.monotonic() - began)

    with store.database.read() as connection:
        assert count(connection) == 1
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=20)
        assert not writer.is_alive()
        assert count(connection) == 1
    assert waited[0] < 5
    assert len(store.annotations()) == 2


def test_a_writer_holds_up_no_reader(store: Store) -> None:
    store.append(label("e"))
    with store.database.begin():
        assert [one.event for one in store.annotations()] == ["e"]


# ---- a file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["what?", "50%25", "a#b", "my texts & more", "ä"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    Store(folder / "activellm.db").close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert [path.name for path in folder.iterdir()] == ["activellm.db"]


def old_file(path: Path) -> None:
    database = open_file(path)
    migrate(database, revisions()[0])
    database.close()
    path.chmod(0o644)  # as earlier versions made it


def revision_of(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        found: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    connection.close()
    return found


def test_an_earlier_versions_file_is_shut_to_others(tmp_path: Path) -> None:
    path = tmp_path / "activellm.db"
    old_file(path)
    Store(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_copy_that_a_kill_left_half_made_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "activellm.db"
    old_file(path)
    copy = tmp_path / f"activellm.db.before-{revisions()[-1]}"
    copy.write_bytes(path.read_bytes()[:5000])
    Store(path).close()
    assert revision_of(copy) == revisions()[0]
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name, copy.name]


def test_many_that_open_an_old_file_at_once_migrate_it_once(tmp_path: Path) -> None:
    path = tmp_path / "activellm.db"
    old_file(path)
    failed: list[BaseException] = []

    def begin() -> None:
        try:
            Store(path).close()
        except BaseException as error:  # noqa: BLE001  # counted below
            failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert revision_of(path) == revisions()[-1]
    assert revision_of(tmp_path / f"{path.name}.before-{revisions()[-1]}") == revisions()[0]


# ---- a server ---------------------------------------------------------------------------------


def test_a_schema_that_must_be_there_is_not_made(postgres: str) -> None:
    with pytest.raises(StoreError, match=r"answers are not there.*ACTIVELLM_DATABASE"):
        open_server(postgres, "never_made", existing=True)
    Store(open_server(postgres, "made")).close()
    Store(open_server(postgres, "made", existing=True)).close()
    with pytest.raises(StoreError, match="not there"):
        open_server(postgres, "never_made", existing=True)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host:5433/name", "postgresql://me@host:5433/name"),
        ("postgresql://me@host/name?password=secret", "postgresql://me@host/name"),
        (
            "postgres://me:s%40cret@host/name?sslmode=require&sslpassword=secret",
            "postgres://me@host/name?sslmode=require",
        ),
    ],
)
def test_a_password_is_seen_wherever_it_is(url: str, shown: str) -> None:
    assert without_password(url) == shown
    with pytest.raises(UsageError, match="PGPASSWORD"):
        check_no_password(url)
    check_no_password(shown)


def test_a_password_is_in_no_error(postgres: str) -> None:
    host = postgres.partition("@")[2].partition(":")[0]
    with pytest.raises(StoreError) as caught:
        open_server(f"postgresql://me@{host}:1/postgres?password=secret", "x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["postgresql://host:port/name", "postgresql://host:99999/name", "postgresql://[::1/name"]
)
def test_a_broken_address_is_told(url: str) -> None:
    with pytest.raises(UsageError, match="no address of a PostgreSQL"):
        check_url(url)


def test_what_does_not_fit_is_told_without_blaming_the_server(postgres: str) -> None:
    store = Store(open_server(postgres, "fitting"))
    with pytest.raises(StoreError, match="cannot keep this: value too long") as caught:
        store.append(label("e" * 65))
    assert "password" not in str(caught.value)
    assert store.annotations() == []
    store.close()
