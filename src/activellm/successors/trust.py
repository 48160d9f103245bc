"""How far a query model's labels are to be trusted, by what people labelled.

The measurements behind each choice: docs/design/weak-labels.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.contract import Probabilities, Successor, Weights
from activellm.task import Targets

Floats = npt.NDArray[np.float64]

LEAST = 8
"""With fewer judged texts that people labelled, nothing is known of the query model."""

FOLDS = 5
PRIOR, SPREAD = 1.0, 1.0
"""Both voices begin at full weight; people's labels move them (normal prior: mean, deviation)."""

LEANING = 1.0
"""Standard deviation of the prior on each label's shift, in log-odds; its mean is 0."""

_LEAST_CHANCE = 1e-3
"""No voice rules a label out."""


@dataclass(frozen=True, slots=True)
class Blend:
    """Two opinions of a text as one: the query model's and that of people's classifier.

    log p = judge * log p_judge + own * log p_own + lean, normalised. A query model that knows
    nothing gets no say, whatever it claims.

    Source: logarithmic opinion pools with fitted weights (Satopaa et al. 2014, Combining multiple
    probability predictions using a simple logit model, section 2); the shift by label as in the
    bias of vector scaling (Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2).

    Attributes:
        judge: The query model's say, 0 or more.
        own: The say of the classifier trained on people's labels, 0 or more.
        lean: Each label's shift, shape (labels,).
    """

    judge: float
    own: float
    lean: Floats

    def of(self, judged: Probabilities, own: Probabilities) -> Probabilities:
        """Label probabilities by both, shape (n, labels)."""
        odds = self.judge * _logs(judged) + self.own * _logs(own) + self.lean
        powers = np.exp(odds - odds.max(axis=1, keepdims=True))
        blended: Floats = powers / powers.sum(axis=1, keepdims=True)
        return blended


def fit_blend(
    judged: Probabilities,
    own: Probabilities,
    targets: Targets,
    weights: Weights,
    *,
    with_judge: bool = True,
) -> Blend:
    """The blend under which people's labels are most probable, the priors included.

    Args:
        judged: The query model's label probabilities of n texts, shape (n, labels).
        own: Those of a classifier that never saw the texts' labels.
        targets: People's labels, single-label.
        weights: How much each counts.
        with_judge: False leaves the query model out.
    """
    from scipy.optimize import minimize

    voices = np.stack([_logs(judged), _logs(own)])
    truth = np.eye(judged.shape[1])[targets]
    start = np.concatenate([[PRIOR if with_judge else 0.0, PRIOR], np.zeros(judged.shape[1])])
    spread = np.concatenate([[SPREAD, SPREAD], np.full(judged.shape[1], LEANING)])

    def loss(at: Floats) -> tuple[float, Floats]:
        odds = np.tensordot(at[:2], voices, axes=1) + at[2:]
        top = odds.max(axis=1, keepdims=True)
        logs = odds - top - np.log(np.exp(odds - top).sum(axis=1, keepdims=True))
        away = (np.exp(logs) - truth) * weights[:, None]
        pull = (at - start) / spread
        value = -(weights * (truth * logs).sum(axis=1)).sum() + 0.5 * (pull**2).sum()
        slope = np.concatenate([(voices * away).sum(axis=(1, 2)), away.sum(axis=0)])
        return float(value), slope + pull / spread

    bounds = [(0.0, None if with_judge else 0.0), (0.0, None), *[(None, None)] * len(truth[0])]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Blend(float(found[0]), float(found[1]), found[2:])


def gain_of_judge(
    judged: Probabilities,
    own: Probabilities,
    targets: Targets,
    weights: Weights,
    fold_of: npt.NDArray[np.int64],
) -> float:
    """What the query model adds to people's classifier, on labels that neither blend was fitted on.

    Args:
        judged, own, targets, weights: As for `fit_blend`.
        fold_of: The fold of each text, shape (n,).

    Returns:
        Mean gain in log-likelihood a text, in nats; below 0 where it misleads.
    """
    rows = np.arange(len(targets))
    gains = np.zeros(len(targets))
    for fold in np.unique(fold_of):
        rest, part = fold_of != fold, fold_of == fold
        for sign, with_judge in ((1.0, True), (-1.0, False)):
            blend = fit_blend(
                judged[rest], own[rest], targets[rest], weights[rest], with_judge=with_judge
            )
            chances = blend.of(judged[part], own[part])
            gains[part] += sign * np.log(chances[rows[: part.sum()], targets[part]])
    return float(np.average(gains, weights=weights))


@dataclass(frozen=True, slots=True)
class LabelTrust:
    """One label in the query model's words.

    Attributes:
        label: Its name.
        said: People's texts that the query model gave this label.
        right: How many of them people gave it too.
        weight: What the weak labels weigh for this label, in people's labels.
    """

    label: str
    said: int
    right: int
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class WeakTrust:
    """What was decided about weak labels, and why.

    Attributes:
        used: Whether they teach.
        reason: In words.
        checked: Judged texts that people labelled.
        texts: Texts whose weak labels teach; 0 if not used.
        judge, own: The say of the query model and of people's classifier in them (see `Blend`).
        gain: See `gain_of_judge`; None if too little is labelled to tell.
        labels: Label by label.
    """

    used: bool
    reason: str
    checked: int = 0
    texts: int = 0
    judge: float = 0.0
    own: float = 0.0
    gain: float | None = None
    labels: tuple[LabelTrust, ...] = field(default=())

    @property
    def weight(self) -> float:
        """What all weak labels weigh, in people's labels."""
        return sum(one.weight for one in self.labels)


def deal(
    targets: Targets, groups: Sequence[object], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """A fold for each example: labels spread evenly, examples of one group in one fold."""
    first: dict[object, int] = {}
    for row, group in enumerate(groups):
        first.setdefault(group, row)
    heads = np.array([*first.values()])
    order = np.lexsort((rng.random(len(heads)), targets[heads]))
    fold_of_head = np.empty(len(heads), dtype=np.int64)
    fold_of_head[order] = np.arange(len(heads)) % FOLDS
    place = {group: int(fold) for group, fold in zip(first, fold_of_head, strict=True)}
    return np.array([place[group] for group in groups])


def unseen_opinion(
    make: Callable[[], Successor],
    contents: Sequence[Content],
    targets: Targets,
    weights: Weights,
    fold_of: npt.NDArray[np.int64],
    *,
    progress: Progress = silent,
) -> Probabilities:
    """What a classifier thinks of each text when trained on the other folds.

    Args:
        make: Gives an untrained one.
        contents, targets, weights: n labelled texts, as for `Successor.fit`.
        fold_of: The fold of each, shape (n,).
        progress: Told texts that have an opinion.

    Returns:
        Label probabilities, shape (n, labels).
    """
    found = np.zeros((len(contents), len(make().task.label_names)))
    done = 0
    for fold in np.unique(fold_of):
        rest, part = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        trained = make().fit(
            [contents[row] for row in rest.tolist()], targets[rest], weights=weights[rest]
        )
        found[part] = trained.predict_proba([contents[row] for row in part.tolist()])
        done += len(part)
        progress("Cross-validation", done, len(contents))
    return found


def _logs(chances: Probabilities) -> Floats:
    logs: Floats = np.log(np.clip(chances, _LEAST_CHANCE, 1.0))
    centred: Floats = logs - logs.mean(axis=1, keepdims=True)
    return centred
