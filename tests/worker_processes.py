"""The worker processes that a program has begun, for the tests that kill them."""

from __future__ import annotations

from contextlib import suppress

import psutil

NAMES = ("ray::MapWorker", "ray::RayWorker")
"""As Ray calls its processes: Ray Data's, and those of an actor pool of ours."""


def workers(program: psutil.Process | None = None) -> list[psutil.Process]:
    """Processes that do blocks or jobs for a program, or for this one."""
    found = []
    for process in (program or psutil.Process()).children(recursive=True):
        with suppress(psutil.Error):
            line = " ".join(process.cmdline())
            if "spawn_main" in line or line.startswith(NAMES):
                found.append(process)
    return found
