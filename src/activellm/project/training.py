"""Train the successor on what is labelled so far, and keep it in the project."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from activellm.errors import UsageError
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.resolving import lessons, tied
from activellm.project.rounds import labelled, queue, rounds
from activellm.project.steps import do_once, key_of
from activellm.project.store import StepResult
from activellm.project.weak import weak_labels
from activellm.selection import Labelled
from activellm.successors import Successor, load_successor
from activellm.successors.trust import Trust
from activellm.successors.weak import WeaklyTaught
from activellm.tools import Tools

_TRUST = TypeAdapter(Trust)


@dataclass(frozen=True)
class Training:
    """A trained successor.

    Attributes:
        folder: Where it is.
        examples: How many labelled texts it learned from.
        by_label: How many of each label.
        choice: The successor's name and why it was chosen.
        warnings: What was found wanting, as sentences.
        weak: What was decided about the query model's weak labels; None if there were none.
        result: Time, memory and key of the step.
    """

    folder: Path
    examples: int
    by_label: dict[str, int]
    choice: tuple[str, str]
    warnings: tuple[str, ...]
    result: StepResult
    weak: Trust | None = None

    def load(self, tools: Tools) -> Successor:
        """The trained classifier, with the project's encoder and its kept embeddings."""
        return load_successor(self.folder, encoder=tools.encoder, device=tools.settings.device)


def train(project: Project, progress: Progress = silent) -> Training:
    """Train on all labels so far; the same labels and settings are not trained on twice.

    Raises:
        UsageError: If nothing is labelled yet.
    """
    examples = labelled(project)
    taught = examples + tied(project, queue(project))
    if not taught:
        raise UsageError(
            "Nothing is labelled yet.",
            where=str(project.folder),
            remedy="Label some texts first: activellm annotate.",
        )
    number = len(rounds(project))
    successor = project.tools.successor(project.settings.seed, weak_labels(project))
    decided_by = {
        "labels": _decided_by(project, taught),
        "settings": dict(successor.settings()),
        "task": project.task.fingerprint,
    }
    name = f"{number:03d}-{successor.name}-{key_of(decided_by)[:8]}"
    work = partial(_train, project, taught, successor, name, progress)
    result = do_once(project, "train", number, decided_by, work)
    return _training(project, result)


def _decided_by(project: Project, examples: list[Labelled]) -> list[Any]:
    """What the training depends on of the labels: hard ones, or soft ones with their weights."""
    if not project.settings.soft_labels:
        return [[one.example.id, list(one.answer)] for one in examples]
    contents, answers, weights = lessons(project, examples)
    given = [1.0] * len(contents) if weights is None else weights.round(6).tolist()
    return [list(row) for row in zip(contents, answers, given, strict=True)]


def fit(project: Project, examples: list[Labelled], progress: Progress = silent) -> Successor:
    """A successor trained on these examples, not kept."""
    successor = project.tools.successor(project.settings.seed, weak_labels(project))
    contents, answers, weights = lessons(project, examples)
    targets = project.task.targets(answers)
    successor.fit(contents, targets, weights=weights, progress=progress)
    return successor.inner if isinstance(successor, WeaklyTaught) else successor


def latest_training(project: Project) -> Training | None:
    """The most recent trained successor, if there is one."""
    for number in range(len(rounds(project)), -1, -1):
        if (result := project.store.result("train", number)) is not None:
            return _training(project, result)
    return None


def _train(
    project: Project,
    examples: list[Labelled],
    successor: Successor,
    name: str,
    progress: Progress,
    _parts: Any,
) -> dict[str, Any]:
    contents, answers, weights = lessons(project, examples)
    targets = project.task.targets(answers)
    successor.fit(contents, targets, weights=weights, progress=progress)
    _save(successor, project.folder / "models" / name)
    return {
        "folder": name,
        "examples": len(examples),
        "by_label": dict(Counter(label for one in examples for label in one.answer)),
        "choice": list(project.tools.successor_choice),
        "warnings": list(successor.warnings),
        "weak": asdict(successor.trust) if isinstance(successor, WeaklyTaught) else None,
    }


def _save(successor: Successor, folder: Path) -> None:
    """Write beside, then take the place of an older one, so that no half-written model is seen."""
    folder.parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        successor.save(draft)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _training(project: Project, result: StepResult) -> Training:
    value = result.value
    name, reason = value["choice"]
    return Training(
        folder=project.folder / "models" / value["folder"],
        examples=value["examples"],
        by_label=value["by_label"],
        choice=(name, reason),
        warnings=tuple(value["warnings"]),
        result=result,
        weak=_TRUST.validate_python(value["weak"]) if value.get("weak") else None,
    )
