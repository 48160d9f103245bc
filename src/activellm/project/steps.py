"""A step's work is done once: its result is kept under the key of all that decided it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, MutableMapping
from typing import Any

from activellm.project.folder import Project
from activellm.project.measure import measured
from activellm.project.store import StepResult, now

Parts = MutableMapping[str, Any]


def key_of(*decided_by: Any) -> str:
    """A short key that changes when anything of `decided_by` (JSON) changes."""
    canonical = json.dumps(decided_by, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def do_once(
    project: Project,
    name: str,
    number: int,
    decided_by: Any,
    work: Callable[[Parts], Any],
) -> StepResult:
    """Give the kept result of a step, or do its work and keep the result.

    Args:
        project: Where results are kept.
        name: The step.
        number: Its round; 0 for the project as a whole.
        decided_by: JSON of everything that decides the result.
        work: Does it. What it sets in the mapping is kept at once, and there again after a kill.
    """
    key = key_of(name, decided_by)
    kept = project.store.result(name, number)
    if kept is not None and kept.key == key:
        return kept
    with measured() as measure:
        value = work(project.store.parts(key))
    result = StepResult(key, value, measure.seconds, measure.peak_bytes, now())
    project.store.finish(name, number, result)
    return result
