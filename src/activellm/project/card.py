"""The trained model's card, completed with what the project recorded."""

from __future__ import annotations

from activellm.evaluation import Evaluation
from activellm.evaluation.trust import Trust
from activellm.project.evaluating import Measured
from activellm.project.folder import Project
from activellm.project.rounds import rounds
from activellm.project.training import Training
from activellm.successors import CardFacts, Metric, write_model_card

_OTHERS = {"query model": "the query model alone", "majority": "the most frequent label for all"}


def complete_card(project: Project, training: Training, measured: Measured) -> None:
    """Write how the texts were picked, who labelled them and how good the model is."""
    write_model_card(training.folder, card_facts(project, training, measured))


def card_facts(project: Project, training: Training, measured: Measured) -> CardFacts:
    """What the project knows of a trained model beyond what the model's folder records."""
    best = measured.best
    return CardFacts(
        picked=_picked(project),
        labelled_by=_labelled_by(project),
        metrics=_metrics(best, measured) if best else {},
        measured_on=_measured_on(best) if best else "",
        limits=[
            *_limits(training),
            *(best.warnings if best else ()),
            *measured.warnings,
            *(advice.text for advice in measured.advice),
        ],
        calibration=[_calibrated(measured.trust)] if measured.trust else [],
    )


def _calibrated(trust: Trust) -> str:
    if not trust.calibrations:
        return trust.sentence
    best = trust.calibrations[0]
    where = {"gold": "texts with known labels", "hold-out": "the hold-out"}
    return (
        f"{trust.sentence} Expected calibration error on "
        f"{where.get(best.texts, 'the labelled texts')} ({best.size}): {best.before.ece.value:.3f} "
        f"before, {best.after.ece.value:.3f} after (from {best.after.ece.low:.3f} to "
        f"{best.after.ece.high:.3f})."
    )


def _limits(training: Training) -> list[str]:
    weak = training.weak
    return [*training.warnings, *([weak.reason] if weak and weak.used else [])]


def _picked(project: Project) -> str:
    done = rounds(project)
    used = [round_.selection.used or round_.selection.strategy for round_ in done]
    names = ", then ".join(dict.fromkeys(used)) or "given with the texts"
    model = f", query model {project.settings.llm}" if project.tools.has_model else ""
    said = f"by the query strategy {names}{model}, seed {project.settings.seed}"
    if done:
        looked_at = len({id_ for round_ in done for id_ in round_.candidates})
        many = "1 round" if len(done) == 1 else f"{len(done)} rounds"
        said += f"; {many}, {looked_at} of {len(project.pool)} texts looked at"
    return said


def _labelled_by(project: Project) -> str:
    if project.settings.gold_column:
        return f"the column {project.settings.gold_column!r} of known labels (a simulation)"
    people = {one.annotator for one in project.store.current().values()}
    said = f"{len(people)} {'person' if len(people) == 1 else 'people'}"
    if project.settings.overlap > 1:
        said += f", {project.settings.overlap} for each text ({project.settings.consensus})"
    return said


def _measured_on(best: Evaluation) -> str:
    by = f", by {best.method}" if best.method else ""
    return f"{best.size} texts{by}. {best.meaning}"


def _metrics(best: Evaluation, measured: Measured) -> dict[str, Metric]:
    """The model's figures, each label's, and beside them what needs no training."""
    found = _estimates(best, "")
    for label in best.labels:
        if label.f1 is not None:
            found[f"F1 of {label.label}"] = Metric(label.f1)
    for subject, words in _OTHERS.items():
        if (other := measured.of(subject, best.texts)) is not None:
            found |= _estimates(other, f" of {words}")
    return found


def _estimates(one: Evaluation, of: str) -> dict[str, Metric]:
    return {
        f"{name}{of}": Metric(estimate.value, estimate.low, estimate.high)
        for name, estimate in (("accuracy", one.accuracy), ("macro-F1", one.macro_f1))
    }
