"""From every schema of the project's history to this one; a failed step leaves all as it was."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect

from activellm.annotation.contract import Annotation
from activellm.errors import StoreError
from activellm.project import schema
from activellm.project.database import open_file, open_server
from activellm.project.migrate import MIGRATIONS, migrate
from activellm.project.store import Store

HISTORY = sorted(path.stem[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
OLD_ROW = ("e1", "t0", "alice", "label", json.dumps(["x"]), True, "why?", 1.5, "2026-01-01", "page")
COLUMNS = "event, example_id, annotator, action, labels, unsure, note, seconds, at, oracle"


def old_file(path: Path, revision: str) -> None:
    """A database of an earlier version, with an answer in it."""
    database = open_file(path)
    migrate(database, revision)
    database.close()
    with sqlite3.connect(path) as connection:
        marks = ", ".join("?" * len(OLD_ROW))
        connection.execute(f"INSERT INTO annotation ({COLUMNS}) VALUES ({marks})", OLD_ROW)
    connection.close()


@pytest.mark.parametrize("revision", HISTORY)
def test_every_earlier_file_is_brought_up_to_date_with_its_answers(
    tmp_path: Path, revision: str
) -> None:
    path = tmp_path / "activellm.db"
    old_file(path, revision)
    before = path.read_bytes()
    store = Store(path)
    expected = Annotation(
        "e1", "t0", "alice", "label", ("x",), unsure=True, note="why?", seconds=1.5,
        at="2026-01-01", oracle="page",
    )  # fmt: skip
    assert store.annotations() == [expected]
    assert store.append(Annotation("e2", "t0", "judge", "resolve", ("x",), discuss=True))
    store.close()
    copies = [one for one in tmp_path.iterdir() if ".before-" in one.name]
    assert len(copies) == (revision != HISTORY[-1])
    for copy in copies:
        assert copy.stat().st_mode & 0o777 == 0o600
        old = open_file(copy)
        with old.begin() as connection:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            assert found == revision
        old.close()
    assert before  # the file was there all along


def tables(store: Store) -> dict[str, dict[str, bool]]:
    found = inspect(store.database.engine)
    return {
        name: {column["name"]: column["nullable"] for column in found.get_columns(name)}
        for name in found.get_table_names()
        if name != "alembic_version"
    }


def test_the_migrations_make_the_tables_that_the_code_knows(store: Store) -> None:
    known = {
        table.name: {column.name: bool(column.nullable) for column in table.c}
        for table in schema.metadata.sorted_tables
    }
    assert tables(store) == known


def test_an_unknown_action_is_refused_by_the_database_itself(store: Store) -> None:
    with pytest.raises(Exception, match=r"annotation_action|CHECK"), store.database.begin() as it:
        it.exec_driver_sql(
            f"INSERT INTO annotation ({COLUMNS}, discuss, revealed) "
            "VALUES ('e', 't', 'a', 'delete', '[]', false, '', NULL, '', '', false, '')"
        )


BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{last}"


def upgrade() -> None:
    op.add_column("annotation", sa.Column("half", sa.Text, nullable=True))
    op.execute("SELECT no_such_column FROM annotation")
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The migrations, and one more that fails half-way."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "9000_broken.py").write_text(BROKEN.format(last=HISTORY[-1]))
    return folder


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, broken: Path) -> None:
    path = tmp_path / "activellm.db"
    old_file(path, HISTORY[-1])
    database = open_file(path)
    with pytest.raises(StoreError, match=r"it is as it was") as caught:
        migrate(database, migrations=broken)
    database.close()
    assert "activellm.db.before-9000" in str(caught.value)
    store = Store(path)
    assert "half" not in tables(store)["annotation"]
    assert len(store.annotations()) == 1
    store.close()


def test_a_migration_that_fails_leaves_the_server_as_it_was(postgres: str, broken: Path) -> None:
    store = Store(open_server(postgres, "failing"))
    store.append(Annotation("e1", "t0", "alice", "label", ("x",)))
    with pytest.raises(StoreError, match="it is as it was"):
        migrate(store.database, migrations=broken)
    assert "half" not in tables(store)["annotation"]
    assert len(store.annotations()) == 1
    store.close()
