"""People, sessions and reveals in either database; PostgreSQL by address; answers in order."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from activellm.annotation.contract import Annotation
from activellm.annotation.people import Person, Reveal
from activellm.errors import MissingExtraError, StoreError, UsageError
from activellm.project.database import check_no_password, check_url, open_server
from activellm.project.store import Store, now

ALICE = Person("alice", "annotator", "a" * 64, "2026-01-01")


def label(number: int, annotator: str = "alice") -> Annotation:
    return Annotation(f"{annotator}-{number}", f"t{number}", annotator, "label", ("x",))


def test_people_come_back_and_are_replaced(store: Store) -> None:
    store.put_person(ALICE)
    owner = Person("Ünal <b>", "owner", "b" * 64, "2026-01-02")
    store.put_person(owner)
    assert store.people() == [ALICE, owner]
    again = Person("alice", "adjudicator", "c" * 64, "2026-01-01")
    store.put_person(again)
    assert store.person("alice") == again
    assert store.person_by_secret("c" * 64) == again
    assert store.person_by_secret("a" * 64) is None
    assert store.person("nobody") is None


def test_who_is_revoked_has_no_secret_and_no_session(store: Store) -> None:
    store.put_person(ALICE)
    store.open_session("s" * 64, "alice")
    assert store.session_person("s" * 64) == ALICE
    store.revoke("alice", "2026-02-01")
    assert store.session_person("s" * 64) is None
    assert store.person_by_secret("a" * 64) is None
    assert store.people()[0].revoked == "2026-02-01"
    store.put_person(ALICE)  # back again, but the old session stays dead
    assert store.session_person("s" * 64) is None
    assert store.session_person("x") is None


def test_reveals_are_kept_once(store: Store) -> None:
    reveal = Reveal("e1", "t0", "alice", "before", "x", 0.25, now())
    assert store.append_reveal(reveal)
    assert not store.append_reveal(reveal)
    assert store.reveals() == [reveal]


def test_new_events_are_read_by_number(store: Store) -> None:
    for number in range(4):
        store.append(label(number))
    numbered = store.events_after(0)
    assert [event.example_id for _, event in numbered] == ["t0", "t1", "t2", "t3"]
    assert store.events_after(numbered[1][0]) == numbered[2:]
    assert store.events_after(numbered[-1][0]) == []


def test_what_is_read_by_number_is_never_overtaken(store: Store) -> None:
    """Events from many threads: a reader that goes on from the last number misses none."""
    over = threading.Event()
    seen: list[str] = []

    def read() -> None:
        last = 0
        while True:
            ended = over.is_set()
            for number, event in store.events_after(last):
                seen.append(event.event)
                last = number
            if ended:
                return

    def write(name: str) -> None:
        for number in range(20):
            store.append(label(number, name))

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(f"p{number}",)) for number in range(6)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    reader.join()
    assert len(seen) == len(set(seen)) == 120


def test_the_database_checks_itself(store: Store) -> None:
    store.append(label(1))
    assert store.check() == []


def found_wrong(path: Path) -> bool:
    try:
        damaged = Store(path)
    except StoreError:
        return True
    try:
        return damaged.check() != []
    except StoreError:
        return True
    finally:
        damaged.close()


def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "activellm.db"
    store = Store(path)
    for number in range(400):
        store.append(label(number))
    store.close()
    data = bytearray(path.read_bytes())
    data[8192:12288] = b"\xff" * 4096
    path.write_bytes(data)
    assert found_wrong(path)


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "activellm.db")
    assert (tmp_path / "activellm.db").stat().st_mode & 0o777 == 0o600
    store.append(label(1))
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    store.close()


# ---- PostgreSQL -----------------------------------------------------------------------------


def test_two_projects_in_one_database_do_not_see_each_other(postgres: str) -> None:
    one, other = Store(open_server(postgres, "one")), Store(open_server(postgres, "other"))
    one.append(label(1))
    assert len(one.annotations()) == 1
    assert other.annotations() == []
    again = Store(open_server(postgres, "one"))
    assert again.annotations() == one.annotations()
    for store in (one, other, again):
        store.close()


def test_two_that_begin_at_once_make_one_schema(postgres: str) -> None:
    failed: list[BaseException] = []

    def begin() -> None:
        try:
            Store(open_server(postgres, "at_once")).close()
        except BaseException as error:  # noqa: BLE001  # counted below
            failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_server_that_is_not_there(postgres: str) -> None:
    host = postgres.partition("@")[2].partition(":")[0]
    with pytest.raises(StoreError, match="cannot be used") as caught:
        open_server(f"postgresql://me:secret@{host}:1/postgres", "x")
    assert "secret" not in str(caught.value)
    assert "PGPASSWORD" in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://host/name", "postgresql://host", "labels.db", ""])
def test_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="no address of a PostgreSQL"):
        check_url(url)


def test_a_password_is_kept_out_of_files() -> None:
    with pytest.raises(UsageError, match="PGPASSWORD"):
        check_no_password("postgresql://me:secret@host/name")
    check_no_password("postgresql://me@host/name")


def test_the_driver_is_named_if_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match="postgres"):
        open_server("postgresql://host/name", "x")
