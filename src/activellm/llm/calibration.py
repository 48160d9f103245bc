"""What a query model says of labels, corrected: for its liking of some, and by known answers.

All of it works on arrays of probabilities, columns in one order of labels throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from activellm.llm.protocol import FloatArray

LEAST = 1e-6
"""Probabilities below this are taken for it: a model that is sure can still be wrong."""

BIAS_SPREAD = 0.3
"""How far from 0, in log-odds, a label's bias is expected: the standard deviation of its prior."""

SLOPE_SPREAD = 0.5
"""The same for the logarithm of the slope around slope 1."""


def softmax(logits: FloatArray) -> FloatArray:
    """Rows of probabilities from rows of log-probabilities, shape (n, labels)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def calibrate(logits: FloatArray) -> FloatArray:
    """Take out what the judge says of every text alike, such as a liking for one label.

    The mean of each label's log-probabilities over the batch is subtracted from them.

    Source: Zhou et al., Batch Calibration (ICLR 2024), section 3.

    Args:
        logits: Log-probabilities, shape (n, labels).
    """
    normal = np.log(softmax(logits))
    return softmax(normal - normal.mean(axis=0))


@dataclass(frozen=True)
class Calibration:
    """Log-odds are `slope` times the query model's own, plus `bias`.

    Attributes:
        bias: Shape (labels,).
        slope: Above 0; 1 over the temperature.
        multi: Whether each label has a probability of its own.
    """

    bias: FloatArray
    slope: float
    multi: bool

    def probabilities(self, raw: FloatArray) -> FloatArray:
        """Calibrated label probabilities, shape (n, labels).

        Args:
            raw: The query model's own, rows sum to 1, also where labels do not exclude each other.
        """
        from scipy.special import expit

        odds = self.slope * log_odds(raw, multi=self.multi) + self.bias
        return np.asarray(expit(odds)) if self.multi else softmax(odds)

    def tempered(self, temperature: float) -> Calibration:
        """The same with its log-odds divided."""
        return replace(self, bias=self.bias / temperature, slope=self.slope / temperature)


def log_odds(raw: FloatArray, *, multi: bool) -> FloatArray:
    """Log-probabilities, or each label's against all others; shape (n, labels)."""
    from scipy.special import logit

    within = np.clip(raw, LEAST, 1 - LEAST)
    return np.asarray(logit(within) if multi else np.log(within))


def calibration_of_batch(raw: FloatArray, *, multi: bool, texts: float = 0.0) -> Calibration:
    """The bias that takes out what the model says of every text of a batch alike.

    Source: Zhou et al. 2024, Batch Calibration, section 3: as `calibrate`, but kept, so that what
    is said of a further text does not depend on the company it is in.

    Args:
        raw: The query model's own probabilities, shape (n, labels); n may be 0.
        multi: Whether each label has a probability of its own: then the mean over labels stays.
        texts: So many texts without any liking are added to the batch: a few texts say more of
            themselves than of the model.
    """
    odds = log_odds(raw, multi=multi)
    mean = odds.sum(axis=0) / max(len(raw) + texts, 1)
    return Calibration(mean.mean() - mean, 1.0, multi)


def calibrate_by_answers(
    raw: FloatArray,
    answers: npt.NDArray[np.int64],
    weights: FloatArray,
    start: Calibration,
) -> Calibration:
    """Fit a bias for each label, and one slope, to known answers.

    The most probable ones under a prior: biases normal around `start`'s, and the logarithm of the
    slope normal around 0. So without answers it is `start`, and a few answers move it little.

    Source: Zhao et al. 2021, Calibrate Before Use, section 5 (an affine correction of the
    probabilities; there from an input without content, here from answers); Guo et al. 2017, On
    Calibration of Modern Neural Networks, section 4.2 (one temperature).

    Args:
        raw: The query model's own probabilities, shape (n, labels).
        answers: Label positions, shape (n,), or 0 and 1, shape (n, labels).
        weights: How much each answer counts, shape (n,).
        start: What holds without answers.
    """
    from scipy.optimize import minimize

    multi = start.multi
    odds = log_odds(raw, multi=multi)
    goals = answers if multi else np.eye(odds.shape[1])[answers]

    def at(point: FloatArray) -> Calibration:
        factor = float(np.exp(point[0]))
        return Calibration(factor * start.bias + point[1:], factor * start.slope, multi)

    def loss(point: FloatArray) -> tuple[float, FloatArray]:
        now = at(point)
        found = now.probabilities(raw)
        surprise = -goals * np.log(np.clip(found, 1e-300, None))
        if multi:
            surprise -= (1 - goals) * np.log(np.clip(1 - found, 1e-300, None))
        value = (weights @ surprise).sum()
        value += (point[1:] ** 2).sum() / (2 * BIAS_SPREAD**2)
        value += point[0] ** 2 / (2 * SLOPE_SPREAD**2)
        errors = weights[:, None] * (found - goals)
        sloped = now.slope * odds + now.bias - point[1:]
        slope = (errors * sloped).sum() + point[0] / SLOPE_SPREAD**2
        return float(value), np.append(slope, errors.sum(axis=0) + point[1:] / BIAS_SPREAD**2)

    return at(minimize(loss, np.zeros(1 + len(start.bias)), jac=True, method="L-BFGS-B").x)
