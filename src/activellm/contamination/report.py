"""What was found out about a model and a data set, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

Method: TypeAlias = Literal["completion", "guided completion", "order", "min-k"]

Verdict: TypeAlias = Literal["evidence that it has seen the texts", "no evidence", "cannot tell"]

ALPHA = 0.05
"""The share of unseen data sets that may be called seen, over all methods of a report together."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one method measured.

    Attributes:
        method: Which.
        statistic: What was measured, in words.
        texts: Texts that it was measured on.
        unusable: Texts that gave nothing: the model refused, or answered too little.
        observed: The statistic's mean with the texts as they are.
        control: Its mean with the controls.
        effect: Their difference; above 0 speaks for having seen the texts.
        low, high: The effect's interval.
        level: The interval's level.
        margin: What the effect must exceed: so much may be general knowledge and fluency.
        p: How often an effect this far above the margin comes by chance, one-sided.
        corrected_p: The same by Holm's correction over the report's methods.
        exact: Texts completed word for word; None for other methods than completion.
        near: Further texts completed nearly so (ROUGE-L of 0.75 or more).
    """

    method: Method
    statistic: str
    texts: int
    unusable: int
    observed: float
    control: float
    effect: float
    low: float
    high: float
    level: float
    margin: float
    p: float
    corrected_p: float = 1.0
    exact: int | None = None
    near: int | None = None


@dataclass(frozen=True, slots=True)
class Untested:
    """A method that could not be used, and why."""

    method: Method
    why: str


@dataclass(frozen=True, slots=True)
class ContaminationReport:
    """Whether a query model has seen a data set.

    Attributes:
        model: The model's name.
        identity: What decides its answers, as in `QueryModel.identity`.
        texts: Texts in the data set.
        sample: Texts that each method was to look at.
        seed: What decided which.
        data_name: The data set's name, as the model was told it; may be empty.
        split: The name of its part; may be empty.
        findings: What was measured.
        untested: What was not, and why.
        verdict: What follows. There is no verdict that a model has not seen them.
        sentence: The same for people, with its uncertainty.
    """

    model: str
    identity: dict[str, str]
    texts: int
    sample: int
    seed: int
    data_name: str
    split: str
    findings: tuple[Finding, ...]
    untested: tuple[Untested, ...]
    verdict: Verdict
    sentence: str


def corrected(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings with p-values corrected for there being several.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    found = holm([one.p for one in findings])
    return tuple(replace(one, corrected_p=p) for one, p in zip(findings, found, strict=True))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values that hold for all tests together, in the given order."""
    order = np.argsort(p_values, kind="stable")
    scaled = np.array(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    found = np.ones(len(order))
    found[order] = np.minimum(np.maximum.accumulate(scaled), 1.0) if len(order) else []
    return [float(p) for p in found]


def conclude(findings: Sequence[Finding], untested: Sequence[Untested]) -> tuple[Verdict, str]:
    """The verdict and its sentence.

    Args:
        findings: With corrected p-values.
        untested: The other methods.
    """
    if not findings:
        why = " ".join(f"{one.method.capitalize()}: {one.why}" for one in untested)
        return "cannot tell", f"It cannot be told whether the model has seen the texts. {why}"
    speak = [one for one in findings if one.corrected_p < ALPHA]
    if speak:
        named = "; ".join(_told(one) for one in speak)
        return "evidence that it has seen the texts", (
            f"There is evidence that the model has seen the texts, by {len(speak)} of "
            f"{len(findings)} methods: {named}. Chance alone would say so of at most {ALPHA:.0%} "
            "of data sets that it has not seen."
        )
    least = min(findings, key=lambda one: one.corrected_p)
    return "no evidence", (
        f"There is no evidence that the model has seen the texts; the nearest to it was "
        f"{_told(least)}. That is no proof that it has not: what was read once among much else "
        "mostly leaves no trace that can be measured."
    )


def _told(finding: Finding) -> str:
    return (
        f"{finding.method} {finding.effect:+.3f} ({finding.level:.0%} interval {finding.low:+.3f} "
        f"to {finding.high:+.3f}, corrected p = {finding.corrected_p:.2g})"
    )
