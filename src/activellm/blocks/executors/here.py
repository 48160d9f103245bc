"""Blocks done in this process."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from activellm.blocks.contract import Block, BlockWork
from activellm.blocks.storing import write_block


class Here:
    """One block after the other, in this process."""

    def run(
        self, work: BlockWork, blocks: Sequence[Block], folder: Path
    ) -> Generator[Block, None, None]:
        """See `BlockExecutor.run`."""
        for block in blocks:
            write_block(work, block, folder)
            yield block


HERE = Here()
"""The executor for whoever has no wish."""
