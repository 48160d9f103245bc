"""The project folder: where everything of one project is, and how it comes into being.

project.toml     task, settings, what was imported
pool.arrow       the texts, memory-mapped
pool.folds.arrow   which texts are near copies of an earlier one, if they were looked for
test.arrow       labelled texts to measure on, if a file of them was given
activellm.db     people's answers and finished steps (SQLite), unless they are on a server
embeddings.db    vectors by content
audit.jsonl      every call that was made to a query model
redaction-map.json   what placeholders stand for, if personal data are replaced; never sent
recordings/      LLM calls by content, plain JSON
blocks/          what is computed for all texts, block by block; may be deleted
models/          trained successors, one folder a training
blocks/          what was computed of all texts, to be made again if it is deleted
report.html
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from activellm import __version__
from activellm.errors import ActiveLLMError, StoreError, UsageError
from activellm.files import write_text
from activellm.pool import ImportReport, Pool
from activellm.project.database import check_url, missing, open_server, without_password
from activellm.project.preflight import check_gold, check_settings, check_texts
from activellm.project.store import Store, now
from activellm.settings import Settings
from activellm.task import Task
from activellm.tools import AUDIT, Tools

FORMAT = 1
CONFIG, POOL, TEST, DATABASE, LOCK = (
    "project.toml",
    "pool.arrow",
    "test.arrow",
    "activellm.db",
    ".lock",
)


class Project:
    """An existing project folder. Its state is in the folder, not in this object.

    Args:
        folder: Made by `Project.create`.

    Raises:
        UsageError: If it is no project folder.
        StoreError: If it cannot be read, or is of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fields = _read_config(folder / CONFIG)
        self.task = Task.build(where=str(folder / CONFIG), **fields["task"])
        self.settings = Settings.build(where=str(folder / CONFIG), **fields["settings"])
        self.imported = ImportReport.from_json(fields["pool"])
        self.created: str = fields["created"]
        self.task_file: str = fields.get("task_file", "")

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        settings: Settings,
        bring_pool: Callable[[Path], ImportReport],
        make_task: Callable[[Pool], Task],
        bring_test: Callable[[Path], ImportReport] | None = None,
    ) -> Self:
        """Make a project folder, whole or not at all.

        Args:
            folder: Must not exist, or be empty.
            settings: How the project works.
            bring_pool: Imports the texts into the path it is given.
            make_task: Gives the task, once the pool can be looked at.
            bring_test: Imports labelled texts to measure on, if there are any.

        Raises:
            UsageError: If the folder holds something else already.
            StoreError: If it cannot be written.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                "It exists already and is no project.",
                where=str(folder),
                remedy="Name another folder with --project.",
            )
        if url := os.environ.get("ACTIVELLM_DATABASE"):
            check_url(url, where="ACTIVELLM_DATABASE")
            settings = settings.changed(database=settings.database or without_password(url))
        with made_whole(folder) as draft:
            report = bring_pool(draft / POOL)
            pool = Pool.open(draft / POOL)
            task = make_task(pool)
            check_settings(task, settings)
            check_texts(pool, task, settings)
            if bring_test is not None:
                bring_test(draft / TEST)
                check_gold(Pool.open(draft / TEST), task, settings.gold_column or "")
            created = now()
            _write_config(draft / CONFIG, task, settings, report, created=created)
            open_store(draft, settings, created).close()
        return cls(folder)

    @cached_property
    def pool(self) -> Pool:
        """The texts, memory-mapped."""
        return Pool.open(self.folder / POOL)

    @cached_property
    def test(self) -> Pool | None:
        """Labelled texts to measure on, if a file of them was given."""
        path = self.folder / TEST
        return Pool.open(path) if path.exists() else None

    @cached_property
    def store(self) -> Store:
        """The database."""
        return open_store(
            self.folder, self.settings, self.created, renamed=self.task.former, existing=True
        )

    @cached_property
    def tools(self) -> Tools:
        """Encoder, query model and successor as the settings name them."""
        return Tools(self.task, self.settings, self.folder)

    def audit_lines(self) -> list[dict[str, Any]]:
        """Every call that was made to a query model, in order: when, where, how many texts."""
        from activellm.llm.audit_log import AuditLog

        return [asdict(line) for line in AuditLog(self.folder / AUDIT).lines()]

    def relabel(self, task: Task) -> None:
        """Keep the task with labels renamed or retired; answers stay as they are.

        Raises:
            UsageError: If anything else would change.
        """
        same = {"labels"}
        if task.model_dump(exclude=same) != self.task.model_dump(exclude=same) or len(
            task.labels
        ) != len(self.task.labels):
            raise UsageError("Only names and the offer of labels can be changed.")
        self._rewrite(task, self.settings)
        self.__dict__.pop("store", None)  # it reads older answers under the new names

    def move_to(self, database: str) -> None:
        """Say that the answers are in another database; nothing is copied.

        Raises:
            UsageError: If it is no address that can be used.
        """
        settings = self.settings.model_copy(update={"database": database})
        check_settings(self.task, settings)
        self._rewrite(self.task, settings)

    def configure(self, settings: Settings) -> None:
        """Replace the settings; finished steps stay, later ones use the new settings.

        Raises:
            UsageError: If they cannot work, or the seed differs: it decided what was done already.
            DataError: If a column of gold labels holds others than the task's.
        """
        if settings == self.settings:
            return
        if settings.seed != self.settings.seed:
            raise UsageError(
                f"The project was made with seed {self.settings.seed}.",
                where="--seed",
                remedy="Name another folder with --project for another seed.",
            )
        if settings.database != self.settings.database:
            raise UsageError(
                "The project's answers are in another database.",
                where="--database",
                remedy="Move them: activellm backup, then activellm restore with --database.",
            )
        check_settings(self.task, settings)
        if settings.gold_column not in (None, self.settings.gold_column):
            check_gold(self.pool, self.task, str(settings.gold_column))
        self._rewrite(self.task, settings)

    def _rewrite(self, task: Task, settings: Settings) -> None:
        """Keep another task or other settings; what they open is opened anew."""
        _write_config(self.folder / CONFIG, task, settings, self.imported, created=self.created)
        self.task, self.settings = task, settings
        self.__dict__.pop("tools", None)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from working on the project. The lock ends with the process.

        Raises:
            StoreError: If another process works on it now.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(
                "Another activellm process is at work on this project.",
                where=str(self.folder),
                remedy="Wait for it, or stop it with Ctrl-C.",
            ) from None
        try:
            yield
        finally:
            lock.release()


def open_store(
    folder: Path,
    settings: Settings,
    created: str,
    *,
    renamed: Mapping[str, str] | None = None,
    existing: bool = False,
) -> Store:
    """The database of a project: ACTIVELLM_DATABASE, else `settings.database`, else a file.

    Args:
        folder: The project's. If the database is a file in it already, it stays that file.
        settings: Its own.
        created: When it was made: names its schema on a server.
        renamed: What labels in older answers are called now.
        existing: Whether the database must be there already.

    Raises:
        StoreError: If it cannot be used, or is not there and must be.
    """
    file = folder / DATABASE
    url = os.environ.get("ACTIVELLM_DATABASE") or settings.database
    if not url or (not settings.database and file.exists()):
        if existing and not file.exists():
            raise missing(str(file))
        return Store(file, renamed=renamed)
    digest = hashlib.sha256(created.encode()).hexdigest()[:12]
    return Store(open_server(url, f"activellm_{digest}", existing=existing), renamed=renamed)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            "There is no project here.",
            where=str(path.parent),
            remedy="Make one with: activellm run POOL --task ... --label ...",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StoreError(f"It cannot be read: {error}.", where=str(path)) from None
    if fields.get("format") != FORMAT:
        raise StoreError(
            f"The project has format {fields.get('format')}; this version reads {FORMAT}.",
            where=str(path),
            remedy="Install the version of activellm that made it, or a newer one.",
        )
    missing = {"task", "settings", "pool", "created"} - set(fields)
    if missing:
        raise StoreError(f"It lacks {', '.join(sorted(missing))}.", where=str(path))
    return fields


def _write_config(
    path: Path, task: Task, settings: Settings, report: ImportReport, *, created: str
) -> None:
    import tomlkit

    fields = {
        "format": FORMAT,
        "activellm": __version__,
        "created": created,
        "task": json.loads(task.model_dump_json()),
        "settings": _without_none(settings.model_dump(mode="json")),
        "pool": _without_none(report.as_json()),
    }
    write_text(path, tomlkit.dumps(fields))


def _without_none(value: Any) -> Any:
    """TOML has no null: what is None is left out, and is None again when it is read."""
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return value


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """Give a draft folder beside `folder` that takes its place when the block succeeds.

    Drafts that killed processes left behind are removed.
    """
    from filelock import FileLock

    prefix = f".{folder.name}.draft-"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_drafts(folder.parent, prefix)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=prefix))
    except OSError as error:
        raise StoreError(f"It cannot be made: {error.strerror}.", where=str(folder)) from None
    lock = FileLock(draft / LOCK)
    try:
        lock.acquire()
        draft.chmod(0o777 & ~_umask())
        yield draft
        lock.release()
        (draft / LOCK).unlink(missing_ok=True)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except OSError as error:
        if isinstance(error, ActiveLLMError):
            raise
        raise StoreError(f"It cannot be written: {error.strerror}.", where=str(folder)) from error
    finally:
        lock.release()
        shutil.rmtree(draft, ignore_errors=True)


def _remove_drafts(parent: Path, prefix: str) -> None:
    """Remove the drafts that no process works on; its lock ends with a process."""
    from filelock import FileLock, Timeout

    for draft in parent.glob(f"{glob.escape(prefix)}*"):
        try:
            with FileLock(draft / LOCK, timeout=0):
                pass
        except (OSError, Timeout):
            continue
        shutil.rmtree(draft, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
