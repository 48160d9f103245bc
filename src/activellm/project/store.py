"""The project's database: people's answers, and the results of finished steps.

What `append` accepted survives a kill and a power cut. Answers are never overwritten; a later one
supersedes an earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    RowMapping,
    delete,
    select,
)

from activellm.annotation.contract import Annotation
from activellm.annotation.votes import decisions, standing
from activellm.errors import StoreError
from activellm.project import schema
from activellm.project.database import Database, open_file
from activellm.project.migrate import migrate
from activellm.project.people_tables import PeopleTables


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


class Store(PeopleTables):
    """The database of one project; an `AnnotationLog`.

    Args:
        database: Where the tables are, or the path of a SQLite file; made if they are missing.
        renamed: What labels in older answers are called now; the answers themselves never change.

    Raises:
        StoreError: If it is no database of ours, is newer than this version, or is locked.
    """

    def __init__(
        self, database: Database | Path, *, renamed: Mapping[str, str] | None = None
    ) -> None:
        self._renamed = renamed or {}
        self.database = open_file(database) if isinstance(database, Path) else database
        try:
            migrate(self.database)
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Release the database."""
        self.database.close()

    def check(self) -> list[str]:
        """What is wrong with the database's files, by its own check; nothing if all is well."""
        with self.database.read() as connection:
            if self.database.is_file:
                found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
                return [str(one) for one in found if one != "ok"]
            for table in schema.metadata.sorted_tables:  # the server tells what it cannot read
                connection.execute(select(table)).fetchall()
        return []

    def append(self, annotation: Annotation) -> bool:
        """Keep an annotation durably. False, and nothing kept, if its event is known already."""
        return self.database.append(schema.annotation, self._values(annotation))

    @staticmethod
    def _values(annotation: Annotation) -> dict[str, Any]:
        note = annotation.note.replace("\0", "\ufffd")  # PostgreSQL's texts hold no NUL
        return asdict(replace(annotation, at=annotation.at or now(), note=note))

    def append_all(self, annotations: Sequence[Annotation], at_once: int = 1000) -> int:
        """Keep many annotations, so many in one transaction; known events are passed over.

        Returns:
            How many were new.
        """
        added = 0
        for start in range(0, len(annotations), at_once):
            some = annotations[start : start + at_once]
            with self.database.begin() as connection:
                for one in some:
                    added += self.database.add(connection, schema.annotation, self._values(one))
        return added

    def annotations(self) -> list[Annotation]:
        """All events, in the order in which they arrived."""
        return [annotation for _, annotation in self.events_after(0)]

    def events_after(self, sequence: int) -> list[tuple[int, Annotation]]:
        """The events that arrived later than the one with this number, with theirs; 0 for all."""
        table = schema.annotation
        query = select(table).where(table.c.sequence > sequence).order_by(table.c.sequence)
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [(row["sequence"], self._annotation(row)) for row in rows]

    def _annotation(self, row: RowMapping) -> Annotation:
        values = {key: value for key, value in row.items() if key not in ("sequence", "labels")}
        labels = (self._renamed.get(label, label) for label in row["labels"])
        return Annotation(**values, labels=tuple(labels))

    def current(self) -> dict[str, Annotation]:
        """The answer that counts for each example: the latest that was not taken back."""
        return current_answers(self.annotations())

    def result(self, name: str, number: int) -> StepResult | None:
        """What the step `name` of round `number` resulted in, if it is finished."""
        table = schema.step
        query = select(table).where(table.c.name == name, table.c.round == number)
        with self.database.read() as connection:
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
        statement = self.database.upsert(schema.step).values(name=name, round=number, **values)
        with self.database.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name", "round"], set_=values)
            )
            connection.execute(delete(schema.part).where(schema.part.c.key == result.key))

    def parts(self, key: str) -> MutableMapping[str, Any]:
        """Finished parts of the step with this key, kept as soon as they are set."""
        return _Parts(self, key)


def current_answers(events: list[Annotation]) -> dict[str, Annotation]:
    """The event that counts for each example id (see `AnnotationLog.current`)."""
    place = {event.event: number for number, event in enumerate(events)}
    found = {
        example_id: max(answers.values(), key=lambda one: place[one.event])
        for example_id, answers in standing(events).items()
    }
    return found | decisions(events)


class _Parts(MutableMapping[str, Any]):
    """The parts of one step, read and written through to the database."""

    def __init__(self, store: Store, key: str) -> None:
        self._store, self._key = store, key

    def _load(self) -> dict[str, Any]:
        table = schema.part
        with self._store.database.read() as connection:
            rows = connection.execute(
                select(table.c.name, table.c.value).where(table.c.key == self._key)
            )
            return {row.name: row.value for row in rows}

    def __getitem__(self, name: str) -> Any:
        return self._load()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        values = {"value": _jsonable(value)}
        statement = self._store.database.upsert(schema.part).values(
            key=self._key, name=name, **values
        )
        with self._store.database.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["key", "name"], set_=values)
            )

    def __delitem__(self, name: str) -> None:
        table = schema.part
        with self._store.database.begin() as connection:
            connection.execute(delete(table).where(table.c.key == self._key, table.c.name == name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())


def _jsonable(value: Any) -> Any:
    """Refuse NaN early: JSON has none, and a reader would fail on it later."""
    json.dumps(value, allow_nan=False)
    return value
