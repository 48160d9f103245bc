"""All rows of a project's tables as JSON lines, and back into a database of either kind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import OperationalError, StatementError

from activellm.errors import DataError, StoreError
from activellm.project import schema
from activellm.project.database import Database

_BATCH = 1000


def dump(database: Database, to: Path) -> dict[str, int]:
    """Write all rows of all tables, as of one moment, a JSON line each; nobody waits for it.

    Returns:
        How many rows each table has; empty tables are absent.
    """
    counts: Counter[str] = Counter()
    with to.open("w", encoding="utf-8") as file, database.read() as connection:
        for table in schema.metadata.sorted_tables:
            query = select(table).order_by(*table.primary_key.columns)
            for row in connection.execute(query).mappings():
                file.write(json.dumps([table.name, dict(row)]) + "\n")
                counts[table.name] += 1
    return dict(counts)


def load(database: Database, path: Path, wanted: dict[str, int]) -> None:
    """Put the rows of a dump into empty tables, all or none of them.

    Args:
        database: Of this version's schema.
        path: Written by `dump`.
        wanted: How many rows each table must have afterwards.

    Raises:
        StoreError: If the tables hold rows already.
        DataError: If the dump does not fit the tables, or lacks rows.
    """
    with database.begin() as connection:
        if _counts(connection):
            raise StoreError(
                "The database holds answers of this project already.",
                where=database.where,
                remedy="Restore into another database.",
            )
        try:
            for name, rows in _batches(path):
                connection.execute(insert(schema.metadata.tables[name]), rows)
        except (StatementError, ValueError, TypeError, KeyError) as error:
            if isinstance(error, OperationalError):  # a full disk, a lost connection
                raise
            raise DataError("The backup's rows do not fit the tables.", where=str(path)) from error
        _set_counters(connection)
        if _counts(connection) != wanted:
            raise DataError("The backup does not hold all rows.", where=str(path))


def _batches(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows of one table with the same columns, some at a time."""
    with path.open(encoding="utf-8") as file:
        lines = (json.loads(line) for line in file)
        for (name, columns), group in groupby(lines, lambda line: (line[0], frozenset(line[1]))):
            known = schema.metadata.tables[name].c
            needed = {one.name for one in known if not (one.nullable or one.server_default)}
            if not needed <= columns <= set(known.keys()):
                raise ValueError(f"{name} has other columns")
            while batch := [row for _, row in islice(group, _BATCH)]:
                yield name, batch


def _counts(connection: Connection) -> dict[str, int]:
    found = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in schema.metadata.sorted_tables
    }
    return {name: count for name, count in found.items() if count}


def _set_counters(connection: Connection) -> None:
    """Let numbers go on after the highest; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in schema.metadata.sorted_tables:
        if "sequence" in table.c:
            highest = select(func.coalesce(func.max(table.c.sequence), 0) + 1).scalar_subquery()
            counter = func.pg_get_serial_sequence(table.name, "sequence")
            connection.execute(select(func.setval(counter, highest, False)))
