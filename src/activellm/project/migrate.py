"""Brings a project's database to the schema of this version, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from activellm.errors import StoreError


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(connection: Connection, *, where: str) -> None:
    """Apply the migrations that the database lacks, in the caller's transaction.

    Raises:
        StoreError: If the database was written by a newer version.
    """
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present == scripts.get_current_head():
        return
    if present is not None and present not in {
        script.revision for script in scripts.walk_revisions()
    }:
        raise StoreError(
            f"The database has schema {present}, which this version of activellm does not know.",
            where=where,
            remedy="Install the version that wrote it, or a newer one.",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
