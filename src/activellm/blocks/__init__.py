"""Work on a pool of any size: block by block, each result a file, by one or many workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.blocks.contract import Block, BlockExecutor, BlockWork, blocks
    from activellm.blocks.doing import Done, alone, do_blocks
    from activellm.blocks.executors.here import HERE, Here
    from activellm.blocks.executors.opening import EXECUTORS, open_executor

__all__ = [
    "EXECUTORS",
    "HERE",
    "Block",
    "BlockExecutor",
    "BlockWork",
    "Done",
    "Here",
    "alone",
    "blocks",
    "do_blocks",
    "open_executor",
]

__getattr__ = lazily(
    __name__,
    {
        "contract": "Block BlockExecutor BlockWork blocks",
        "doing": "Done alone do_blocks",
        "executors.here": "HERE Here",
        "executors.opening": "EXECUTORS open_executor",
    },
)
