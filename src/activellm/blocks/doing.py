"""Do a work to all rows, block by block; what is done already stays done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from activellm.blocks.contract import BlockExecutor, BlockWork, blocks
from activellm.blocks.executors.here import HERE
from activellm.blocks.storing import (
    Marked,
    begin,
    is_done,
    key_text,
    mark_of,
    path_of,
    read_block,
    remove_parts,
)
from activellm.errors import ActiveLLMError
from activellm.progress import Progress, silent

SIZE = 50_000
"""Rows of a block: some tens of megabytes of texts, a second to some minutes of work."""


@dataclass(frozen=True)
class Done:
    """The results of a work.

    Attributes:
        paths: One Arrow file for each block, in the blocks' order.
        kept: How many rows were done before this run.
    """

    paths: tuple[Path, ...]
    kept: int = 0

    def tables(self) -> Iterator[Any]:
        """The results as memory-mapped Arrow tables, in the blocks' order."""
        return map(read_block, self.paths)


def do_blocks(
    work: BlockWork,
    rows: int,
    folder: Path,
    *,
    size: int = SIZE,
    executor: BlockExecutor = HERE,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda _: None,
) -> Done:
    """Do what is missing of a work. It can be killed at any moment and called again.

    Args:
        work: What to do.
        rows: How many rows there are.
        folder: Where the results are kept; nothing else may be in it. It is made if missing, and
            may be deleted at any time that nobody uses it.
        size: Rows of a block.
        executor: Who does it.
        progress: Told the rows that are done.
        say: Told that results of another key are thrown away, if so.

    Raises:
        ActiveLLMError: What the work raised, if another run is at work on the folder, or if workers
            die again and again.
    """
    folder = folder.absolute()
    with alone(folder):
        key = key_text(work, rows, size)
        mark = mark_of(key)
        if begin(folder, key):
            say(f"{work.what} begins anew: what was kept is of other inputs or settings.")
        all_blocks = blocks(rows, size)
        missing = [block for block in all_blocks if not is_done(folder, block, mark)]
        done = rows - sum(block.rows for block in missing)
        progress(work.what, done, rows)
        try:
            with closing(executor.run(Marked(work, mark), missing, folder)) as finished:
                for block in finished if missing else ():
                    done += block.rows
                    progress(work.what, done, rows)
        finally:
            remove_parts(folder)
    paths = tuple(path_of(folder, block) for block in all_blocks)
    return Done(paths, rows - sum(block.rows for block in missing))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of the folder, which is made if missing.

    Raises:
        ActiveLLMError: If another run is in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise ActiveLLMError(
            "Another command is at work on this.",
            where=str(folder),
            remedy="Wait for its end, or stop it.",
        ) from None
