"""The bytes of a file, of standard input or of a pipe; compressed ones decompressed."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from activellm.errors import DataError

GZIP = b"\x1f\x8b"
STANDARD_INPUT = "-"
SAVE_AS_UTF8 = "Save it as UTF-8, or name its encoding (--encoding, where the command has it)."


class RawInput:
    """A source's bytes, which can be read from the start as often as needed.

    What cannot be read twice (standard input, a pipe) is copied to a temporary file first, which
    goes away with the object.

    Attributes:
        name: What users call it: the path as given, or "standard input".
        path: The file that holds the bytes.
    """

    def __init__(self, path: str | Path) -> None:
        """Find the file.

        Raises:
            DataError: If it is missing, a directory, or cannot be read.
        """
        self.name = "standard input" if str(path) == STANDARD_INPUT else str(path)
        self._temporary = False
        self._opened: BinaryIO | None = None
        with readable(self.name):
            self.path = self._settle(path)
            with self.path.open("rb") as file:
                self.compressed = file.read(2) == GZIP

    def _settle(self, path: str | Path) -> Path:
        if str(path) == STANDARD_INPUT:
            if sys.stdin.isatty():
                raise DataError("Nothing is piped in.", where=self.name, remedy="Name a file.")
            return self._copy(sys.stdin.buffer)
        path = Path(path)
        if path.is_dir():
            raise DataError("This is a folder, not a file.", where=self.name)
        if not path.exists():
            raise DataError("There is no such file.", where=self.name)
        if path.is_file():
            return path
        with path.open("rb") as pipe:
            return self._copy(pipe)

    def _copy(self, source: BinaryIO) -> Path:
        self._temporary = True
        handle, name = tempfile.mkstemp(prefix="activellm-")
        weakref.finalize(self, Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        return Path(name)

    def open(self) -> BinaryIO:
        """The bytes from the start, decompressed."""
        self._opened = file = self.path.open("rb")
        return cast(BinaryIO, _Unzipped(file)) if self.compressed else file

    def share(self) -> float | None:
        """The part of its bytes that was read since it was opened last; None if that is closed."""
        if self._opened is None or self._opened.closed:
            return None
        return self._opened.tell() / max(1, os.fstat(self._opened.fileno()).st_size)

    def origin(self) -> dict[str, Any] | None:
        """What tells an unchanged file from all others; None for a pipe."""
        if self._temporary:
            return None
        found = self.path.stat()
        return {
            "path": str(self.path.resolve()),
            "size": found.st_size,
            "changed": found.st_mtime_ns,
        }

    def head(self, size: int = 1 << 16) -> bytes:
        """The first `size` bytes, decompressed.

        Raises:
            DataError: If they cannot be read.
        """
        with readable(self.name), self.open() as file:
            return file.read(size)

    def plain(self) -> Path:
        """A file with the decompressed bytes, for readers that jump about."""
        if not self.compressed:
            return self.path
        with readable(self.name), self.open() as file:
            return self._copy(file)


class _Unzipped(gzip.GzipFile):
    """Closes the file that it reads, too."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._zipped = file

    def close(self) -> None:
        """Close both."""
        super().close()
        self._zipped.close()


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn what goes wrong while bytes are read into an error for users.

    Raises:
        DataError: For a failed read, broken compression or a wrong encoding, at the place `name`.
    """
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError("The compressed data are damaged or cut off.", where=name) from None
    except UnicodeDecodeError as error:
        raise undecodable(name, error) from None
    except OSError as error:
        raise DataError(f"Cannot read it: {error.strerror or error}.", where=name) from None


def undecodable(where: str, error: UnicodeDecodeError) -> DataError:
    """The error for bytes that are not in the file's encoding."""
    return DataError(
        f"The text is not in the encoding {error.encoding}: {error.reason}.",
        where=where,
        remedy=SAVE_AS_UTF8,
    )
