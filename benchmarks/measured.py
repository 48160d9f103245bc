"""Run a command as a user would, and say what it and all its processes took.

Read from the system while it runs (psutil), ten times a second at first and twice later, so a
process that lives shorter may be missed; the seconds of those that are waited for are exact.
"""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

QUICK, SLOW, SLOW_AFTER_S = 0.1, 0.5, 60.0
GRACE_S = 20.0


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        code: Its exit code; negative where a signal ended it.
        seconds, cpu_s: Of the wall clock, and of all its processes' CPUs.
        driver_cpu_s: Of its first process alone, as it was last seen.
        peak_mb: The most memory that all processes held at a time; pages of a file that several
            map count in each.
        own_mb: The same without pages of files: what could not be dropped and read again.
        written_mb: What they gave the disks to write, at least.
        disk_mb: How much less space was free on the folder's disk at worst. Other work on the
            same disk counts in.
        processes: The most at a time.
        left: Processes that outlived the command; they were ended.
    """

    code: int
    seconds: float
    cpu_s: float
    driver_cpu_s: float
    peak_mb: float
    own_mb: float
    written_mb: float
    disk_mb: float
    processes: int
    left: int

    def then(self, other: Cost) -> Cost:
        """Of both, one after the other."""
        added = {
            name: round(getattr(self, name) + getattr(other, name), 2)
            for name in ("seconds", "cpu_s", "driver_cpu_s", "written_mb", "left")
        }
        most = {
            name: max(getattr(self, name), getattr(other, name))
            for name in ("peak_mb", "own_mb", "disk_mb", "processes")
        }
        return Cost(code=other.code, **added, **most)


@dataclass
class Kill:
    """Whom to end with SIGKILL, and when.

    Attributes:
        whom: "driver", the command itself, or "worker", one of its workers.
        after_s: Seconds from the start. A worker is ended as soon after as there is one.
        done: The process that was ended, 0 until then.
    """

    whom: str
    after_s: float
    done: int = 0

    def try_(self, driver: psutil.Process, others: Sequence[psutil.Process]) -> None:
        """End it, if the time has come."""
        chosen = [driver] if self.whom == "driver" else [one for one in others if _is_worker(one)]
        if chosen:
            one = random.choice(chosen)
            one.kill()
            self.done = one.pid


def _is_worker(process: psutil.Process) -> bool:
    """Whether it works on blocks: a spawned process, or an actor of Ray Data."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "spawn_main" in command or command.startswith("ray::MapWorker")


@dataclass
class _Seen:
    """The last that was read of each process, and the most of all together."""

    cpu: dict[int, float]
    written: dict[int, int]
    peak: float = 0.0
    own: float = 0.0
    processes: int = 0
    free: int = 0

    def look(self, processes: Sequence[psutil.Process], folder: Path) -> None:
        rss = own = 0
        alive = 0
        for one in processes:
            try:
                with one.oneshot():
                    times, memory = one.cpu_times(), one.memory_info()
                    rss, own = rss + memory.rss, own + memory.rss - memory.shared
                    self.cpu[one.pid] = times.user + times.system
                    self.written[one.pid] = one.io_counters().write_bytes
            except psutil.Error:
                continue
            alive += 1
        self.peak, self.own = max(self.peak, rss), max(self.own, own)
        self.processes = max(self.processes, alive)
        self.free = min(self.free, shutil.disk_usage(folder).free)


def run(
    command: Sequence[str],
    *,
    log: Path,
    folder: Path,
    kill: Kill | None = None,
    grace: float = GRACE_S,
) -> tuple[Cost, str]:
    """Run a command to its end.

    Args:
        command: With its arguments.
        log: What it says on standard error is added there.
        folder: On the disk to watch.
        kill: To end one of its processes on the way.
        grace: Seconds that its processes may outlive it before they count as left behind.

    Returns:
        What it took, and what it printed.
    """
    free = shutil.disk_usage(folder).free
    seen = _Seen({}, {}, free=free)
    before, start = _children_cpu(), time.perf_counter()
    output = log.with_suffix(".out")
    with log.open("a") as errors, output.open("w") as printed:
        process = psutil.Popen(command, stdout=printed, stderr=errors, stdin=subprocess.DEVNULL)
        family: dict[int, psutil.Process] = {}
        while process.poll() is None:
            now = time.perf_counter() - start
            others = _others(process)
            family |= {one.pid: one for one in others}
            seen.look([process, *others], folder)
            if kill and not kill.done and now >= kill.after_s:
                kill.try_(process, others)
            time.sleep(QUICK if now < SLOW_AFTER_S else SLOW)
    seconds = time.perf_counter() - start
    left = _end(list(family.values()), grace)
    waited = _children_cpu() - before
    mb = 2.0**20
    cost = Cost(
        process.returncode,
        round(seconds, 2),
        round(max(waited, sum(seen.cpu.values())), 2),
        round(seen.cpu.get(process.pid, 0.0), 2),
        round(max(seen.peak, 0) / mb, 1),
        round(seen.own / mb, 1),
        round(sum(seen.written.values()) / mb, 1),
        round((free - seen.free) / mb, 1),
        seen.processes,
        left,
    )
    return cost, output.read_text()


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _others(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _end(family: list[psutil.Process], grace: float) -> int:
    """Wait for what the command left running, end what stays; how many those were."""
    _, alive = psutil.wait_procs(family, timeout=grace)
    for one in alive:
        if one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
            one.kill()
    return len(alive)
