"""What a block is, what is done to one, and who does it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows.

    Attributes:
        number: Its place among the blocks, from 0.
        start: Its first row, from 0.
        stop: The row after its last.
    """

    number: int
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.stop - self.start


class BlockWork(Protocol):
    """What is done to each block, by whichever process: its result depends on nothing else.

    It is sent to worker processes, so it holds paths and settings; what is large (a pool, a model)
    is opened there, on the first block.

    Attributes:
        what: Names the work in the progress line, such as "Hashing texts".
    """

    what: str

    def key(self) -> Mapping[str, Any]:
        """What decides the results, as JSON values: results under another key are not used."""
        ...

    def do(self, block: Block) -> Any:
        """The block's result, an Arrow table of any number of rows.

        Raises:
            ActiveLLMError: If it cannot be done; this ends the whole work.
        """
        ...


class BlockExecutor(Protocol):
    """Does blocks, one or several at a time, in no certain order."""

    def run(
        self, work: BlockWork, blocks: Sequence[Block], folder: Path
    ) -> Generator[Block, None, None]:
        """Do the blocks and write each result to its file; gives each block when its file is there.

        Closing the generator ends all workers.

        Args:
            work: What to do.
            blocks: What to do it to.
            folder: Where the files go (`storing.write_block`).

        Raises:
            ActiveLLMError: What the work raised, or if workers die again and again.
        """
        ...


def blocks(rows: int, size: int) -> list[Block]:
    """All rows in blocks of `size`; the last may be smaller.

    Raises:
        ValueError: If `size` is not above 0.
    """
    if size < 1:
        raise ValueError("A block has one row or more.")
    starts = range(0, rows, size)
    return [Block(number, start, min(start + size, rows)) for number, start in enumerate(starts)]
