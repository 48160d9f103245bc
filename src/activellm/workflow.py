"""The main job, step by step: select, annotate, train, evaluate, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activellm.annotation.contract import Oracle
from activellm.evaluation import Evaluation
from activellm.evaluation.powered import in_words
from activellm.evaluation.trust import Trust
from activellm.files import write_text
from activellm.progress import Progress, silent
from activellm.project import (
    Measured,
    NearFacts,
    Project,
    Round,
    Training,
    annotate,
    labelled,
    measure,
    measure_round,
    near_facts,
    open_items,
    points,
    predict_stop_set,
    rounds,
    select,
    train,
)
from activellm.project.card import complete_card
from activellm.project.stopping import verdicts
from activellm.stopping import said
from activellm.tools import BATCHES


@dataclass(frozen=True)
class Told:
    """What a finished step has to say.

    Attributes:
        step: Its name.
        summary: What came of it, a sentence.
        seconds: How long it took when it was done; None where it takes no time of ours.
        peak_bytes: The highest memory during it.
        warnings: What a careful reader should know.
    """

    step: str
    summary: str
    seconds: float | None = None
    peak_bytes: int = 0
    warnings: tuple[str, ...] = ()


Tell = Callable[[Told], None]
_TEXTS = {"labelled": "labelled texts", "hold-out": "hold-out", "gold": "gold labels"}


@dataclass(frozen=True)
class Outcome:
    """How far a run came.

    Attributes:
        waiting: Texts that still wait for a label.
        training: The trained successor, if there was anything to train on.
        measured: How good it is.
        report: The report's path.
    """

    waiting: int
    training: Training | None = None
    measured: Measured | None = None
    report: Path | None = None


def run(project: Project, oracle: Oracle, *, tell: Tell, progress: Progress = silent) -> Outcome:
    """Do what is left to do of the main job; everything that is done already stays as it is."""
    tell(pool_told(project))
    done = rounds(project)
    tell(selection_told(done[-1] if done else select(project, progress)))
    while True:
        waiting = annotate(project, oracle, progress)
        tell(annotation_told(project, oracle, waiting))
        if waiting:
            return Outcome(waiting)
        training = train(project, progress)
        tell(training_told(training))
        if len(rounds(project)) >= project.settings.rounds:
            break
        measure_round(project, training, progress)
        predict_stop_set(project, training, progress)
        tell(round_told(project))
        tell(selection_told(select(project, progress)))
    measured = measure(project, training, progress)
    if len(rounds(project)) > 1:
        predict_stop_set(project, training, progress)
    for told in measured_told(measured):
        tell(told)
    path = write_report(project, training, measured, progress)
    tell(Told("Report", str(path)))
    return Outcome(0, training, measured, path)


def write_report(
    project: Project, training: Training, measured: Measured, progress: Progress = silent
) -> Path:
    """Write `report.html`, and what was measured into the model's card."""
    from activellm.report.collect import collect
    from activellm.report.render import render

    complete_card(project, training, measured)
    path = project.folder / "report.html"
    write_text(path, render(collect(project, training, measured, progress)))
    return path


def pool_told(project: Project) -> Told:
    """What was read."""
    report = project.imported
    parts = [f"{report.kept:,} texts from {Path(report.source).name}"]
    if report.folded:
        parts.append(f"{report.folded:,} duplicates folded")
    if report.empty:
        parts.append(f"{report.empty:,} empty ones set aside")
    near = near_facts(project.pool)
    if near is None:
        return Told("Pool", ", ".join(parts) + ".")
    parts.append(
        f"{near.copies:,} near copies of {near.groups:,} of them folded "
        f"(similarity {near.threshold:g} or more)"
    )
    return Told("Pool", ", ".join(parts) + ".", warnings=_near_warnings(near))


def _near_warnings(near: NearFacts) -> tuple[str, ...]:
    found = []
    if near.contradictions:
        found.append(
            f"{near.contradictions:,} near copies came with another label than the text that they "
            "fold into; the first label counts. activellm fold --to near-copies.csv lists them."
        )
    if near.cut:
        found.append(
            "Some texts share pieces with so many others that not all were compared: a few near "
            "copies may have stayed. A higher --fold-near compares fewer."
        )
    return tuple(found)


def selection_told(round_: Round) -> Told:
    """What was picked, and how."""
    selection = round_.selection
    used = selection.used or selection.strategy
    by = used if used == selection.strategy else f"{used} ({selection.strategy})"
    summary = f"{len(selection.picks)} of {len(round_.candidates)} candidates by {by}."
    return Told(
        "Selection",
        f"{summary} {selection.explanation}".strip(),
        round_.result.seconds,
        round_.result.peak_bytes,
        selection.health.warnings,
    )


