"""How the ballots agree, in sentences."""

from __future__ import annotations

import math

from activellm.report.words import percent, plural, ratio
from activellm.selection.contract import Agreement, Health

CLEARLY, HARDLY = 0.4, 0.1
"""Agreement beyond chance, as a share of what is possible beyond it: above and below these."""

BY_PLACE = 0.3
"""From this correlation of places on, a model is said to answer by place."""

ERRORS = 3
"""And only if it is so many standard errors, 1 / sqrt(texts - 1), from 0."""


def overlap(found: Agreement) -> str:
    """What the Jaccard index says."""
    beyond = (found.jaccard - found.expected_jaccard) / max(1e-9, 1 - found.expected_jaccard)
    if beyond >= CLEARLY:
        verdict = (
            "The ballots agree well: much of the choice does not hang on who was asked and how."
        )
    elif beyond >= HARDLY:
        verdict = "The ballots agree more than chance would, and still differ in much."
    else:
        verdict = (
            "The ballots agree hardly more than chance: another order or model picks other texts."
        )
    return (
        f"{verdict} Of the texts that either of two ballots names, both name "
        f"{percent(found.jaccard)} in the mean of all pairs (Jaccard); picks at random would give "
        f"{percent(found.expected_jaccard)}."
    )


def orders(found: Agreement) -> str:
    """What the correlation of the orders of naming says; empty if it is not defined."""
    if found.rank_correlation is None:
        return ""
    return (
        "The orders in which the texts are named correlate by "
        f"{ratio(found.rank_correlation)} (Spearman; 1 is the same order, 0 none)."
    )


def by_place(found: Agreement, texts: int) -> str:
    """What the correlation of the places says, with so many texts; empty if it is not defined."""
    if found.places_correlation is None:
        return ""
    value = ratio(found.places_correlation)
    if found.places_correlation >= max(BY_PLACE, ERRORS / math.sqrt(max(1, texts - 1))):
        return (
            f"The ballots name the same places in the prompt, whatever stands there ({value}): "
            "at least one model answers by place."
        )
    return f"The places that two ballots name correlate by {value} (1 where only the place counts)."


def shown(health: Health) -> str:
    """What the prompts showed, in a sentence."""
    ballots = health.ballots
    if len(ballots) < 2:
        return f"The prompt showed {plural(health.shown, 'text')} in shuffled order."
    sizes = {len(ballot.shown) for ballot in ballots}
    many = f"{max(sizes)} texts" if len(sizes) == 1 else f"{min(sizes)} to {max(sizes)} texts"
    return (
        f"{plural(len(ballots), 'prompt')} showed {many} each, each in a shuffled order of its own."
    )
