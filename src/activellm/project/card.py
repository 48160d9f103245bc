"""The trained model's card, completed with what the project recorded."""

from __future__ import annotations

from activellm.evaluation import Evaluation
from activellm.project.evaluating import Measured
from activellm.project.folder import Project
from activellm.project.rounds import rounds
from activellm.project.training import Training
from activellm.successors import CardFacts, Metric, write_model_card


def complete_card(project: Project, training: Training, measured: Measured) -> None:
    """Write how the texts were picked, who labelled them and how good the model is."""
    best = measured.best
    facts = CardFacts(
        picked=_picked(project),
        labelled_by=_labelled_by(project),
        metrics=_metrics(best) if best else {},
        measured_on=f"{best.size} texts. {best.meaning}" if best else "",
        limits=[*_limits(training), *(advice.text for advice in measured.advice)],
    )
    write_model_card(training.folder, facts)


def _limits(training: Training) -> list[str]:
    weak = training.weak
    return [*training.warnings, *([weak.reason] if weak and weak.used else [])]


def _picked(project: Project) -> str:
    used = [round_.selection.used or round_.selection.strategy for round_ in rounds(project)]
    names = ", then ".join(dict.fromkeys(used)) or "given with the texts"
    model = f", query model {project.settings.llm}" if project.tools.has_model else ""
    return f"by the query strategy {names}{model}, seed {project.settings.seed}"


def _labelled_by(project: Project) -> str:
    if project.settings.gold_column:
        return f"the column {project.settings.gold_column!r} of known labels (a simulation)"
    people = {one.annotator for one in project.store.current().values()}
    return f"{len(people)} {'person' if len(people) == 1 else 'people'}"


def _metrics(best: Evaluation) -> dict[str, Metric]:
    return {
        name: Metric(estimate.value, estimate.low, estimate.high)
        for name, estimate in (("accuracy", best.accuracy), ("macro-F1", best.macro_f1))
    }
