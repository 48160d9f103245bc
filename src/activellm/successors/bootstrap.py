"""How far a few labels leave a regression open: refits under randomly weighted examples."""

from __future__ import annotations

from activellm.seeding import generator
from activellm.successors.checks import ClassWeights
from activellm.successors.regression import Examples, Regression, fit_regression


def bootstrap(
    examples: Examples, C: float, class_weights: ClassWeights, passes: int, seed: int
) -> list[Regression]:
    """Draws from the regressions that the examples allow: the weighted likelihood bootstrap.

    Source: Newton and Raftery 1994, Approximate Bayesian inference with the weighted likelihood
    bootstrap, JRSS B 56. Each draw is fitted with example weights from Exponential(1), scaled to
    mean 1. Unlike resampled examples, no weight is 0, so a label with one example never vanishes.

    Args:
        examples: What the regression was fitted on.
        C: Its own.
        class_weights: Its own.
        passes: How many draws.
        seed: Decides the weights; further passes leave the first ones as they are.
    """
    rng = generator(seed, "bootstrap")
    draws = []
    for _ in range(passes):
        weights = rng.exponential(size=len(examples.targets))
        draws.append(fit_regression(examples, C, class_weights, weights / weights.mean()))
    return draws
