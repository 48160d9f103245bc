"""Send what was not sent before: `tracked.jsonl` beside the results remembers it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from activellm.errors import DataError, UsageError
from activellm.progress import Progress, silent
from activellm.tracking.contract import Step, TrackedRun, Tracker

LOG = "tracked.jsonl"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sending came to.

    Attributes:
        runs: Runs of which something was sent.
        steps: Steps that were sent.
        kept: Steps that had been sent before.
    """

    runs: int
    steps: int
    kept: int


@dataclass
class _Known:
    """What a tracker has of a run: by what it knows it, and each step's and file's digest."""

    address: str = ""
    digests: dict[str, str] = field(default_factory=dict)


def send(
    tracker: Tracker,
    runs: Sequence[TrackedRun],
    *,
    to: str,
    experiment: str,
    folder: Path,
    progress: Progress = silent,
) -> Sent:
    """Send each run's steps and files that the tracker does not have yet.

    If it is killed between a sending and the note of it, that run's new steps are sent once more.

    Args:
        tracker: Where to.
        runs: What there is.
        to: How the user named the tracker; what was sent there is remembered under it.
        experiment: Under which heading.
        folder: Where it is remembered.
        progress: Told how many runs are done.

    Raises:
        UsageError: For files that the tracker cannot keep.
        ActiveLLMError: If the tracker failed; what it took before is remembered.
    """
    if not tracker.takes_files and any(run.files for run in runs):
        raise UsageError(f"{tracker.name} keeps no files.", where="--to")
    log, place = folder / LOG, f"{to} {experiment}"
    known = _read(log, place)
    sent = steps = kept = 0
    for done, run in enumerate(runs, 1):
        before = known.get(run.key, _Known())
        digests = {str(step.number): _digest(step) for step in run.steps}
        digests |= {path.name: _file_digest(path) for path in run.files}
        new = {name for name, digest in digests.items() if before.digests.get(name) != digest}
        fresh = replace(
            run,
            steps=tuple(step for step in run.steps if str(step.number) in new),
            files=tuple(path for path in run.files if path.name in new),
        )
        kept += len(run.steps) - len(fresh.steps)
        if new:
            address = tracker.send(fresh, experiment, before.address)
            _note(log, {"to": place, "run": run.key, "address": address, "sent": digests})
            sent, steps = sent + 1, steps + len(fresh.steps)
        progress("Sending", done, len(runs))
    return Sent(sent, steps, kept)


def _digest(step: Step) -> str:
    return hashlib.sha256(json.dumps(sorted(step.metrics.items())).encode()).hexdigest()[:16]


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read(log: Path, place: str) -> dict[str, _Known]:
    """What was sent there, by run. A line that a kill tore off at the end does not count."""
    known: dict[str, _Known] = {}
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines(), 1):
        try:
            row = json.loads(line)
            if row["to"] == place:
                one = known.setdefault(row["run"], _Known())
                one.address = row["address"]
                one.digests |= row["sent"]
        except (ValueError, KeyError, TypeError):
            raise DataError(
                "This is no note of a sending.", where=f"{log}, line {number}"
            ) from None
    return known


def _note(log: Path, row: Mapping[str, Any]) -> None:
    with log.open("a+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        torn = b"\n" if end and file.read(1) != b"\n" else b""
        file.write(torn + json.dumps(row).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
