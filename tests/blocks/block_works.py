"""Small works for the tests of blocks, in a module that workers can import."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from activellm.blocks import Block, Done
from activellm.errors import DataError
from activellm.pool import Pool


@dataclass
class Hashing:
    """Hashes the texts of a pool.

    Attributes:
        path: The pool's file.
        slow: Seconds to wait in each block.
        fatal: The number of a block that kills its worker, the first time it is met.
        always: Whether it does so each time.
        bad: The number of a block that cannot be done.
    """

    path: str
    slow: float = 0.0
    fatal: int = -1
    always: bool = False
    bad: int = -1
    salt: str = ""
    what = "Hashing texts"

    def key(self) -> Mapping[str, Any]:
        return {"path": self.path, "salt": self.salt}

    def do(self, block: Block) -> pa.Table:
        time.sleep(self.slow)
        if block.number == self.fatal:
            self._die()
        if block.number == self.bad:
            raise DataError("This text is bad.", where="row 7", remedy="Mend it.")
        rows = Pool.open(self.path).block(block.start, block.stop)
        texts = rows.column("text").to_pylist()
        hashes = [hashlib.sha256((self.salt + text).encode()).hexdigest() for text in texts]
        return pa.table({"id": rows.column("id"), "hash": hashes})

    def _die(self) -> None:
        died = Path(self.path).with_suffix(".died")
        if self.always or not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Failing(Hashing):
    """Has a bug."""

    def do(self, block: Block) -> pa.Table:
        raise ZeroDivisionError("in block", block.number)


class Full(Hashing):
    """Finds the disk full."""

    def do(self, block: Block) -> pa.Table:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")


def pool_of(path: Path, texts: int) -> str:
    """A pool's file, with so many texts."""
    from activellm.pool import import_pool
    from activellm.pool.sources.memory import MemorySource

    source = MemorySource({"text": [f"text number {number}" for number in range(texts)]})
    import_pool(source, path / "pool.arrow", text="text")
    return str(path / "pool.arrow")


def contents(done: Done) -> list[bytes]:
    """The results' bytes."""
    return [path.read_bytes() for path in done.paths]
