"""Blocks done by the actors of Ray Data, on one machine or many."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from activellm.blocks.contract import Block, BlockWork
from activellm.blocks.executors.attempts import Counted, attempt, raise_trouble
from activellm.blocks.executors.cluster import cluster, gpu_share, places, ray_library
from activellm.blocks.storing import path_of
from activellm.errors import ActiveLLMError, MissingExtraError
from activellm.threads import share_cores

MOST_TASKS = 2_000
"""Tasks that Ray is given; a task is one block or, of very many, several."""


class RayData:
    """Ray Data maps over the blocks' numbers with actors; data and results stay in files.

    An actor that dies is started again by Ray, and its blocks done again. Without an address a
    cluster is begun on this machine and ended with the run. Machines of another cluster need this
    version of ActiveLLM, and must see the pool, the models and the work's folder under the same
    paths.

    Args:
        workers: How many actors, each on a CPU core; None for all cores of the cluster. On GPUs
            they get equal shares of them.
        address: Of a cluster, as for `ray.init`; empty for one on this machine.

    Raises:
        MissingExtraError: If Ray is not installed.
    """

    def __init__(self, workers: int | None = None, address: str = "") -> None:
        self.workers, self.address = workers, address
        self._ray = ray_library("Working on Ray", local=not address)

    def run(
        self, work: BlockWork, blocks: Sequence[Block], folder: Path
    ) -> Generator[Block, None, None]:
        """See `BlockExecutor.run`.

        Raises:
            ActiveLLMError: If the cluster cannot be reached.
            UsageError: If it has fewer cores than workers are asked for.
        """
        by_number = {block.number: block for block in blocks}
        with cluster(self._ray, self.address, self.workers):
            try:
                for row in self._mapped(work, blocks, folder):
                    raise_trouble(row["trouble"])
                    yield by_number[row["number"]]
            except self._ray.exceptions.RayError as error:
                last = str(error).strip().rpartition("\n")[2]
                raise ActiveLLMError(f"Ray gave up: {last}", where="--executor ray") from error

    def _mapped(self, work: BlockWork, blocks: Sequence[Block], folder: Path) -> Any:
        """The rows that the actors give, as they come."""
        data = _library()
        workers = min(places(self._ray, self.workers), len(blocks))
        pool = data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2)
        rows = data.from_items(
            [asdict(block) for block in blocks], override_num_blocks=min(len(blocks), MOST_TASKS)
        )
        mapped = rows.map(
            RayWorker,
            fn_constructor_args=(work, folder, workers),
            compute=pool,
            num_cpus=1,
            num_gpus=gpu_share(self._ray, workers) or None,
        )
        return mapped.iter_rows()


class RayWorker:
    """An actor of Ray Data: it does one block after the other.

    Args:
        work, folder: As for `BlockExecutor.run`.
        workers: How many there are.
    """

    def __init__(self, work: BlockWork, folder: Path, workers: int) -> None:
        self._work, self._folder = Counted(work, folder), folder
        share_cores(workers)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Do a block, given and returned as a row; "trouble" says what went wrong."""
        block = Block(row["number"], row["start"], row["stop"])
        there = path_of(self._folder, block).exists()  # by an actor that died before it said so
        trouble = "" if there else attempt(self._work, block, self._folder)
        return {"number": block.number, "trouble": trouble}


def _library() -> Any:
    """Ray Data, saying nothing of itself."""
    try:
        import ray.data
    except ImportError:
        raise MissingExtraError("Working on Ray Data", "ray") from None
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of itself
        ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray.data
