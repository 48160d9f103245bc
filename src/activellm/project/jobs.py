"""Work that the owner starts from the page: one job at a time, each in a process of its own.

A job's process leads a process group, so that all that it starts ends with it. It reads its
standard input and ends when that closes: also a server that is killed leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from activellm.annotation.office import JOBS, Job
from activellm.errors import UnknownNameError, UsageError
from activellm.project.store import now

State = Literal["running", "done", "failed", "stopped"]

GRACE = 10.0
"""Seconds that a stopped job has to end by itself."""

_KEPT = 50


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job stands.

    Attributes:
        id: A random one.
        job: What is done.
        state: Whether it runs, and how it ended.
        started, ended: ISO 8601 in UTC; `ended` is empty while it runs.
        message: What it is doing; what came of it; or why it failed.
        fraction: How much of what it is doing is done, 0 to 1; None if unknown.
    """

    id: str
    job: Job
    state: State
    started: str
    ended: str = ""
    message: str = ""
    fraction: float | None = None


class Jobs:
    """The jobs of one server.

    Args:
        command: Gives the command line for a job. It prints JSON lines: `{"doing": str, "fraction":
            number | null}` while it works, `{"done": str}` or `{"failed": str}` at its end.
        ended: Called, in another thread, when a job has ended.
        grace: Seconds that a stopped job has to end by itself.
    """

    def __init__(
        self,
        command: Callable[[Job], Sequence[str]],
        ended: Callable[[], None] = lambda: None,
        grace: float = GRACE,
    ) -> None:
        self._command = command
        self._ended = ended
        self._grace = grace
        self._lock = threading.RLock()
        self._states: dict[str, JobState] = {}
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._closed = False

    def states(self) -> list[dict[str, Any]]:
        """All jobs so far, the newest first, as JSON."""
        with self._lock:
            return [asdict(one) for one in reversed(self._states.values())]

    def start(self, job: Job) -> dict[str, Any]:
        """Start a job and give its state.

        Raises:
            UnknownNameError: If there is no such job.
            UsageError: If another one runs.
        """
        if job not in JOBS:
            raise UnknownNameError("job", job, JOBS)
        with self._lock:
            if self._closed or self._running() is not None:
                raise UsageError("Another job is running.", remedy="Wait for it, or stop it.")
            state = JobState(uuid.uuid4().hex, job, "running", now())
            process = self._spawn(job)
            self._states[state.id] = state
            self._process = process
            self._reader = threading.Thread(
                target=self._follow, args=(state.id, process), name="activellm-job", daemon=True
            )
            self._reader.start()
            for old in list(self._states)[:-_KEPT]:
                del self._states[old]
            return asdict(state)

    def stop(self, job_id: str) -> dict[str, Any]:
        """Interrupt a job as Ctrl-C would; kill it if it does not end by itself.

        Raises:
            UsageError: If there is no such job.
        """
        with self._lock:
            if job_id not in self._states:
                raise UsageError("There is no such job.")
            process = self._process
            if self._states[job_id].state == "running" and process is not None:
                self._change(job_id, state="stopped")
                _signal(process, signal.SIGINT)
                timer = threading.Timer(self._grace, _kill, [process])
                timer.daemon = True
                timer.start()
            return asdict(self._states[job_id])

    def close(self) -> None:
        """Stop what runs, and wait until it has ended. Nothing can be started afterwards."""
        with self._lock:
            self._closed = True
            running, process, reader = self._running(), self._process, self._reader
        if running is not None:
            self.stop(running.id)
        if process is not None and reader is not None:
            reader.join(self._grace)
            _kill(process)
            reader.join(self._grace)

    def _running(self) -> JobState | None:
        """The job whose process has not ended; it may have been told to stop."""
        return next((one for one in self._states.values() if not one.ended), None)

    def _spawn(self, job: Job) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  # our own command line
            list(self._command(job)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def _follow(self, job_id: str, process: subprocess.Popen[str]) -> None:
        """Read what a job tells until it ends."""
        complaints: deque[str] = deque(maxlen=20)
        complaining = threading.Thread(
            target=complaints.extend, args=(process.stderr or (),), daemon=True
        )
        complaining.start()
        for line in process.stdout or ():
            self._hear(job_id, line)
        code = process.wait()
        _kill(process)  # whatever it started and left behind
        complaining.join(1)
        with self._lock:
            self._end(job_id, code, [line.strip() for line in complaints if line.strip()])
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        self._ended()

    def _hear(self, job_id: str, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            return  # a library that prints
        with self._lock:
            if "doing" in told:
                self._change(job_id, message=told["doing"], fraction=told.get("fraction"))
            elif "done" in told or "failed" in told:
                state: State = "done" if "done" in told else "failed"
                message = told.get("done") or told.get("failed") or ""
                if self._states[job_id].state == "running":
                    self._change(job_id, state=state, message=message, fraction=None)

    def _end(self, job_id: str, code: int, complaints: Sequence[str]) -> None:
        state = self._states[job_id]
        if state.state == "running":  # it ended without a word
            why = complaints[-1] if complaints else f"It ended with code {code}."
            self._change(job_id, state="failed", message=why, fraction=None)
        elif state.state == "stopped":
            self._change(job_id, message="", fraction=None)
        self._change(job_id, ended=now())

    def _change(self, job_id: str, **fields: Any) -> None:
        self._states[job_id] = replace(self._states[job_id], **fields)


def command_for(folder: Path, job: Job) -> list[str]:
    """The command line that does a job of the project in a folder."""
    return [sys.executable, "-m", "activellm.cli.work", str(folder), job]


def _signal(process: subprocess.Popen[str], number: int) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:  # Windows has no process groups of this kind
            process.terminate()
    except (ProcessLookupError, PermissionError):
        pass


def _kill(process: subprocess.Popen[str]) -> None:
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
