"""Serves the annotation page in a process of its own, for tests that kill it.

Usage: page_process.py LOG PORT TEXTS; prints each address, and "finished" at the end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from annotation_logs import SqliteLog
from annotation_samples import make_queue, make_task

from activellm.annotation import BrowserOracle


def main() -> None:
    log_path, port, count = sys.argv[1:]
    log = SqliteLog(Path(log_path))
    oracle = BrowserOracle(
        int(port), open_browser=False, announce=lambda url: print(url, flush=True), grace=0.5
    )
    oracle.answer(make_queue(int(count)), make_task(), log)
    print("finished", flush=True)


if __name__ == "__main__":
    main()
