"""The database: nothing lost, nothing doubled, nothing overwritten, and errors that help."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.annotation.contract import Annotation
from activellm.errors import StoreError
from activellm.project.store import StepResult, Store, current_answers, now


def label(event: str, example: str = "x", answer: str = "a", **fields: object) -> Annotation:
    return Annotation(event, example, "ann", "label", (answer,), **fields)  # type: ignore[arg-type]


class TestAnnotations:
    def test_an_event_sent_twice_counts_once(self, store: Store) -> None:
        assert store.append(label("e1"))
        assert not store.append(label("e1", answer="b"))
        assert [one.labels for one in store.annotations()] == [("a",)]

    def test_everything_comes_back_as_it_was_given(self, store: Store) -> None:
        given = Annotation(
            "e", "id", "Ünal", "label", ("a", "b"), unsure=True, note="<b>\n'\"", seconds=1.5,
            at="2026-01-01T00:00:00+00:00", oracle="browser",
        )  # fmt: skip
        store.append(given)
        assert store.annotations() == [given]

    def test_later_answers_supersede_and_undo_brings_the_earlier_back(self, store: Store) -> None:
        store.append(label("1", answer="a"))
        store.append(label("2", answer="b"))
        assert store.current()["x"].labels == ("b",)
        store.append(Annotation("3", "x", "ann", "undo"))
        assert store.current()["x"].labels == ("a",)
        store.append(Annotation("4", "x", "ann", "undo"))
        assert store.current() == {}
        assert len(store.annotations()) == 4

    def test_answers_from_many_threads_all_arrive(self, store: Store) -> None:
        def write(thread: int) -> None:
            for number in range(25):
                assert store.append(label(f"{thread}-{number}", f"{thread}-{number}"))

        threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.current()) == 200

    @given(st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from(["a", "b", "undo", "skip"]))))
    def test_current_equals_a_stack_for_each_example(self, acts: list[tuple[str, str]]) -> None:
        stacks: dict[str, list[str]] = {"x": [], "y": []}
        events = []
        for number, (example, act) in enumerate(acts):
            action = act if act in ("undo", "skip") else "label"
            labels = (act,) if action == "label" else ()
            events.append(Annotation(str(number), example, "ann", action, labels))  # type: ignore[arg-type]
            if act != "undo":
                stacks[example].append(act)
            elif stacks[example]:
                stacks[example].pop()
        seen = {k: v.labels[0] if v.labels else "skip" for k, v in current_answers(events).items()}
        assert seen == {example: stack[-1] for example, stack in stacks.items() if stack}


KILLED_WRITER = """
import sys
from pathlib import Path
from activellm.annotation.contract import Annotation
from activellm.project.store import Store
store = Store(Path(sys.argv[1]))
for number in range(100000):
    store.append(Annotation(f"{sys.argv[2]}-{number}", f"{number}", "ann", "label", ("a",)))
    print(f"{sys.argv[2]}-{number}", flush=True)
"""


def test_what_was_acknowledged_before_a_kill_is_there_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "activellm.db"
    for attempt in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED_WRITER, str(path), str(attempt)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        seen = [process.stdout.readline().strip() for _ in range(7 * attempt + 3)]
        os.kill(process.pid, signal.SIGKILL)
        seen += process.stdout.read().split()
        process.wait()
        process.stdout.close()
        store = Store(path)
        kept = {one.event for one in store.annotations()}
        store.close()
        assert set(seen) <= kept
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


class TestSteps:
    def test_a_result_replaces_the_older_one_and_clears_its_parts(self, store: Store) -> None:
        parts = store.parts("key")
        parts["fold 1"] = [1, 2]
        assert dict(store.parts("key")) == {"fold 1": [1, 2]}
        assert "fold 2" not in parts
        assert dict(store.parts("other")) == {}
        store.finish("train", 1, StepResult("key", {"a": 1}, 0.5, 10, now()))
        store.finish("train", 1, StepResult("key", {"a": 2}, 0.5, 10, now()))
        result = store.result("train", 1)
        assert result is not None
        assert result.value == {"a": 2}
        assert dict(store.parts("key")) == {}
        assert store.result("train", 2) is None

    def test_nan_is_refused_before_it_is_kept(self, store: Store) -> None:
        with pytest.raises(ValueError, match="JSON"):
            store.finish("train", 1, StepResult("key", float("nan"), 0.5, 10, now()))
        assert store.result("train", 1) is None


class TestTrouble:
    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        path = tmp_path / "activellm.db"
        path.write_bytes(b"no database " * 1000)
        with pytest.raises(StoreError, match=r"activellm\.db: The database cannot be used"):
            Store(path)
        assert path.read_bytes() == b"no database " * 1000

    def test_a_database_of_a_newer_version(self, tmp_path: Path) -> None:
        path = tmp_path / "activellm.db"
        Store(path).close()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        with pytest.raises(StoreError, match="schema 9999"):
            Store(path)

    def test_a_full_disk_is_told_and_keeps_what_was_there(self, tmp_path: Path) -> None:
        path = tmp_path / "activellm.db"
        store = Store(path)
        store.append(label("1"))
        with store.database.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.rollback()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.rollback()
        with pytest.raises(StoreError, match=r"full.*Free some disk space"):
            store.append(label("2", answer="a" * 100_000))
        assert [one.event for one in store.annotations()] == ["1"]
        store.close()
