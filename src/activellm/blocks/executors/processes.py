"""Blocks done by several processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from activellm.blocks.contract import Block, BlockWork
from activellm.blocks.executors.attempts import attempt, raise_trouble
from activellm.blocks.executors.deaths import Deaths
from activellm.threads import available_cores, share_cores

GRACE = 5.0
"""Seconds that a worker without further blocks has to end by itself."""


class Processes:
    """Worker processes of this machine. One that dies is replaced, and its block done again.

    They are started anew (`spawn`), so a program that uses this keeps its own work behind
    `if __name__ == "__main__":`. Each opens pool and models for itself; the cores are divided among
    them. They end with this process, however it ends.

    Args:
        workers: How many; None for one on each core.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or available_cores()

    def run(
        self, work: BlockWork, blocks: Sequence[Block], folder: Path
    ) -> Generator[Block, None, None]:
        """See `BlockExecutor.run`."""
        waiting, deaths = deque(blocks), Deaths()
        idle: list[_Worker] = []
        busy: dict[Any, tuple[_Worker, Block]] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self.workers:
                    worker = idle.pop() if idle else _Worker(work, folder, self.workers)
                    busy[worker.connection] = worker, waiting.popleft()
                    worker.give(busy[worker.connection][1])
                for connection in wait(list(busy)):
                    worker, block = busy.pop(connection)
                    idle.append(worker)
                    trouble = worker.answer()
                    if trouble is None:
                        idle.remove(worker)
                        worker.end()
                        waiting.appendleft(block)
                        deaths.another()
                    else:
                        raise_trouble(trouble)
                        deaths.none()
                        yield block
            for worker in idle:
                worker.finish()
        finally:
            for worker in (*idle, *(one for one, _ in busy.values())):
                worker.end()


class _Worker:
    """A process that does one block after the other."""

    def __init__(self, work: BlockWork, folder: Path, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        parts = theirs, work, folder, workers
        self._process = context.Process(target=_serve, args=parts, daemon=True)
        self._process.start()
        theirs.close()

    def give(self, block: Block) -> None:
        """Give it a block to do; whether it still lives its answer tells."""
        with suppress(OSError):
            self.connection.send(block)

    def answer(self) -> str | None:
        """What it says of its block, see `attempt`; None if it is dead."""
        try:
            said: str = self.connection.recv()
        except (EOFError, OSError):
            return None
        return said

    def finish(self) -> None:
        """Let it end by itself."""
        self.connection.close()
        self._process.join(GRACE)

    def end(self) -> None:
        """End it now."""
        self.connection.close()
        self._process.kill()
        self._process.join()


def _serve(connection: Connection, work: BlockWork, folder: Path, workers: int) -> None:
    """What a worker process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    share_cores(workers)
    with suppress(EOFError, OSError):  # nobody asks any more
        while True:
            connection.send(attempt(work, connection.recv(), folder))


def _end_with_parent() -> None:
    """End this process when its parent has ended, also in the midst of a block."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