def annotation_told(project: Project, oracle: Oracle, waiting: int) -> Told:
    """How many texts have a label."""
    count = len(labelled(project))
    summary = f"{count} texts labelled ({project.settings.oracle})."
    if waiting:
        summary += f" {waiting} still wait; run the same command again to go on."
    return Told("Annotation", summary, warnings=oracle.warnings)


def training_told(training: Training) -> Told:
    """What was trained."""
    name, reason = training.choice
    by_label = ", ".join(f"{label} {count}" for label, count in training.by_label.items())
    summary = f"{name} on {training.examples} texts ({by_label}). {reason}"
    if training.weak is not None:
        summary += f" {training.weak.reason}"
    result = training.result
    return Told("Successor", summary, result.seconds, result.peak_bytes, training.warnings)


def round_told(project: Project) -> Told:
    """How good the classifier is after the last round, and which round comes next."""
    last = points(project)[-1]
    summary = f"{last.number} of {project.settings.rounds}, {last.labels} labels."
    if last.measured is not None:
        where = f"{_TEXTS[last.measured.texts]} ({last.measured.size})"
        summary += f" On {where}: {_metrics(last.measured)}."
    if found := verdicts(project):
        summary += f" {said(found)}"
    return Told("Round", summary)


def measured_told(measured: Measured) -> list[Told]:
    """How good the classifier is, beside what needs no training and beside random picking."""
    sums = measured.results
    lines = [
        f"{one.subject}, {_TEXTS[one.texts]} ({one.size}): {_metrics(one)}"
        for one in measured.evaluations
    ]
    told = [
        Told(
            "Evaluation",
            "\n".join(lines),
            sum(result.seconds for step, result in sums.items() if step not in _TOLD_APART),
            max(result.peak_bytes for result in sums.values()),
            measured.warnings,
        )
    ]
    if measured.powered is not None:
        cost = measured.results["Weak labels"]
        told.append(Told("Estimate", in_words(measured.powered), cost.seconds, cost.peak_bytes))
    if measured.trust is not None and measured.trust.calibrations:
        told.append(Told("Calibration", _trust(measured.trust)))
    if measured.comparison is not None:
        by_f1 = measured.comparison.macro_f1
        told.append(
            Told(
                "Comparison",
                f"{measured.comparison.sentence} Macro-F1 {_points(by_f1.picks)} against "
                f"{_points(by_f1.random)}, the mean of {measured.comparison.draws} random draws: "
                f"{100 * by_f1.difference:+.1f} points [{100 * by_f1.low:+.1f}, "
                f"{100 * by_f1.high:+.1f}].",
                measured.results["Comparison with random"].seconds,
                measured.results["Comparison with random"].peak_bytes,
            )
        )
    if measured.advice:
        told.append(Told("Next", " ".join(advice.text for advice in measured.advice)))
    return told


_TOLD_APART = ("Comparison with random", "Weak labels")
"""Measurements that have a line of their own."""


def _trust(trust: Trust) -> str:
    """Whether the probabilities are true, and how far the seeds differ."""
    shown = trust.calibrations[0]
    said = (
        f"{trust.sentence} Expected calibration error on {_TEXTS[shown.texts]} ({shown.size}): "
        f"{_points(shown.before.ece.value)} before, {_points(shown.after.ece.value)} after."
    )
    for one in trust.disagreements[:1]:
        said += (
            f" The members of the ensemble differ on {_points(one.differ.value)} % of the "
            f"{_TEXTS[one.texts]}."
        )
    return said


def _metrics(one: Evaluation) -> str:
    return (
        f"accuracy {_points(one.accuracy.value)} "
        f"[{_points(one.accuracy.low)}, {_points(one.accuracy.high)}], "
        f"macro-F1 {_points(one.macro_f1.value)} "
        f"[{_points(one.macro_f1.low)}, {_points(one.macro_f1.high)}]"
    )


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def status(project: Project) -> dict[str, object]:
    """Where a project stands, as JSON."""
    from activellm.llm.batches.standing import standing
    from activellm.project import latest_training

    done = rounds(project)
    training = latest_training(project)
    found = verdicts(project)
    batches = standing(project.folder / BATCHES)
    return {
        "project": str(project.folder),
        "task": project.task.description,
        "labels": list(project.task.label_names),
        "texts": len(project.pool),
        "rounds": len(done),
        "planned": max(len(done), project.settings.rounds),
        "strategies": str(project.settings.strategies),
        "picked": sum(len(round_.selection.picks) for round_ in done),
        "labelled": len(labelled(project)),
        "waiting": len(open_items(project)),
        **({"batches": batches} if batches else {}),
        "advice": said(found) if found else None,
        "model": str(training.folder) if training else None,
        "report": str(project.folder / "report.html")
        if (project.folder / "report.html").exists()
        else None,
    }
