"""One job of a project, done in a process of its own for the page that started it.

Usage: python -m activellm.cli.work FOLDER JOB. It tells how far it is in JSON lines on standard
output, and ends when its standard input closes: whoever started it is gone then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from activellm.annotation.office import Job
    from activellm.progress import Progress
    from activellm.project import Project

_EVERY = 0.2
"""Seconds between two lines of progress."""

_GRACE = 10.0
"""Seconds to end by oneself when nobody listens any more."""


def main(folder: str, job: Job) -> int:
    """Do a job; gives the exit code."""
    from activellm.cli.main import told
    from activellm.project import Project

    threading.Thread(target=_end_with_the_server, daemon=True).start()
    try:
        project = Project(Path(folder))
        with project.locked():
            _say(done=work(project, job, Doing()))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001  # told to the owner, whatever it is
        code, words = told(error)
        _say(failed=words.removeprefix("Error: "))
        return code
    return 0


def work(project: Project, job: Job, progress: Progress) -> str:
    """Do a job and say what came of it, in a sentence."""
    from activellm.project import measure, train
    from activellm.project.turning import next_round, train_anew
    from activellm.workflow import selection_told, training_told, write_report

    if job == "next-round":
        return selection_told(next_round(project, progress)).summary
    if job == "train":
        return training_told(train_anew(project, progress)).summary
    training = train(project, progress)
    write_report(project, training, measure(project, training, progress), progress)
    return ""


class Doing:
    """A progress callback that tells it on standard output, not too often."""

    def __init__(self) -> None:
        self._last = ("", 0.0)

    def __call__(self, what: str, done: int, total: int | None, /) -> None:
        """Say how far it is."""
        name, at = self._last
        moment = time.monotonic()
        if what == name and moment - at < _EVERY and done != total:
            return
        self._last = (what, moment)
        _say(doing=what, fraction=done / total if total else None)


def _say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_the_server() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():  # never a group of others
        os.killpg(0, signal.SIGINT)
        time.sleep(_GRACE)
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    code = main(*sys.argv[1:3])  # type: ignore[arg-type]  # an unknown job is told by `work`
    sys.stdout.flush()
    os._exit(code)  # all is on the disk; large libraries take seconds to put themselves away
