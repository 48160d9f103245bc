"""Does the model prefer the order in which a file has the texts? Only who read the file can."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from activellm.contamination.paired import DRAWS, LEAST_TEXTS, LEVEL, mean_interval
from activellm.contamination.passages import LONGEST, words
from activellm.contamination.report import Finding, Untested
from activellm.llm.protocol import FloatArray, QueryModel
from activellm.llm.scoring import token_scores
from activellm.llm.tokens import estimate_tokens
from activellm.pool import Content
from activellm.progress import Progress

SHARD = 8
"""Texts that are read in one go."""

SHUFFLES = 5
"""Other orders that each shard is read in."""

LONGEST_SHARD = 1024
"""Tokens of a shard, where the model could hold more."""

LEAST_RUNS = 5
"""With fewer runs the result would hang on one or two of them."""

_LEAST_SHARD = 3
_CHECKED = 250
"""Shards that are looked at to see whether neighbours are alike."""

_ALIKE = 0.01
"""Below this p-value neighbours are alike, and the order is not tested."""

Shard = tuple[str, ...]


def prefer_order(
    contents: Sequence[Content],
    sample: int,
    model: QueryModel,
    rng: np.random.Generator,
    progress: Progress,
) -> Finding | Untested:
    """Log-probability of runs of texts in the file's order against other orders.

    If texts stand in no order of meaning, all orders of a run are equally probable to a model that
    has not read the file, so the p-value is exact: the share of random choices of one order for
    each run whose sum is as high as that of the file's orders. Where neighbours share more words
    than they would in other orders, this does not hold, and nothing is tested. Source: Oren et
    al., "Proving Test Set Contamination in Black-Box Language Models" (ICLR 2024), section 3
    (sharded test); a permutation test in place of their t-test.

    Args:
        contents: All texts, in the file's order.
        sample: About how many texts to read.
        model: The model.
        rng: Draws runs and orders, and for the test.
        progress: Told after every run.
    """
    reader = token_scores(model)
    if reader is None:
        return Untested("order", "The model does not give the probability of each token.")
    room = min(model.context_length or LONGEST_SHARD, LONGEST_SHARD)
    whole = shards(contents, room)
    if _few(whole):
        return Untested(
            "order", f"{len(contents)} texts are too few, or too long, to be read in several runs."
        )
    chosen = [whole[at] for at in rng.permutation(len(whole))]
    if (p := neighbours_p(chosen[:_CHECKED], rng)) < _ALIKE:
        return Untested(
            "order",
            f"Neighbouring texts of the file are alike (p = {p:.2g}), so that a preference for "
            "its order would prove nothing.",
        )
    fitting = (one for one in chosen if model.count_tokens("\n".join(one)) + SHARD < room)
    read = list(islice(fitting, max(1, round(sample / SHARD))))
    orders = [[one, *(_shuffled(one, rng) for _ in range(SHUFFLES))] for one in read]
    texts = ["\n".join(order) for group in orders for order in group]
    if _few(read):
        return Untested(
            "order",
            f"Only {len(read)} runs of texts could be read and {LEAST_RUNS} are needed: take a "
            "larger sample.",
        )
    tokens = reader.token_logprobs(texts, progress=progress)
    means = np.array([one.mean() for one in tokens]).reshape(len(read), 1 + SHUFFLES)
    return _finding(means, sum(map(len, read)), rng)


def _few(runs: Sequence[Shard]) -> bool:
    return len(runs) < LEAST_RUNS or sum(map(len, runs)) < LEAST_TEXTS


def shards(contents: Sequence[Content], room: int) -> list[Shard]:
    """Consecutive runs of up to `SHARD` texts that fit into so many tokens, about."""
    found: list[Shard] = []
    run: list[str] = []
    used = 0
    for content in contents:
        text = _one_text(content)
        tokens = estimate_tokens(text) + 1
        if run and (len(run) == SHARD or used + tokens > room):
            found.append(tuple(run))
            run, used = [], 0
        run.append(text)
        used += tokens
    found.append(tuple(run))
    return [one for one in found if len(one) >= _LEAST_SHARD]


def _one_text(content: Content) -> str:
    """A text, or the two of a pair, shortened and on one line."""
    text = " ".join(content) if isinstance(content, tuple) else content
    return " ".join(text.split()[:LONGEST])


def neighbours_p(runs: Sequence[Shard], rng: np.random.Generator, *, draws: int = 199) -> float:
    """How often shuffled runs have neighbours as alike as these have, by shared words.

    Alike is the share of words that two texts have in common (Jaccard), summed over neighbours.
    """
    tables = [_alike(run) for run in runs]
    observed = sum(float(np.diag(table, 1).sum()) for table in tables)
    as_high = 0
    for _ in range(draws):
        drawn = 0.0
        for table in tables:
            order = rng.permutation(len(table))
            drawn += float(table[order[:-1], order[1:]].sum())
        as_high += drawn >= observed - 1e-9
    return (1 + as_high) / (1 + draws)


def _alike(run: Shard) -> FloatArray:
    sets = [set(words(text)) for text in run]
    return np.array([[len(a & b) / max(1, len(a | b)) for b in sets] for a in sets])


def _shuffled(run: Shard, rng: np.random.Generator) -> Shard:
    return tuple(run[at] for at in rng.permutation(len(run)))


def _finding(means: FloatArray, texts: int, rng: np.random.Generator) -> Finding:
    """The finding from log-probabilities a token, shape (runs, orders), the file's order first."""
    preferences = means[:, 0] - means[:, 1:].mean(axis=1)
    low, high = mean_interval(preferences, rng)
    return Finding(
        method="order",
        statistic=f"mean log-probability a token of {len(means)} runs of texts in the file's "
        f"order, and in {SHUFFLES} others",
        texts=texts,
        unusable=0,
        observed=float(means[:, 0].mean()),
        control=float(means[:, 1:].mean()),
        effect=float(preferences.mean()),
        low=low,
        high=high,
        level=LEVEL,
        margin=0.0,
        p=exchange_p(means, rng),
    )


def exchange_p(means: FloatArray, rng: np.random.Generator, *, draws: int = DRAWS) -> float:
    """How often one order drawn for each run gives a sum as high as the first orders do.

    Args:
        means: Shape (runs, orders): of each order of each run, the file's first.
        rng: Draws the orders.
        draws: How many times; the observed choice counts as one more.
    """
    chosen = rng.integers(means.shape[1], size=(draws, len(means)))
    drawn = np.take_along_axis(means[None], chosen[:, :, None], axis=2)[..., 0].sum(axis=1)
    return float((1 + np.sum(drawn >= means[:, 0].sum() - 1e-12)) / (1 + draws))
