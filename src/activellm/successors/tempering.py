"""A temperature on probabilities: log-odds divided, most probable label kept."""

from __future__ import annotations

import numpy as np

from activellm.successors.contract import Probabilities

_SEALED = 1e-30
"""A label below this probability was never learned: no temperature brings it back."""


def tempered(probabilities: Probabilities, temperature: float, *, multi: bool) -> Probabilities:
    """Label probabilities with their log-odds divided, as `Successor.temper` does it.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.

    Args:
        probabilities: Shape (texts, labels).
        temperature: Above 0; above 1 makes the probabilities less sure.
        multi: Whether each label has a probability of its own.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(np.where(probabilities < _SEALED, 0.0, probabilities))
        if multi:
            against = np.log1p(-probabilities)
    if multi:
        from scipy.special import expit

        chances: Probabilities = expit((logs - against) / temperature)
        return chances
    powers = np.exp((logs - logs.max(axis=1, keepdims=True, initial=-np.inf)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
