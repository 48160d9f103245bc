"""Where a project's tables are: a SQLite file, or a schema of a PostgreSQL database."""

from __future__ import annotations

import contextlib
import sqlite3
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError
from sqlalchemy.schema import Table

from activellm.errors import MissingExtraError, StoreError, UsageError
from activellm.files import atomic_path

_SCHEMES = ("postgresql", "postgres")
_SECRETS = ("password", "sslpassword")
_READS = "activellm_reads"


class Database:
    """An engine, and what its failures are called.

    Each writer waits for the one before it: it takes the write lock (SQLite) or the schema's
    advisory lock (PostgreSQL) before it reads, so nobody fails half-way, and events are numbered in
    the order in which they can be seen. Readers see one moment, wait for nobody and hold up nobody.

    Args:
        engine: Connects to the tables.
        where: What people call the place; never with a password.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self.where = where
        options: dict[str, Any] = {_READS: True}
        if not self.is_file:
            options["isolation_level"] = "REPEATABLE READ"
        self._readers = engine.execution_options(**options)
        # Not every owner closes, and from Python 3.13 on SQLite's connections warn of that.
        weakref.finalize(self, engine.dispose)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of ours."""
        return self.engine.dialect.name == "sqlite"

    def begin(self) -> Transaction:
        """A transaction that may write; its failures are told as errors for users."""
        return Transaction(self.engine, self.where)

    def read(self) -> Transaction:
        """A transaction that only reads, all of it as of one moment."""
        return Transaction(self._readers, self.where)

    def close(self) -> None:
        """Release all connections."""
        self.engine.dispose()

    def upsert(self, table: Table) -> Any:
        """An INSERT that can say what to do when the row is there already."""
        return sqlite.insert(table) if self.is_file else postgresql.insert(table)

    def append(self, table: Table, row: dict[str, Any]) -> bool:
        """Add a row whose `event` is new; durable when it returns.

        Returns:
            False, and nothing is added, if the event is known. All else is an error.
        """
        with self.begin() as connection:
            return self.add(connection, table, row)

    def add(self, connection: Connection, table: Table, row: dict[str, Any]) -> bool:
        """Add a row whose `event` is new within a transaction; False if the event is known."""
        statement = (
            self.upsert(table).values(**row).on_conflict_do_nothing(index_elements=["event"])
        )
        added = connection.execute(statement, execution_options={"preserve_rowcount": True})
        return added.rowcount == 1


class Transaction:
    """A database transaction whose failures are told as errors for users."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._context = engine.begin()
        self._where = where

    def __enter__(self) -> Connection:
        try:
            return self._context.__enter__()
        except DatabaseError as error:
            raise told(error, self._where) from error

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            self._context.__exit__(kind, error, trace)
        except IntegrityError:
            raise
        except DatabaseError as failed:
            raise told(failed, self._where) from failed
        if isinstance(error, DatabaseError) and not isinstance(error, IntegrityError):
            raise told(error, self._where) from error


def open_file(path: Path) -> Database:
    """A SQLite file in WAL mode with full synchronisation, for its owner's eyes only."""
    with contextlib.suppress(OSError):  # made before SQLite makes it readable to others
        path.touch(mode=0o600)
        path.chmod(0o600)  # earlier versions made it for everybody
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see below
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        except Exception as error:
            connection.close()
            raise _unusable(str(error), str(path)) from error

    @event.listens_for(engine, "begin")
    def _immediately(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READS)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return Database(engine, str(path))


