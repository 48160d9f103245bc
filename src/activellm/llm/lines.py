"""Appends whole lines to a file that several threads and processes may write."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def append_line(path: Path, line: str) -> None:
    """Append one line in one write; what a killed writer has left unfinished is ended first.

    The file is made for its owner's eyes only.

    Args:
        path: The file; it and its folder are made if they are not there.
        line: Without a line end.

    Raises:
        OSError: If the line could not be written whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        lock(handle)  # or another writer's line, half seen, looks unfinished
        size = os.fstat(handle).st_size
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
        unfinished = size > 0 and os.read(handle, 1) != b"\n"
        data = ("\n" * unfinished + line + "\n").encode("utf-8")
        if os.write(handle, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(handle)


def lock(handle: int) -> None:
    """Keep other writers out until the file is closed, where the system can do so."""
    try:
        import fcntl
    except ImportError:  # Windows: an empty line may come between, which readers pass over
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
