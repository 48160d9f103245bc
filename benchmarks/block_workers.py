"""What it costs to have blocks done by other processes: CPU seconds, beside this process alone."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa

from activellm.blocks import EXECUTORS, Block, do_blocks, open_executor
from activellm.pool import Pool, import_pool
from activellm.pool.identity import digest
from activellm.pool.sources.memory import MemorySource


@dataclass
class Hashing:
    """The digest of each text; quick, so that what is around it shows."""

    path: str
    what = "Hashing"

    def key(self) -> Mapping[str, Any]:
        return {"path": self.path}

    def do(self, block: Block) -> pa.Table:
        texts = Pool.open(self.path).block(block.start, block.stop).column("text").to_pylist()
        return pa.table({"digest": [digest(text) for text in texts]})


def cpu_seconds() -> float:
    """Of this process and of all that it has begun, the ended ones included."""
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def measure(pool: Path, texts: int, size: int, executor: str, workers: int) -> dict[str, float]:
    """Do all blocks, and again none (all are there): seconds of each."""
    before, start = cpu_seconds(), time.perf_counter()
    first: list[float] = []
    spent = before

    def note(_: str, done: int, __: int | None, /) -> None:
        nonlocal spent
        if done and not first:
            first.append(time.perf_counter() - start)
        if done == texts:
            spent = cpu_seconds()

    opened = open_executor(executor, None if executor == "here" else workers)
    with tempfile.TemporaryDirectory() as folder:
        work = Hashing(str(pool))
        do_blocks(work, texts, Path(folder), size=size, executor=opened, progress=note)
        whole = time.perf_counter() - start
    return {"cpu_s": spent - before, "first_block_s": first[0], "wall_s": whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pool = Path(folder) / "pool.arrow"
        words = "please repair the street light before number {} in the long road ".format
        texts = [words(number) * (1 + number % 4) for number in range(asked.texts)]
        import_pool(MemorySource({"text": texts}), pool, text="text")
        for executor in EXECUTORS:
            for _ in range(asked.runs):
                found = measure(pool, asked.texts, asked.size, executor, asked.workers)
                load = os.getloadavg()[0]
                print(json.dumps({"executor": executor, **found, "load": load}), flush=True)


if __name__ == "__main__":
    main()
