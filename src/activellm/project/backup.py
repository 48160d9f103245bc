"""Copies of a whole project that can be trusted, and projects made from them again.

A backup is one tar file: the project's own files, the rows of all tables as JSON lines, and a
manifest with the SHA-256 of each. So one made of a SQLite file restores into PostgreSQL, too.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from activellm.errors import StoreError, UsageError
from activellm.files import atomic_path
from activellm.project import archive, rows
from activellm.project.folder import DATABASE, Project, made_whole, open_store
from activellm.project.store import Store


@dataclass(frozen=True)
class Backup:
    """What a backup holds.

    Attributes:
        path: The tar file.
        made: When, ISO 8601 in UTC.
        files: How many files.
        rows: How many rows of each table.
        bytes: Its size.
    """

    path: Path
    made: str
    files: int
    rows: dict[str, int]
    bytes: int


def backup(project: Project, to: Path) -> Backup:
    """Copy a project, also while people label in it, and read the copy back.

    Args:
        project: Whole.
        to: The tar file; must not exist.

    Raises:
        UsageError: If there is something already.
        StoreError: If it cannot be written or read back.
    """
    if to.exists():
        raise UsageError("It exists already.", where=str(to), remedy="Name another file.")
    if to.resolve().is_relative_to(project.folder.resolve()):
        raise UsageError(
            "A backup inside the project would be lost with it.",
            where=str(to),
            remedy="Name a file outside the project folder.",
        )
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(to) as draft, tempfile.TemporaryDirectory() as folder:
            dumped = Path(folder) / archive.ROWS
            counts = rows.dump(project.store.database, dumped)
            archive.write(project.folder, draft, dumped, counts)
            found = verify(draft)
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"It cannot be written: {why}.", where=str(to)) from error
    return Backup(to, found.made, found.files, found.rows, found.bytes)


def verify(path: Path) -> Backup:
    """Read a whole backup and compare it with its manifest.

    Raises:
        DataError: If it is no backup of ours, or damaged.
    """
    manifest = archive.verify(path)
    return Backup(path, manifest.made, len(manifest.files), manifest.rows, path.stat().st_size)


def restore(path: Path, folder: Path, *, database: str | None = None) -> Project:
    """Make a project from a backup, whole or not at all.

    Args:
        path: The tar file; it is verified first.
        folder: Must not exist, or be empty.
        database: Another place for the answers: a PostgreSQL address, or "" for a file; None for
            where they were.

    Raises:
        UsageError: If the folder holds something.
        DataError: If it is no backup of ours, or damaged.
        StoreError: If it cannot be written, or the database holds rows already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "There is something already; nothing is restored over it.",
            where=str(folder),
            remedy="Name a folder that does not exist.",
        )
    found = verify(path)
    with made_whole(folder) as draft:
        archive.extract(path, draft)
        project = Project(draft)
        if database is not None:
            project.move_to(database)
        with contextlib.closing(_new_store(project, database)) as store:
            rows.load(store.database, draft / archive.ROWS, found.rows)
        (draft / archive.ROWS).unlink()
    return Project(folder)


def _new_store(project: Project, database: str | None) -> Store:
    if database == "":  # a file, whatever else is set
        return Store(project.folder / DATABASE)
    return open_store(project.folder, project.settings, project.created)
