"""What to do next, in short plain sentences, from the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from activellm.evaluation.comparison import Comparison
from activellm.evaluation.measure import Evaluation, Texts
from activellm.task import Targets, Task

FEW = 5
"""A label with fewer examples is hardly learned, and its numbers are noise."""

WIDE = 0.2
"""An accuracy interval wider than this says little."""

GOOD_ENOUGH = 0.9
"""With at least this accuracy (lower end of the interval) stopping is a fair choice."""

TUNED = 100
"""With so many labels tuning the embedded encoder was measured to be better than leaving it as it
is (docs/design/successors.md); with 32 it was not."""

QUICK = "setfit(pairs=5, learning_rate=8e-5)"
"""As good there as setfit's own settings, as far as it was measured, in a quarter of the time."""

HOLDOUT = 50
"""How many random texts we ask to label for an unbiased estimate."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice.

    Attributes:
        kind: "stop": consider that nothing more is needed, or nothing at all; "more": label more;
            "measure": measure better; "try": train another kind of classifier; "care": do not rely
            on something.
        text: A sentence or two.
    """

    kind: Literal["stop", "more", "measure", "try", "care"]
    text: str


def advise(
    task: Task,
    targets: Targets,
    evaluations: Sequence[Evaluation],
    comparison: Comparison | None = None,
    *,
    tunable: bool = False,
) -> tuple[Advice, ...]:
    """Say what the numbers suggest, the most important first.

    Args:
        task: The task.
        targets: The answers that people gave to the texts for training.
        evaluations: All measurements made.
        comparison: The comparison with random picking, in simulation.
        tunable: Whether the classifier reads the embedded encoder as it is.
    """
    best = next(
        (_on(evaluations, texts) for texts in _TRUST if "successor" in _on(evaluations, texts)), {}
    )
    both = {"successor", "query model"}
    beside = next(
        (_on(evaluations, texts) for texts in _TRUST if both <= _on(evaluations, texts).keys()), {}
    )
    return (
        *_needed_at_all(task, targets, best, beside),
        *_few_labels(task, targets),
        *_better_measure(best),
        *_more_or_stop(best),
        *_another_learner(task, targets, best, tunable),
        *_random(comparison),
    )


_TRUST: tuple[Texts, ...] = ("gold", "hold-out", "labelled")


def _on(evaluations: Sequence[Evaluation], texts: Texts) -> Mapping[str, Evaluation]:
    return {one.subject: one for one in evaluations if one.texts == texts}


def _needed_at_all(
    task: Task,
    targets: Targets,
    best: Mapping[str, Evaluation],
    beside: Mapping[str, Evaluation],
) -> list[Advice]:
    """Cases in which nobody needs this classifier.

    Args:
        task: The task.
        targets: The answers.
        best: The measurements on the most trustworthy texts.
        beside: Those on the most trustworthy texts that the query model was measured on, too.
    """
    if len(targets) and len(np.unique(targets, axis=0)) == 1:
        answer = " and ".join(task.answers(targets[:1])[0]) or "no label"
        return [
            Advice(
                "care",
                f"All {len(targets)} labelled texts got the same answer ({answer}), so there is "
                "nothing to learn from yet. Label texts that should get another answer; if there "
                "are none, you need no classifier.",
            )
        ]
    found = []
    successor, majority = best.get("successor"), best.get("majority")
    if successor and majority and successor.accuracy.low <= majority.accuracy.value:
        better = successor.macro_f1.low > majority.macro_f1.high
        found.append(
            Advice(
                "care",
                "It is not shown that the classifier is right more often than the most frequent "
                f"answer would be ({_percent(majority.accuracy.value)})"
                + (", though it does find the rarer labels." if better else "."),
            )
        )
    successor, model = beside.get("successor"), beside.get("query model")
    if successor and model and model.accuracy.value >= successor.accuracy.low:
        found.append(_zero_shot(successor, model))
    return found


