"""The files of a work: one Arrow file for each block that is done, and the key they belong to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from activellm.blocks.contract import Block, BlockWork
from activellm.errors import ActiveLLMError
from activellm.files import atomic_path, write_text

KEY_FILE = "key.json"
_MARK = b"activellm.blocks"


class Marked:
    """A work whose results carry a mark, so that a file says which key it belongs to.

    A worker that outlives its run cannot pass an old result off as a new one.

    Args:
        work: The work.
        mark: See `mark_of`.
    """

    def __init__(self, work: BlockWork, mark: str) -> None:
        self.what, self.work, self.mark = work.what, work, mark

    def key(self) -> Mapping[str, Any]:
        """See `BlockWork.key`."""
        return self.work.key()

    def do(self, block: Block) -> Any:
        """See `BlockWork.do`."""
        table = self.work.do(block)
        kept = table.schema.metadata or {}
        return table.replace_schema_metadata({**kept, _MARK: self.mark})


def mark_of(key: str) -> str:
    """A short name for a key."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def path_of(folder: Path, block: Block) -> Path:
    """Where a block's result is."""
    return folder / f"{block.number:06d}.arrow"


def write_block(work: BlockWork, block: Block, folder: Path) -> None:
    """Do a block and write its result: whole, or not at all.

    Raises:
        ActiveLLMError: What the work raises, or if there is no such folder here.
    """
    if not folder.is_dir():
        raise ActiveLLMError(
            "This machine has no such folder.",
            where=str(folder),
            remedy="All machines of a cluster must see the folder under the same path.",
        )
    table = work.do(block)
    with atomic_path(path_of(folder, block)) as draft, pa.ipc.new_file(draft, table.schema) as file:
        file.write_table(table)


def read_block(path: Path) -> Any:
    """A result as a memory-mapped table."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def is_done(folder: Path, block: Block, mark: str) -> bool:
    """Whether a block's result is there; one that is damaged or has another mark is removed."""
    path = path_of(folder, block)
    if not path.exists():
        return False
    try:
        with pa.memory_map(str(path)) as file:
            metadata = pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowException):
        metadata = {}
    if metadata.get(_MARK) == mark.encode():
        return True
    path.unlink()
    return False


def begin(folder: Path, key: str) -> bool:
    """Make the folder ready for results of this key; whether there were results of another.

    Those are removed, and what killed runs left half written. The key is written last, so that a
    kill in between leaves no result under a key that is not its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_parts(folder)
    file = folder / KEY_FILE
    known = file.read_text(encoding="utf-8") if file.exists() else None
    if known == key:
        return False
    old = list(folder.glob("*.arrow"))
    for path in old:
        path.unlink()
    write_text(file, key)
    return bool(old)


def remove_parts(folder: Path) -> None:
    """Remove what a run left beside results: half written ones and counts of attempts."""
    for part in (*folder.glob(".*.part"), *folder.glob(".*.tries")):
        part.unlink(missing_ok=True)


def note_attempt(folder: Path, block: Block) -> int:
    """Note that a block is begun; how often it has been in this run."""
    with (folder / f".{block.number:06d}.tries").open("ab") as tries:
        tries.write(b".")
        return tries.tell()


def key_text(work: BlockWork, rows: int, size: int) -> str:
    """The key of a work on so many rows in blocks of this size, as it is kept in the folder."""
    whole = {"work": work.key(), "rows": rows, "size": size}
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
