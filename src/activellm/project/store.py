"""The project's database: people's answers, and the results of finished steps.

SQLite in WAL mode with full synchronisation: what `append` accepted survives a kill and a power
cut. Answers are never overwritten; a later one supersedes an earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    and_,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DatabaseError, IntegrityError

from activellm.annotation.contract import Annotation
from activellm.annotation.people import Person, Reveal
from activellm.annotation.votes import decisions, standing
from activellm.errors import StoreError
from activellm.project import schema
from activellm.project.migrate import migrate


def now() -> str:
    """The present moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class StepResult:
    """A finished step.

    Attributes:
        key: Of everything that decided the value.
        value: JSON.
        seconds: How long it took.
        peak_bytes: The process's highest resident memory during it.
        at: When it ended.
    """

    key: str
    value: Any
    seconds: float
    peak_bytes: int
    at: str


class Store:
    """The database of one project; an `AnnotationLog`.

    Args:
        path: The SQLite file; made if it is missing.

    Raises:
        StoreError: If it is no database of ours, is newer than this version, or is locked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)
        try:
            with self._begin() as connection:
                migrate(connection, where=str(path))
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    def append(self, annotation: Annotation) -> bool:
        """Keep an annotation durably. False, and nothing kept, if its event is known already."""
        row = asdict(replace(annotation, at=annotation.at or now()))
        try:
            with self._begin() as connection:
                connection.execute(insert(schema.annotation).values(**row))
        except IntegrityError:
            return False
        return True

    def annotations(self) -> list[Annotation]:
        """All events, in the order in which they arrived."""
        return [annotation for _, annotation in self.events_after(0)]

    def events_after(self, sequence: int) -> list[tuple[int, Annotation]]:
        """The events that arrived later than the one with this number, with theirs; 0 for all."""
        table = schema.annotation
        query = select(table).where(table.c.sequence > sequence).order_by(table.c.sequence)
        with self._begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [(row["sequence"], _annotation(row)) for row in rows]

    def people(self) -> list[Person]:
        """Everybody who was ever let in, in that order."""
        table = schema.person
        with self._begin() as connection:
            rows = connection.execute(select(table).order_by(table.c.created, table.c.name))
            return [Person(**row) for row in rows.mappings()]

    def person(self, name: str) -> Person | None:
        """Somebody by name."""
        return self._person(schema.person.c.name == name)

    def person_by_secret(self, secret_hash: str) -> Person | None:
        """Whose secret has this hash; None if nobody's, or if they were revoked."""
        table = schema.person
        return self._person(and_(table.c.secret_hash == secret_hash, table.c.revoked.is_(None)))

    def put_person(self, person: Person) -> None:
        """Keep somebody, in place of what was known of them."""
        values = asdict(person)
        name = values.pop("name")
        statement = upsert(schema.person).values(name=name, **values)
        with self._begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_=values)
            )

    def revoke(self, name: str, at: str) -> None:
        """Let somebody in no more, and end their sessions."""
        people, sessions = schema.person, schema.session
        with self._begin() as connection:
            connection.execute(update(people).where(people.c.name == name).values(revoked=at))
            connection.execute(delete(sessions).where(sessions.c.person == name))

    def open_session(self, secret_hash: str, person: str) -> None:
        """Remember a browser that came in."""
        values = {"secret_hash": secret_hash, "person": person, "created": now()}
        with self._begin() as connection:
            connection.execute(insert(schema.session).values(**values))

    def session_person(self, secret_hash: str) -> Person | None:
        """Whose session has this hash; None if nobody's, or if they were revoked."""
        table = schema.session
        named = select(table.c.person).where(table.c.secret_hash == secret_hash).scalar_subquery()
        return self._person(and_(schema.person.c.name == named, schema.person.c.revoked.is_(None)))

    def _person(self, which: ColumnElement[bool]) -> Person | None:
        with self._begin() as connection:
            row = connection.execute(select(schema.person).where(which)).mappings().first()
        return None if row is None else Person(**row)

    def append_reveal(self, reveal: Reveal) -> bool:
        """Keep durably that a weak label was shown. False if its event is known already."""
        try:
            with self._begin() as connection:
                connection.execute(insert(schema.reveal).values(**asdict(reveal)))
        except IntegrityError:
            return False
        return True

    def reveals(self) -> list[Reveal]:
        """All reveals, in the order in which they arrived."""
        table = schema.reveal
        with self._begin() as connection:
            rows = connection.execute(select(table).order_by(table.c.sequence)).mappings().all()
        return [Reveal(**{k: v for k, v in row.items() if k != "sequence"}) for row in rows]

    def current(self) -> dict[str, Annotation]:
        """The answer that counts for each example: the latest that was not taken back."""
        return current_answers(self.annotations())

    def result(self, name: str, number: int) -> StepResult | None:
        """What the step `name` of round `number` resulted in, if it is finished."""
        table = schema.step
        query = select(table).where(table.c.name == name, table.c.round == number)
        with self._begin() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return StepResult(row["key"], row["value"], row["seconds"], row["peak_bytes"], row["at"])

    def finish(self, name: str, number: int, result: StepResult) -> None:
        """Keep a step's result, in place of an older one, and forget the parts it was made of."""
        values = {
            "key": result.key,
            "value": _jsonable(result.value),
            "seconds": result.seconds,
            "peak_bytes": result.peak_bytes,
            "at": result.at,
        }
        statement = upsert(schema.step).values(name=name, round=number, **values)
        with self._begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name", "round"], set_=values)
            )
            connection.execute(delete(schema.part).where(schema.part.c.key == result.key))

    def parts(self, key: str) -> MutableMapping[str, Any]:
        """Finished parts of the step with this key, kept as soon as they are set."""
        return _Parts(self, key)

    def _begin(self) -> _Transaction:
        return _Transaction(self._engine, self.path)