def _zero_shot(successor: Evaluation, model: Evaluation) -> Advice:
    asked, trained = _percent(model.accuracy.value), _percent(successor.accuracy.value)
    if model.accuracy.low > successor.accuracy.high:
        return Advice(
            "stop",
            f"The query model alone is better: right on {asked} of the texts without any training, "
            f"the classifier on {trained}. If you can afford to ask it about every text, you need "
            "no classifier.",
        )
    return Advice(
        "stop",
        f"The query model alone may be as good: right on {asked} of the texts without any "
        f"training, the classifier on {trained}. A classifier pays only where asking the query "
        "model about every text is too slow, too costly or not allowed.",
    )


def _few_labels(task: Task, targets: Targets) -> list[Advice]:
    has = targets if task.multi else targets[:, None] == np.arange(len(task.label_names))
    support = dict(zip(task.label_names, np.asarray(has).sum(axis=0).tolist(), strict=True))
    never = [name for name, n in support.items() if n == 0]
    few = [f"{name} ({n})" for name, n in support.items() if 0 < n < FEW]
    found = []
    if never:
        found.append(
            Advice(
                "more",
                f"No text is labelled {_listed(never)}, so the classifier can never answer that. "
                "Label some, or take the label out of the task.",
            )
        )
    if few:
        found.append(
            Advice(
                "more",
                f"Few texts are labelled {_listed(few)}. Label at least {FEW} of each before you "
                "rely on it.",
            )
        )
    return found


def _better_measure(best: Mapping[str, Evaluation]) -> list[Advice]:
    successor = best.get("successor")
    if successor is None:
        return [Advice("measure", "Nothing is measured yet: label texts, then evaluate.")]
    if successor.texts == "labelled":
        return [
            Advice(
                "measure",
                f"For a number that you can quote, label {HOLDOUT} random texts as a hold-out "
                f"(--holdout {HOLDOUT}).",
            )
        ]
    width = successor.accuracy.high - successor.accuracy.low
    if width > WIDE:
        return [
            Advice(
                "measure",
                f"The {successor.texts} set is small ({successor.size} texts), so the accuracy is "
                f"only known to ±{100 * width / 2:.0f} points. More such texts narrow it.",
            )
        ]
    return []


def _more_or_stop(best: Mapping[str, Evaluation]) -> list[Advice]:
    successor = best.get("successor")
    if successor is None:
        return []
    if successor.accuracy.low >= GOOD_ENOUGH:
        return [
            Advice(
                "stop",
                f"The classifier is right on {_percent(successor.accuracy.value)} of the texts, "
                f"at least {_percent(successor.accuracy.low)} by the interval. If that is enough "
                "for your purpose, stop here.",
            )
        ]
    return [
        Advice(
            "more",
            "If you need more than this, label another round and compare: while the number still "
            "rises clearly, labels are worth their effort.",
        )
    ]


def _another_learner(
    task: Task, targets: Targets, best: Mapping[str, Evaluation], tunable: bool
) -> list[Advice]:
    """Only where it was measured: single-label tasks, the embedded encoder, enough labels."""
    successor = best.get("successor")
    if not tunable or task.multi or len(targets) < TUNED or successor is None:
        return []
    if successor.accuracy.low >= GOOD_ENOUGH:
        return []
    return [
        Advice(
            "try",
            f"With {TUNED} labels or more a tuned encoder may be better (--successor setfit): with "
            "random picks of 15 data sets by 2 points on average, on some by up to 10, on some by "
            f"nothing. It trains for minutes on a CPU, as '{QUICK}' for a quarter of that.",
        )
    ]


def _random(comparison: Comparison | None) -> list[Advice]:
    if comparison is None or comparison.macro_f1.verdict != "worse":
        return []
    return [
        Advice(
            "care",
            "These picks taught less than random ones. Choose another strategy for the next round "
            "(--strategy kmeans or random).",
        )
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
