"""A project as a tracked run: a step a round."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from activellm import __version__
from activellm.errors import UsageError
from activellm.evaluation import Evaluation
from activellm.project import Point, Project, points
from activellm.tracking.addresses import public_name
from activellm.tracking.contract import Step, TrackedRun

_TOLD = (
    *("strategy", "schedule", "llm", "prompt", "recap", "answers", "shown", "orders"),
    *("candidates", "keep_candidates", "select", "rounds", "sampler", "successor", "ensemble"),
    *("encoder", "device", "holdout", "powered", "overlap", "consensus", "soft_labels"),
    *("weak_labels", "redact", "local_only", "seed", "preset"),
)
"""Settings that others may read: neither texts nor places nor logins."""


def project_run(project: Project, *, report: bool = False) -> TrackedRun:
    """A project's settings, and what each round came to.

    Args:
        project: With at least one trained round.
        report: Whether `report.html` goes along, which shows texts of the pool.

    Raises:
        UsageError: If no round is trained yet, or there is no report.
    """
    steps = tuple(Step(point.number, dict(_metrics(point))) for point in points(project))
    if not steps:
        raise UsageError(
            "No round is trained yet: there is nothing to track.",
            where=str(project.folder),
            remedy="Run activellm run first.",
        )
    made = f"{project.created} {project.task.fingerprint}"
    return TrackedRun(
        key=hashlib.sha256(made.encode()).hexdigest()[:16],
        name=project.folder.resolve().name.removesuffix(".activellm"),
        parameters=_parameters(project),
        steps=steps,
        files=(_report(project),) if report else (),
    )


def _parameters(project: Project) -> dict[str, str]:
    settings = project.settings
    told = {name: public_name(str(getattr(settings, name))) for name in _TOLD}
    return {
        **{name: value for name, value in told.items() if value},
        "committee": ", ".join(map(public_name, settings.committee)) or "none",
        "oracle": settings.oracle.partition(":")[0],
        "pool": str(len(project.pool)),
        "labels": str(len(project.task.labels)),
        "kind": project.task.kind,
        "task": project.task.fingerprint,
        "activellm": __version__,
    }


def _metrics(point: Point) -> Iterator[tuple[str, float]]:
    yield "labels", float(point.labels)
    yield "seconds", round(point.seconds, 3)
    yield "tokens", float(point.tokens)
    if point.cost is not None:
        yield "cost_usd", point.cost
    if point.measured is not None:
        yield from _measured(point.measured)


def _measured(found: Evaluation) -> Iterator[tuple[str, float]]:
    """The numbers, under the name of the texts that they were measured on."""
    yield f"{found.texts}/texts", float(found.size)
    for name, interval in (("accuracy", found.accuracy), ("macro_f1", found.macro_f1)):
        ends = (("", interval.value), ("_low", interval.low), ("_high", interval.high))
        for end, value in ends:
            if value is not None:
                yield f"{found.texts}/{name}{end}", float(value)


def _report(project: Project) -> Path:
    path = project.folder / "report.html"
    if not path.exists():
        raise UsageError(
            "There is no report yet.", where="--with-report", remedy="Run activellm report first."
        )
    return path
