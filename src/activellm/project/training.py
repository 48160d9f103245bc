"""Train the successor on what is labelled so far, and keep it in the project."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from activellm.errors import UsageError
from activellm.files import write_text
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.resolving import lessons, tied
from activellm.project.rounds import labelled, queue, rounds
from activellm.project.steps import do_once, key_of
from activellm.project.store import StepResult
from activellm.project.weak import weak_labels
from activellm.selection import Labelled
from activellm.successors import Successor
from activellm.successors.saved import SavedFacts
from activellm.successors.trust import WeakTrust
from activellm.successors.weak import WeaklyTaught
from activellm.tools import Tools

TEMPERATURE = "calibration.json"
"""Lies in the folder of a classifier whose log-odds were divided, and says by what."""

_TRUST = TypeAdapter(WeakTrust)


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
    weak: WeakTrust | None = None

    @property
    def temperature(self) -> float:
        """What the log-odds of the kept classifier were divided by after training."""
        path = self.folder / TEMPERATURE
        if not path.exists():
            return 1.0
        return float(json.loads(path.read_text(encoding="utf-8"))["temperature"])

    def load(self, tools: Tools, *, calibrated: bool = True) -> Successor:
        """The trained classifier, with the project's encoder, if that is here, and its embeddings.

        Args:
            tools: The project's.
            calibrated: False gives it as it was trained, whatever was done since.
        """
        successor = tools.load_successor(self.folder, encoder=tools.encoder_if_here)
        if not calibrated and self.temperature != 1.0:
            successor.temper(1 / self.temperature)
        return successor


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
    choice = project.tools.successor_choice
    return {
        "folder": name,
        "examples": len(examples),
        "by_label": dict(Counter(label for one in examples for label in one.answer)),
        "choice": [choice.name, choice.reason],
        "warnings": list(successor.warnings),
        "weak": asdict(successor.trust) if isinstance(successor, WeaklyTaught) else None,
    }


def temper_to(project: Project, training: Training, temperature: float) -> None:
    """Have the kept classifier's log-odds divided by `temperature` in all, however they are now."""
    before = training.temperature
    if before != temperature:
        successor = training.load(project.tools)
        successor.temper(temperature / before)
        _save(successor, training.folder, temperature, SavedFacts.read(training.folder))


def _save(
    successor: Successor,
    folder: Path,
    temperature: float = 1.0,
    known: SavedFacts | None = None,
) -> None:
    """Write beside, then take the place of an older one, so that no half-written model is seen.

    Args:
        successor: What to write.
        folder: Where.
        temperature: What its log-odds were divided by.
        known: Facts of the older one that the successor itself does not know.
    """
    folder.parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    older = _aside(folder)
    try:
        successor.save(draft)
        if known is not None:
            facts = SavedFacts.read(draft)
            replace(facts, weak=known.weak).write(draft)
        if temperature != 1.0:
            write_text(draft / TEMPERATURE, json.dumps({"temperature": temperature}) + "\n")
        if folder.exists():
            shutil.rmtree(older, ignore_errors=True)
            folder.rename(older)
        draft.rename(folder)
        shutil.rmtree(older, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _aside(folder: Path) -> Path:
    """Where a model waits while a newer one takes its place."""
    return folder.with_name(f".{folder.name}.older")


def _training(project: Project, result: StepResult) -> Training:
    value = result.value
    name, reason = value["choice"]
    folder = project.folder / "models" / value["folder"]
    if not folder.exists() and _aside(folder).exists():  # killed while a newer one came
        _aside(folder).rename(folder)
    return Training(
        folder=folder,
        examples=value["examples"],
        by_label=value["by_label"],
        choice=(name, reason),
        warnings=tuple(value["warnings"]),
        result=result,
        weak=_TRUST.validate_python(value["weak"]) if value.get("weak") else None,
    )
