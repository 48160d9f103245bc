"""Measure the trained successor, from whatever labels there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from activellm.encoders.names import EMBEDDED
from activellm.errors import QueryModelError
from activellm.evaluation import (
    Advice,
    Comparison,
    Evaluation,
    LabelledTexts,
    Powered,
    advise,
    compare_with_random,
    evaluate,
    judged_predictions,
    majority_predictions,
)
from activellm.evaluation.cross_validation import evaluate_out_of_fold, out_of_fold
from activellm.evaluation.measure import Texts
from activellm.evaluation.runs import say
from activellm.evaluation.trust import Trust
from activellm.llm import Usage
from activellm.progress import Progress, silent
from activellm.project.calibrating import calibrate
from activellm.project.folder import Project
from activellm.project.gold import gold_labels, gold_test
from activellm.project.powered import estimate_powered
from activellm.project.rounds import held_out, labelled, rounds
from activellm.project.steps import Parts, do_once
from activellm.project.store import StepResult
from activellm.project.training import Training
from activellm.project.weak import weak_labels
from activellm.selection import Judgement, Labelled
from activellm.selection.judging import judge
from activellm.successors.checks import decide
from activellm.task import Targets

EVALUATIONS = TypeAdapter(list[Evaluation])
"""To and from the JSON that is kept."""

_COMPARISON = TypeAdapter(Comparison)
_JUDGEMENTS = TypeAdapter(list[Judgement])


@dataclass(frozen=True)
class Measured:
    """All measurements of one trained successor.

    Attributes:
        evaluations: Each on one set of texts.
        comparison: Against random picking, in simulation.
        advice: What to do next.
        results: Time and memory of each step, by name.
        warnings: What could not be measured, and why.
        powered: The accuracy from the hold-out and weak labels together, if that was asked for.
        trust: How far the classifier's probabilities can be trusted.
    """

    evaluations: tuple[Evaluation, ...]
    comparison: Comparison | None
    advice: tuple[Advice, ...]
    results: dict[str, StepResult]
    warnings: tuple[str, ...] = ()
    powered: Powered | None = None
    trust: Trust | None = None

    def of(self, subject: str, texts: str) -> Evaluation | None:
        """The measurement of `subject` on `texts`, if there is one."""
        pairs = (one for one in self.evaluations if (one.subject, one.texts) == (subject, texts))
        return next(pairs, None)

    @property
    def best(self) -> Evaluation | None:
        """The most trustworthy measurement of the successor."""
        found = (self.of("successor", texts) for texts in ("gold", "hold-out", "labelled"))
        return next((one for one in found if one is not None), None)


def measure(project: Project, training: Training, progress: Progress = silent) -> Measured:
    """Measure by cross-validation, on hold-out and gold labels, and what needs no training.

    Each part is done once for the same labels and settings, and goes on where it was killed.
    """
    steps = _Steps(project, training, progress)
    results = {"Measuring": steps.measuring(), "Cross-validation": steps.cross_validation()}
    warnings = []
    try:
        results["Query model alone"] = steps.zero_shot()
    except QueryModelError as error:  # it is only the yardstick; the next run asks again
        warnings.append(f"The query model alone could not be measured. {error}")
    evaluations = [
        one
        for result in results.values()
        for one in EVALUATIONS.validate_python(result.value["evaluations"])
    ]
    powered = estimate_powered(project, training, progress)
    warnings += powered.warnings
    if powered.result is not None:
        results["Weak labels"] = powered.result
    trust, results["Calibration"] = calibrate(
        project,
        training,
        steps.truth(),
        results["Cross-validation"],
        results["Measuring"],
        progress,
    )
    comparison = None
    if project.settings.gold_column and project.settings.draws and rounds(project):
        results["Comparison with random"] = steps.comparison()
        comparison = _COMPARISON.validate_python(results["Comparison with random"].value)
    targets = project.task.targets([one.answer for one in steps.labelled])
    tunable = training.choice[0] == "linear" and project.settings.encoder == EMBEDDED
    advice = advise(project.task, targets, evaluations, comparison, tunable=tunable)
    evaluations.sort(key=place_of)
    return Measured(
        tuple(evaluations), comparison, advice, results, tuple(warnings), powered.found, trust
    )


def measure_round(project: Project, training: Training, progress: Progress = silent) -> None:
    """Measure a round that others follow: the classifier only, once for the same labels.

    It is cross-validated only where there is nothing better to measure on.
    """
    steps = _Steps(project, training, progress)
    steps.measuring()
    if not (steps.held_out or gold_test(project)):
        steps.cross_validation()


def place_of(one: Evaluation) -> tuple[int, int]:
    """Sorts evaluations: the most trustworthy texts first, on each the trained classifier first."""
    return (
        ("gold", "hold-out", "labelled").index(one.texts),
        ("successor", "query model", "majority").index(one.subject),
    )


def _value(
    evaluations: Sequence[Evaluation], usage: Usage | None = None, **more: Any
) -> dict[str, Any]:
    """What a step keeps: its evaluations, and what asking the query model cost, if it was asked."""
    return {
        "evaluations": EVALUATIONS.dump_python(list(evaluations), mode="json"),
        "usage": asdict(usage) if usage else None,
        **more,
    }


class _Steps:
    """The single measurements of one training."""

    def __init__(self, project: Project, training: Training, progress: Progress) -> None:
        self.project, self.training, self.progress = project, training, progress
        self.labelled = labelled(project)
        self.held_out = held_out(project)
        self.number = len(rounds(project))
        self.seed = project.settings.seed

    def _once(self, name: str, decided_by: Any, work: Any) -> StepResult:
        decided_by = [self.training.result.key, decided_by]
        return do_once(self.project, name, self.number, decided_by, work)

    def _texts(self, examples: Sequence[Labelled]) -> LabelledTexts:
        targets = self.project.task.targets([one.answer for one in examples])
        return LabelledTexts([one.example.content for one in examples], targets)

    def cross_validation(self) -> StepResult:
        """What the labelled texts alone say."""
        texts = self._texts(self.labelled)

        def work(parts: Parts) -> Any:
            if len(texts) < 2:
                return _value([], said=None, folds=[])
            task = self.project.task
            predicted = out_of_fold(
                partial(self.project.tools.successor, weak=weak_labels(self.project)),
                task,
                texts.contents,
                texts.targets,
                seed=self.seed,
                progress=self.progress,
                done=parts,
            )
            measured = evaluate_out_of_fold(task, texts.targets, predicted, seed=self.seed)
            return _value(
                [measured], said=predicted.mean.as_json(), folds=predicted.fold_of.tolist()
            )

        return self._once("cross-validate", {"folds": 5, "keeps": "probabilities"}, work)

    def measuring(self) -> StepResult:
        """The trained classifier on texts that it never saw, beside the majority class."""
        sets = {"hold-out": self.held_out, "gold": gold_test(self.project)}
        decided_by = {
            name: [[one.example.id, list(one.answer)] for one in examples]
            for name, examples in sets.items()
        }

        def work(_parts: Parts) -> Any:
            successor = self.training.load(self.project.tools, calibrated=False)
            found, said = [self._majority(self.labelled, "labelled")], {}
            for name, examples in sets.items():
                if examples:
                    texts = self._texts(examples)
                    predicted = say(successor, texts.contents, progress=self.progress)
                    predictions = decide(predicted.probabilities, self.project.task)
                    said[name] = predicted.as_json()
                    found += [
                        self._evaluation(texts, predictions, "successor", name),
                        self._majority(examples, name),
                    ]
            return _value(found, said=said)

        return self._once("measure", [decided_by, "probabilities"], work)

    def truth(self) -> dict[Texts, Targets]:
        """The answers to all texts with a label, by set."""
        gold = gold_test(self.project)
        sets: dict[Texts, Sequence[Labelled]] = {
            "labelled": self.labelled,
            "hold-out": self.held_out,
            "gold": gold,
        }
        return {name: self._texts(examples).targets for name, examples in sets.items()}

    def zero_shot(self) -> StepResult:
        """The query model without any training, so that nobody trains what they don't need."""
        settings = self.project.settings
        sets = {"labelled": self.labelled, "hold-out": self.held_out}
        known = {
            one.id: one for round_ in rounds(self.project) for one in round_.selection.judgements
        }
        if settings.gold_column and known:
            candidates = self.project.pool.examples([*known])
            sets["gold"] = gold_labels(self.project, candidates)

        def work(_parts: Parts) -> Any:
            if not self.project.tools.has_model:
                return _value([])
            found = [self._zero_shot_on(name, examples, known) for name, examples in sets.items()]
            usage = sum((spent for _, spent in found), start=Usage())
            return _value([one for one, _ in found if one], usage)

        decided_by = [settings.llm, [one.example.id for one in self.held_out]]
        return self._once("zero-shot", decided_by, work)

    def _zero_shot_on(
        self, name: str, examples: Sequence[Labelled], known: dict[str, Judgement]
    ) -> tuple[Evaluation | None, Usage]:
        """The query model's own answers to some texts; those already judged are not asked again."""
        usage = Usage()
        if not all(one.example.id in known for one in examples):
            asked = [one.example for one in examples]
            tools = self.project.tools
            tools.learn_personal_data(asked)
            judged = judge(tools.model, self.project.task, asked, progress=self.progress)
            known, usage = {one.id: one for one in judged.as_tuple()}, judged.usage
        told = [one for one in examples if one.example.id in known]
        if not told:
            return None, usage
        answers = judged_predictions(self.project.task, [known[one.example.id] for one in told])
        missing = len(examples) - len(told)
        warnings = [f"{missing} texts got no usable answer and are not counted."] if missing else []
        return self._evaluation(self._texts(told), answers, "query model", name, warnings), usage

    def comparison(self) -> StepResult:
        """The picks beside random draws from the same candidates (simulation)."""
        ids = [id_ for round_ in rounds(self.project) for id_ in round_.candidates]
        ids = list(dict.fromkeys(ids))
        candidates = gold_labels(self.project, self.project.pool.examples(ids))
        place = {one.example.id: row for row, one in enumerate(candidates)}
        picks = [place[one.example.id] for one in self.labelled if one.example.id in place]
        test = gold_test(self.project)
        settings = self.project.settings

        weak = weak_labels(self.project, simulated=True)

        def work(parts: Parts) -> Any:
            compared = compare_with_random(
                partial(self.project.tools.successor, weak=weak),
                self.project.task,
                self._texts(candidates),
                picks,
                self._texts(test),
                draws=settings.draws,
                seed=self.seed,
                progress=self.progress,
                done=parts,
            )
            return _COMPARISON.dump_python(compared, mode="json")

        decided_by = {"draws": settings.draws, "test": [one.example.id for one in test]}
        return self._once("compare", decided_by, work)

    def _evaluation(
        self,
        texts: LabelledTexts,
        predictions: Any,
        subject: Any,
        name: Any,
        warnings: Sequence[str] = (),
    ) -> Evaluation:
        return evaluate(
            self.project.task,
            texts.targets,
            predictions,
            subject=subject,
            texts=name,
            seed=self.seed,
            warnings=warnings,
        )

    def _majority(self, examples: Sequence[Labelled], name: str) -> Evaluation:
        texts = self._texts(examples)
        predictions = majority_predictions(self._texts(self.labelled).targets, len(texts))
        return self._evaluation(texts, predictions, "majority", name)
