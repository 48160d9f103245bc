"""Are the trained classifier's probabilities true? Looked at, and put right by a temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from activellm.evaluation.abstention import sureness
from activellm.evaluation.calibration import (
    Calibration,
    fit_temperature,
    left_out_temperatures,
    reliability,
)
from activellm.evaluation.cross_validation import OutOfFold
from activellm.evaluation.disagreement import Disagreement, look_at_disagreement
from activellm.evaluation.measure import Texts
from activellm.evaluation.runs import DIGITS, Predicted
from activellm.evaluation.trust import Trust
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.rounds import rounds
from activellm.project.steps import do_once
from activellm.project.store import StepResult
from activellm.project.training import Training, temper_to
from activellm.successors.checks import decide
from activellm.successors.contract import Probabilities
from activellm.successors.tempering import tempered
from activellm.task import Targets, Task

STEP = "calibrate"

_CALIBRATIONS = TypeAdapter(list[Calibration])
_DISAGREEMENTS = TypeAdapter(list[Disagreement])


def calibrate(
    project: Project,
    training: Training,
    truth: Mapping[Texts, Targets],
    crossed: StepResult,
    measured: StepResult,
    progress: Progress = silent,
) -> tuple[Trust, StepResult]:
    """Fit a temperature, give it to the kept classifier, and say what it changes. Done once.

    Args:
        project: The project.
        training: Its trained successor.
        truth: The answers to each set of texts.
        crossed: What cross-validation of this training kept.
        measured: What predicting hold-out and gold texts kept.
        progress: Told when it begins.
    """

    def work(_parts: Any) -> dict[str, Any]:
        progress("Calibration", 0, 1)
        found = _worked_out(project.task, truth, crossed.value, measured.value)
        progress("Calibration", 1, 1)
        return {"training": training.result.key, **found}

    decided_by = [training.result.key, crossed.key, measured.key]
    result = do_once(project, STEP, len(rounds(project)), decided_by, work)
    value = result.value
    temper_to(project, training, value["temperature"] or 1.0)
    trust = Trust(
        value["temperature"],
        value["fitted_on"],
        tuple(_CALIBRATIONS.validate_python(value["calibrations"])),
        tuple(_DISAGREEMENTS.validate_python(value["disagreements"])),
    )
    return trust, result


def _worked_out(
    task: Task, truth: Mapping[Texts, Targets], crossed: Any, measured: Any
) -> dict[str, Any]:
    labels = len(task.label_names)
    said: dict[Texts, Predicted] = {
        texts: Predicted.from_json(measured["said"][texts], labels)
        for texts in ("gold", "hold-out")
        if texts in measured["said"]
    }
    after: dict[Texts, Probabilities] = {}
    temperature, fitted_on = None, 0
    if crossed["said"] is not None:
        own, targets = Predicted.from_json(crossed["said"], labels), truth["labelled"]
        outside = OutOfFold((own,), np.array(crossed["folds"]))
        temperature = fit_temperature(task, own.probabilities, targets)
        fitted_on = len(targets)
        after = {
            texts: tempered(one.probabilities, temperature, multi=task.multi)
            for texts, one in said.items()
        }
        said["labelled"] = own
        after["labelled"] = left_out_temperatures(task, outside, targets)
    calibrations, disagreements, answers = [], [], {}
    for texts, one in said.items():
        targets = truth[texts]
        changed = after.get(texts, one.probabilities)
        right = _right(task, one.probabilities, targets)
        calibrations.append(
            Calibration(
                texts,
                len(targets),
                reliability(task, one.probabilities, targets),
                reliability(task, changed, targets),
            )
        )
        if one.disagreement is not None:
            disagreements.append(look_at_disagreement(one.disagreement, right, texts))
        answers[texts] = {
            "sure": sureness(task, changed).round(DIGITS).tolist(),
            "right": right.tolist(),
        }
    return {
        "temperature": temperature,
        "fitted_on": fitted_on,
        "calibrations": _CALIBRATIONS.dump_python(calibrations, mode="json"),
        "disagreements": _DISAGREEMENTS.dump_python(disagreements, mode="json"),
        "answers": answers,
    }


def _right(task: Task, probabilities: Probabilities, targets: Targets) -> Any:
    same = decide(probabilities, task) == targets
    return same.all(axis=1) if task.multi else same
