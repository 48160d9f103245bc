"""A program that works on blocks and can be stopped: POOL FOLDER EXECUTOR WORKERS SECONDS."""

from __future__ import annotations

import sys
from pathlib import Path

from block_works import Hashing

from activellm.blocks import do_blocks, open_executor
from activellm.pool import Pool


def main() -> None:
    pool, folder, executor, workers, slow = sys.argv[1:]
    try:
        do_blocks(
            Hashing(pool, slow=float(slow)),
            len(Pool.open(pool)),
            Path(folder),
            size=100,
            executor=open_executor(executor, int(workers)),
            progress=lambda _, done, total: print(done, file=sys.__stdout__, flush=True),
        )
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