def current_answers(events: list[Annotation]) -> dict[str, Annotation]:
    """The event that counts for each example id (see `AnnotationLog.current`)."""
    place = {event.event: number for number, event in enumerate(events)}
    found = {
        example_id: max(answers.values(), key=lambda one: place[one.event])
        for example_id, answers in standing(events).items()
    }
    return found | decisions(events)


def _annotation(row: RowMapping) -> Annotation:
    values = {key: value for key, value in row.items() if key not in ("sequence", "labels")}
    return Annotation(**values, labels=tuple(row["labels"]))


class _Parts(MutableMapping[str, Any]):
    """The parts of one step, read and written through to the database."""

    def __init__(self, store: Store, key: str) -> None:
        self._store, self._key = store, key

    def _load(self) -> dict[str, Any]:
        table = schema.part
        with self._store._begin() as connection:
            rows = connection.execute(
                select(table.c.name, table.c.value).where(table.c.key == self._key)
            )
            return {row.name: row.value for row in rows}

    def __getitem__(self, name: str) -> Any:
        return self._load()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        values = {"value": _jsonable(value)}
        statement = upsert(schema.part).values(key=self._key, name=name, **values)
        with self._store._begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["key", "name"], set_=values)
            )

    def __delitem__(self, name: str) -> None:
        table = schema.part
        with self._store._begin() as connection:
            connection.execute(delete(table).where(table.c.key == self._key, table.c.name == name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())


class _Transaction:
    """A database transaction whose failures are told as errors for users."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._context = engine.begin()
        self._path = path

    def __enter__(self) -> Connection:
        try:
            return self._context.__enter__()
        except DatabaseError as error:
            raise _told(error, self._path) from error

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            self._context.__exit__(kind, error, trace)
        except IntegrityError:
            raise
        except DatabaseError as failed:
            raise _told(failed, self._path) from failed
        if isinstance(error, DatabaseError) and not isinstance(error, IntegrityError):
            raise _told(error, self._path) from error


def _told(error: DatabaseError, path: Path) -> StoreError:
    reason = str(error.orig)
    remedy = (
        "Another program may hold it; try again when it is done."
        if "locked" in reason
        else (
            "Free some disk space and run the same command again."
            if "full" in reason
            else "Check that the file is an ActiveLLM project's and can be written."
        )
    )
    return StoreError(f"The database cannot be used: {reason}.", where=str(path), remedy=remedy)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see below
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        except Exception as error:
            connection.close()
            raise StoreError(
                f"The database cannot be used: {error}.",
                where=str(path),
                remedy="Check that the file is an ActiveLLM project's and can be written.",
            ) from error

    @event.listens_for(engine, "begin")
    def _immediately(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # takes the write lock before reading

    return engine


def _jsonable(value: Any) -> Any:
    """Refuse NaN early: JSON has none, and a reader would fail on it later."""
    json.dumps(value, allow_nan=False)
    return value
