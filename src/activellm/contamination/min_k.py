"""Are the hardest words of the texts too easy for the model? Min-K% against its own sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from activellm.contamination.completion import too_few
from activellm.contamination.paired import LEAST_TEXTS, compare
from activellm.contamination.passages import Passage
from activellm.contamination.report import Finding, Untested
from activellm.llm.protocol import FloatArray, QueryModel
from activellm.llm.scoring import token_scores
from activellm.progress import Progress

SHARE = 0.2
"""The share of a text's tokens that counts: those of the lowest probability (Shi et al.: 20 %)."""

LEAST_TOKENS = 8
MOST_TOKENS = 64
"""Of a longer second half only so much is compared, for making up controls is slow."""


def min_k_of_texts(
    passages: Sequence[Passage],
    model: QueryModel,
    rng: np.random.Generator,
    progress: Progress,
) -> Finding | Untested:
    """Min-K% of each text's second half against one that the model makes up for the same first.

    The control is drawn from the model's whole distribution. A model that predicts such texts as
    well as can be draws continuations that are, to itself, as surprising as the true ones, so the
    two are exchangeable and the test is exact; one that predicts them worse finds the true ones
    more surprising, and the test errs to the safe side. Only a model that knows the very texts
    finds them *less* surprising than its own. Source: Shi et al., "Detecting Pretraining Data from
    Large Language Models" (ICLR 2024), section 3 (Min-K%); the control is ours. On its own Min-K%
    is weak: Duan et al., "Do Membership Inference Attacks Work on Large Language Models?" (COLM
    2024).

    Args:
        passages: Usable texts.
        model: The model.
        rng: Draws the controls, and for the test.
        progress: Told after every text.
    """
    reader = token_scores(model)
    if reader is None:
        return Untested("min-k", "The model does not give the probability of each token.")
    if len(passages) < LEAST_TEXTS:
        return too_few("min-k", len(passages))
    seeds = rng.integers(2**31, size=len(passages)).tolist()
    tokens = [model.count_tokens(one.rest) for one in passages]
    made_up: list[str] = []
    for passage, count, seed in zip(passages, tokens, seeds, strict=True):
        made_up.append(
            reader.continue_text(
                passage.shown, tokens=min(count, MOST_TOKENS), temperature=1.0, seed=seed
            )
        )
        progress("making up controls", len(made_up), len(passages))
    texts = [one.shown + one.rest for one in passages]
    texts += [one.shown + other for one, other in zip(passages, made_up, strict=True)]
    read = reader.token_logprobs(texts, progress=progress)
    places = zip(tokens, read[: len(passages)], read[len(passages) :], strict=True)
    both = [pair for count, one, other in places if (pair := _pair(count, one, other))]
    if len(both) < LEAST_TEXTS:
        return too_few("min-k", len(both))
    return compare(
        "min-k",
        f"mean log-probability of the {SHARE:.0%} least likely tokens of the second halves, and "
        "of second halves that the model makes up",
        [one for one, _ in both],
        [other for _, other in both],
        rng,
        unusable=len(passages) - len(both),
    )


def _pair(count: int, one: FloatArray, other: FloatArray) -> tuple[float, float] | None:
    """Min-K% of the true and of the made-up second half, over as many tokens of each.

    Args:
        count: Tokens of the true one.
        one: Log-probabilities of the whole text with the true one.
        other: The same with the made-up one, which begins at the same place.
    """
    begin = max(0, len(one) - count)
    length = min(len(one), len(other)) - begin
    if length < LEAST_TOKENS:
        return None
    return min_k(one[begin:][:length]), min_k(other[begin:][:length])


def min_k(logprobs: FloatArray) -> float:
    """Mean of the lowest `SHARE` of the log-probabilities, of one at least; shape (tokens,)."""
    return float(np.sort(logprobs)[: max(1, round(SHARE * len(logprobs)))].mean())
