"""Brings a project's database to the schema of this version, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from activellm.errors import StoreError
from activellm.project.database import Database, copy_file, told

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database, to: str = "head", *, migrations: Path = MIGRATIONS) -> None:
    """Apply the migrations that the database lacks, in one transaction.

    Before that, a SQLite file that holds something is copied beside itself: what was there can be
    gone back to, also if the new version turns out to be wrong.

    Args:
        database: Where the tables are.
        to: The revision to reach.
        migrations: The folder of the migrations.

    Raises:
        StoreError: If the database was written by a newer version, or a migration fails; then
            everything is as it was.
    """
    known = revisions(migrations)
    with database.read() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == known[-1]:
        return
    if present is not None and present not in known:
        raise StoreError(
            f"The database has schema {present}, which this version of activellm does not know.",
            where=database.where,
            remedy="Install the version that wrote it, or a newer one.",
        )
    copy = None
    try:
        with database.begin() as connection:  # from here on nobody else writes
            present = MigrationContext.configure(connection).get_current_revision()
            copy = _copied(database, present, known[-1])
            config = _config(migrations)
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    except Exception as error:
        why = told(error, database.where).what if isinstance(error, DatabaseError) else str(error)
        raise StoreError(
            f"The database could not be brought to this version's schema; it is as it was. {why}",
            where=database.where,
            remedy=f"A copy is beside it: {copy.name}." if copy else "Report this.",
        ) from error


def revisions(migrations: Path = MIGRATIONS) -> list[str]:
    """All schemas of this project's history by name, the present one last."""
    scripts = ScriptDirectory.from_config(_config(migrations)).walk_revisions()
    return [script.revision for script in scripts][::-1]


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    return config


def _copied(database: Database, present: str | None, to: str) -> Path | None:
    """A copy of the file as it is before a migration, if there is something to lose."""
    if present in (None, to) or not database.is_file:
        return None
    path = Path(database.where)
    copy = path.with_name(f"{path.name}.before-{to}")
    copy_file(path, copy)
    return copy
