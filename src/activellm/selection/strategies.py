"""The query strategies by name."""

from __future__ import annotations

import inspect
from typing import Any

from activellm.errors import UsageError
from activellm.named import check_kinds
from activellm.registry import Registry
from activellm.selection.contract import QueryStrategy

STRATEGIES: Registry[type[QueryStrategy]] = Registry(
    "query strategy",
    "activellm.strategies",
    {
        "alps": "activellm.selection.alps:Alps",
        "auto": "activellm.selection.auto:Auto",
        "badge": "activellm.selection.badge:Badge",
        "balanced-bald": "activellm.selection.class_balanced:BalancedBald",
        "balanced-breaking-ties": "activellm.selection.class_balanced:BalancedBreakingTies",
        "balanced-entropy": "activellm.selection.class_balanced:BalancedEntropy",
        "balanced-least-confidence": "activellm.selection.class_balanced:BalancedLeastConfidence",
        "bald": "activellm.selection.bald:Bald",
        "batchbald": "activellm.selection.batchbald:BatchBald",
        "breaking-ties": "activellm.selection.breaking_ties:BreakingTies",
        "cal": "activellm.selection.cal:Cal",
        "coreset": "activellm.selection.coreset:Coreset",
        "coverage": "activellm.selection.coverage:Coverage",
        "discriminative": "activellm.selection.discriminative:Discriminative",
        "entropy": "activellm.selection.entropy:Entropy",
        "hybrid": "activellm.selection.hybrid:Hybrid",
        "kmeans": "activellm.selection.kmeans:KMeans",
        "least-confidence": "activellm.selection.least_confidence:LeastConfidence",
        "listwise": "activellm.selection.listwise:Listwise",
        "probcover": "activellm.selection.probcover:ProbCover",
        "random": "activellm.selection.random_choice:RandomChoice",
        "typiclust": "activellm.selection.typiclust:TypiClust",
    },
    wants=("name", "needs", "source", "select"),
)
"""All query strategies; other packages add theirs under the entry point `activellm.strategies`."""


def open_strategy(name: str, **options: Any) -> QueryStrategy:
    """Make a query strategy.

    Args:
        name: One of `STRATEGIES.names()`.
        options: The strategy's own options, such as `prompt="b1"` for listwise.

    Raises:
        UnknownNameError: If there is no such strategy, with the list of those that exist.
        UsageError: If it has no such option, or refuses its value.
    """
    kind = STRATEGIES.get(name, where="--strategy")
    known = [key for key in inspect.signature(kind).parameters if key not in ("args", "kwargs")]
    unknown = sorted(options.keys() - known)
    if unknown:
        raise UsageError(
            f"The query strategy {name!r} has no option {unknown[0]!r}.",
            where="--strategy",
            remedy=f"Its options: {', '.join(known) or 'none'}.",
        )
    check_kinds(kind, options, "--strategy")
    return kind(**options)