def open_server(url: str, schema: str, *, existing: bool = False) -> Database:
    """A schema of a PostgreSQL database, made if it is not there.

    Args:
        url: "postgresql://host/name"; a password may be in it, in PGPASSWORD or in ~/.pgpass.
        schema: Of this project alone.
        existing: Whether it must be there already.

    Raises:
        MissingExtraError: If the driver is not installed.
        StoreError: If the server cannot be reached or refuses, or lacks what must be there.
    """
    check_url(url)
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise MissingExtraError("PostgreSQL", "postgres") from None
    engine = create_engine(
        "postgresql+psycopg:" + url.partition(":")[2],
        connect_args={"options": f"-csearch_path={schema}", "connect_timeout": 10},
        pool_pre_ping=True,
    )
    where = f"{without_password(url)}, schema {schema}"

    @event.listens_for(engine, "begin")
    def _in_turn(connection: Connection) -> None:
        if not connection.get_execution_options().get(_READS):
            connection.exec_driver_sql(
                "SELECT pg_advisory_xact_lock(hashtext(%(schema)s))", {"schema": schema}
            )

    database = Database(engine, where)
    try:
        with database.begin() as connection:
            if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": f'"{schema}"'}):
                return database
            if existing:
                raise missing(where)
            connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
    except StoreError:
        database.close()
        raise
    return database


def missing(where: str) -> StoreError:
    """The error for a project whose answers are not where they should be.

    An empty database in their place would look as if all answers were lost.
    """
    return StoreError(
        "The project's answers are not there.",
        where=where,
        remedy="If they are on another server, say where in ACTIVELLM_DATABASE; "
        "if they are lost, restore a backup.",
    )


def check_url(url: str, *, where: str = "--database") -> None:
    """Refuse what is no address of a PostgreSQL database.

    Raises:
        UsageError: If it is none.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES and parts.path.strip("/") and parts.port != 0
    except ValueError:  # a port that is no number, a broken IPv6 address
        usable = False
    if not usable:
        raise UsageError(
            "This is no address of a PostgreSQL database.",
            where=where,
            remedy="Write it like postgresql://user@host/name.",
        )


def check_no_password(url: str, *, where: str = "--database") -> None:
    """Refuse an address that would put a password into a file.

    Raises:
        UsageError: If there is one in it.
    """
    if without_password(url) != url:
        raise UsageError(
            "A password in the address would be written to project.toml.",
            where=where,
            remedy="Put it into PGPASSWORD or ~/.pgpass, or the whole address into "
            "ACTIVELLM_DATABASE.",
        )


def without_password(url: str) -> str:
    """An address that may be shown and kept, whichever way a password is written in it."""
    parts = urlsplit(url)
    if parts.password is not None:
        user, _, host = parts.netloc.rpartition("@")
        parts = parts._replace(netloc=f"{user.partition(':')[0]}@{host}")
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if name not in _SECRETS]
    if len(kept) < len(query):
        parts = parts._replace(query=urlencode(kept))
    return parts.geturl()


def told(error: DatabaseError, where: str) -> StoreError:
    """The error for people behind one of the database."""
    reason = str(error.orig).strip().partition("\n")[0]
    if isinstance(error, DataError):
        return StoreError(f"The database cannot keep this: {reason.rstrip('.')}.", where=where)
    return _unusable(reason, where)


def _unusable(reason: str, where: str) -> StoreError:
    if "locked" in reason:
        remedy = "Another program may hold it; try again when it is done."
    elif "full" in reason or "No space" in reason:
        remedy = "Free some disk space and run the same command again."
    elif where.startswith("postgres"):
        remedy = "Check the address, the password (PGPASSWORD or ~/.pgpass), and the server."
    else:
        remedy = "Check that the file is an ActiveLLM project's and can be written."
    return StoreError(
        f"The database cannot be used: {reason.rstrip('.')}.", where=where, remedy=remedy
    )


def copy_file(path: Path, to: Path) -> None:
    """Copy a SQLite file as it is at one moment, also while others write to it; whole or not."""
    with (
        atomic_path(to) as draft,  # made readable to its owner only
        contextlib.closing(sqlite3.connect(path, timeout=30)) as source,
        contextlib.closing(sqlite3.connect(draft)) as target,
    ):
        source.backup(target)
