"""The tar file of a backup: written, compared with its manifest, unpacked."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pydantic import BaseModel, ValidationError

from activellm import __version__
from activellm.errors import DataError, UsageError
from activellm.project.folder import CONFIG, DATABASE
from activellm.project.migrate import revisions
from activellm.project.store import now

FORMAT = 1
MANIFEST, ROWS = "manifest.json", "rows.jsonl"

_NOT_COPIED = (DATABASE, "embeddings.db", "blocks/", MANIFEST, ROWS)
"""The database comes as rows; vectors and blocks are computed again; the others would be taken for
ours."""

_CHUNK = 1 << 20


class Manifest(BaseModel):
    """What a backup says of itself.

    Attributes:
        format: Of the tar file.
        activellm: The version that made it.
        made: When, ISO 8601 in UTC.
        tables: The revision of the tables' schema.
        rows: How many rows of each table.
        files: The SHA-256 of each file by its name.
    """

    format: int = FORMAT
    activellm: str
    made: str
    tables: str
    rows: dict[str, int]
    files: dict[str, str]


def write(folder: Path, to: Path, dumped: Path, counts: dict[str, int]) -> None:
    """Put a project's files and the dump of its tables into a tar file.

    Args:
        folder: The project's.
        to: The tar file.
        dumped: The rows of all tables, a JSON line each.
        counts: How many rows each table has.
    """
    files = {ROWS: dumped} | {name: folder / name for name in _own_files(folder)}
    digests = {}
    with tarfile.open(to, "w") as tar:
        for name, path in files.items():
            with contextlib.suppress(FileNotFoundError):  # gone since it was listed
                digests[name] = _add_file(tar, name, path)
        manifest = Manifest(
            activellm=__version__, made=now(), tables=revisions()[-1], rows=counts, files=digests
        )
        _add_text(tar, MANIFEST, manifest.model_dump_json(indent=1))


def verify(path: Path) -> Manifest:
    """Read a whole backup and compare it with its manifest.

    Raises:
        DataError: If it is no backup of ours, or damaged.
    """
    manifest = _manifest(path)
    seen = set()
    with _opened(path) as tar:
        for member in tar:
            if member.name == MANIFEST:
                continue
            wanted = manifest.files.get(member.name)
            if wanted is None or not member.isfile() or not _is_inside(member.name):
                raise _damaged(path, f"{member.name!r} does not belong into it")
            file = tar.extractfile(member)
            if file is None or _digest(file) != wanted:
                raise _damaged(path, f"{member.name!r} is not what it was")
            seen.add(member.name)
    missing = set(manifest.files) - seen
    if missing:
        raise _damaged(path, f"{min(missing)!r} is missing")
    return manifest


def extract(path: Path, to: Path) -> None:
    """Unpack what `verify` has seen: plain files of known names."""
    with _opened(path) as tar:
        for member in tar:
            if member.name != MANIFEST:
                tar.extract(member, to, filter="data")


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """Copy a file into the tar; gives its SHA-256."""
    with path.open("rb") as file:
        info = tar.gettarinfo(fileobj=file, arcname=name)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        copied = _Hashed(file, info.size)
        tar.addfile(info, copied)
    return copied.digest


class _Hashed:
    """A file that is hashed while it is read, no further than it was long at the beginning."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left, self._hash = file, size, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        part = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(part)
        self._hash.update(part)
        return part

    @property
    def digest(self) -> str:
        """Of what was read."""
        return self._hash.hexdigest()


def _own_files(folder: Path) -> list[str]:
    """The project's files by name, without what is left out and without half-written ones."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in PurePosixPath(name).parts)
        copied = not hidden and not name.startswith(_NOT_COPIED)
        if copied and path.is_file() and not path.is_symlink():
            found.append(name)
    return found


def _add_text(tar: tarfile.TarFile, name: str, words: str) -> None:
    data = words.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))


def _manifest(path: Path) -> Manifest:
    foreign = DataError("It is no backup of an ActiveLLM project.", where=str(path))
    fields = _manifest_fields(path)
    if not isinstance(fields, dict):
        raise foreign
    if fields.get("format", FORMAT) != FORMAT or fields.get("tables", "0001") not in revisions():
        raise DataError(
            f"The backup has format {fields.get('format')} and schema {fields.get('tables')}; "
            f"this version reads {FORMAT} and up to {revisions()[-1]}.",
            where=str(path),
            remedy="Install the version of activellm that made it, or a newer one.",
        )
    try:
        manifest = Manifest.model_validate(fields)
    except ValidationError:
        raise foreign from None
    if not {CONFIG, ROWS} <= set(manifest.files):
        raise foreign
    return manifest


def _manifest_fields(path: Path) -> Any:
    with _opened(path) as tar:
        try:
            file = tar.extractfile(MANIFEST)
            return json.loads(file.read()) if file else None
        except (KeyError, ValueError):
            return None


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path) as tar:
            yield tar
    except FileNotFoundError:
        raise UsageError("There is no such file.", where=str(path)) from None
    except (tarfile.TarError, EOFError) as error:
        # Below the first line stands each way in which it could not be read.
        raise _damaged(path, str(error).partition("\n")[0].rstrip(":")) from error


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name)
    return not parts.is_absolute() and ".." not in parts.parts


def _digest(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while part := file.read(_CHUNK):
        found.update(part)
    return found.hexdigest()


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"The backup is damaged, or is none: {why}.", where=str(path), remedy="Use another backup."
    )
