"""Was choosing worth it? A strategy's picks against many random draws, in simulation.

What the interval means, and why it is made so: docs/design/comparing-with-random.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from activellm.errors import UsageError
from activellm.evaluation.intervals import LEVEL
from activellm.evaluation.metrics import FloatArray, count, indicators
from activellm.evaluation.runs import Done, LabelledTexts, MakeSuccessor, Run, predict_each
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.task import Targets, Task

LEAST_DRAWS = 20
"""Fewer random draws hide how much luck is in one of them."""

TEXT_RESAMPLES = 500
"""Bootstrap resamples of the test texts; only a standard deviation is taken from them."""

_STEP = "Comparison with random"

Verdict: TypeAlias = Literal["better", "no evidence", "worse"]

SENTENCES: dict[Verdict, str] = {
    "better": "Better than random picking.",
    "no evidence": "No evidence of a difference from random picking.",
    "worse": "Worse than random picking.",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """The picks against the random draws, by one metric.

    Attributes:
        metric: "accuracy" or "macro-F1".
        picks: The metric with the strategy's picks, 0 to 1, mean over training seeds.
        draws: The same for each random draw.
        random: Their mean.
        difference: `picks` minus `random`.
        low, high: The interval of the difference.
        level: The interval's level.
        beaten: Random draws that the picks did better than; ties count half.
        verdict: "better" or "worse" if the interval leaves out 0 and the picks also stand
            outside (nearly) all draws; "no evidence" otherwise.
    """

    metric: Literal["accuracy", "macro-F1"]
    picks: float
    draws: tuple[float, ...]
    random: float
    difference: float
    low: float
    high: float
    level: float
    beaten: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """A strategy's picks against random draws of the same number from the same candidates.

    Attributes:
        n: Picks, and texts in each draw.
        candidates: Candidates that both were taken from.
        draws: Random draws.
        seeds: Training seeds used for the picks and for each draw.
        test_texts: Texts that all were tested on.
        accuracy: By accuracy.
        macro_f1: By macro-F1, which the sentence goes by.
        sentence: The outcome in plain words.
    """

    n: int
    candidates: int
    draws: int
    seeds: int
    test_texts: int
    accuracy: Difference
    macro_f1: Difference
    sentence: str


def compare_with_random(
    make_successor: MakeSuccessor,
    task: Task,
    candidates: LabelledTexts,
    picks: Sequence[int],
    test: LabelledTexts,
    *,
    draws: int = LEAST_DRAWS,
    seeds: int = 1,
    seed: int,
    progress: Progress = silent,
    done: Done | None = None,
) -> Comparison:
    """Train on the picks and on random draws, and test all on the same texts.

    Args:
        make_successor: Gives an untrained successor for a training seed.
        task: The task.
        candidates: What the strategy chose from, with known labels.
        picks: The rows of `candidates` that it chose, distinct.
        test: Texts to test on, with known labels; none of the candidates.
        draws: Random draws, at least 20.
        seeds: Training seeds; each trains on the picks and on every draw. More than one where
            the successor's training is random.
        seed: Decides draws and training seeds.
        progress: Told how many trainings are done.
        done: Predictions kept from an earlier, broken-off call; new ones are added.

    Raises:
        UsageError: For fewer than 20 draws, no test texts, or picks that are no distinct rows.
    """
    _check(candidates, picks, test, draws, seeds)
    rng = generator(seed, "comparison", "draws")
    rows = [np.asarray(picks, dtype=np.int64)]
    rows += [rng.permutation(len(candidates))[: len(picks)] for _ in range(draws)]
    training_seeds = generator(seed, "comparison", "training").integers(2**31, size=seeds)
    runs = [
        Run(training_seed, candidates.take(taken), test.contents)
        for taken in rows
        for training_seed in training_seeds.tolist()
    ]
    found = predict_each(
        make_successor,
        runs,
        {} if done is None else done,
        lambda count: progress(_STEP, count, len(runs)),
    )
    predictions = [found[place * seeds :][:seeds] for place in range(len(rows))]
    rng = generator(seed, "comparison", "texts")
    accuracy, macro_f1 = differences(task, test.targets, predictions, rng)
    return Comparison(
        n=len(picks),
        candidates=len(candidates),
        draws=draws,
        seeds=seeds,
        test_texts=len(test),
        accuracy=accuracy,
        macro_f1=macro_f1,
        sentence=SENTENCES[macro_f1.verdict],
    )


def differences(
    task: Task,
    truth: Targets,
    predictions: Sequence[Sequence[Targets]],
    rng: np.random.Generator,
) -> tuple[Difference, Difference]:
    """The differences in accuracy and in macro-F1.

    Args:
        task: The task.
        truth: The test texts' labels.
        predictions: First those with the picks, then those with each random draw; of each one
            array for every training seed.
        rng: Resamples the test texts.
    """
    right = indicators(task, truth)
    once = np.ones(len(right))
    texts = len(right)
    resampled = rng.multinomial(texts, np.full(texts, 1 / texts), size=TEXT_RESAMPLES)
    weights = np.vstack([once, resampled]).astype(np.float64)
    counts = [
        [count(right, indicators(task, one), weights) for one in same] for same in predictions
    ]
    accuracy = np.array([np.mean([c.accuracy() for c in same], axis=0) for same in counts])
    macro_f1 = np.array([np.mean([c.macro_f1() for c in same], axis=0) for same in counts])
    return _difference("accuracy", accuracy), _difference("macro-F1", macro_f1)


def _difference(metric: Literal["accuracy", "macro-F1"], values: FloatArray) -> Difference:
    """Make one difference.

    Args:
        metric: Its name.
        values: Shape (1 + draws, 1 + resamples): picks first, all test texts first.
    """
    from scipy.special import stdtrit

    picks, draws = float(values[0, 0]), values[1:, 0]
    by_text = values[0, 1:] - values[1:, 1:].mean(axis=0)
    luck = draws.var(ddof=1) * (1 + 1 / len(draws))
    half = float(stdtrit(len(draws) - 1, (1 + LEVEL) / 2) * np.sqrt(max(luck, by_text.var(ddof=1))))
    difference = picks - float(draws.mean())
    low, high = difference - half, difference + half
    allowed = max(0, int((1 - LEVEL) / 2 * (len(draws) + 1)) - 1)
    verdict: Verdict = "no evidence"
    if low > 0 and np.sum(draws >= picks) <= allowed:
        verdict = "better"
    elif high < 0 and np.sum(draws <= picks) <= allowed:
        verdict = "worse"
    return Difference(
        metric=metric,
        picks=picks,
        draws=tuple(float(value) for value in draws),
        random=float(draws.mean()),
        difference=difference,
        low=low,
        high=high,
        level=LEVEL,
        beaten=float(np.sum(draws < picks) + 0.5 * np.sum(draws == picks)),
        verdict=verdict,
    )


def _check(
    candidates: LabelledTexts, picks: Sequence[int], test: LabelledTexts, draws: int, seeds: int
) -> None:
    size = len(candidates)
    if not picks or len(set(picks)) != len(picks) or not set(picks) <= set(range(size)):
        raise UsageError(f"The picks must be distinct rows of the {size} candidates.")
    if draws < LEAST_DRAWS or seeds < 1 or not len(test):
        raise UsageError(
            f"A comparison needs {LEAST_DRAWS} draws, 1 training seed and 1 test text at least, "
            f"not {draws}, {seeds} and {len(test)}."
        )
