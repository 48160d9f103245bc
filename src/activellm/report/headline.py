"""The answer first: how good the classifier is, against what, in a few plain sentences."""

from __future__ import annotations

from dataclasses import dataclass

from activellm.evaluation import Comparison, Estimate, Evaluation
from activellm.report.facts import ReportFacts
from activellm.report.words import apart, interval, percent, plural, signed

WHERE = {
    "labelled": "the labelled texts",
    "hold-out": "the hold-out",
    "gold": "texts with known labels",
}
WHO = {
    "successor": "Classifier",
    "query model": "Query model, untrained",
    "majority": "Most frequent answer",
}


@dataclass(frozen=True, slots=True)
class Rival:
    """One line of the headline's figure."""

    name: str
    kind: str
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class Headline:
    """What the box at the top says.

    Attributes:
        number: The big number ("84 %"); empty if nothing was measured.
        unit: What it is.
        interval: Its interval in words.
        measured: On what it was measured, and what that is worth.
        sentences: How it compares.
        rivals: The same as a figure, the classifier first.
    """

    number: str
    unit: str
    interval: str
    measured: str
    sentences: tuple[str, ...]
    rivals: tuple[Rival, ...]


def headline(facts: ReportFacts) -> Headline:
    """Put the most trustworthy measurement into words."""
    best = facts.best
    if best is None:
        return Headline("", "", "", "", ("The classifier has not been measured yet.",), ())
    rivals = [(subject, facts.evaluation(subject, best.texts)) for subject in WHO]
    measured = [(subject, found) for subject, found in rivals if found is not None]
    sentences = [_against(best, found) for subject, found in measured if subject != "successor"]
    if facts.comparison is not None:
        sentences.append(against_random(facts.comparison))
    right = "get exactly the right labels" if facts.task.multi else "get the right label"
    return Headline(
        number=percent(best.accuracy.value),
        unit=f"of the texts {right}",
        interval=f"{interval(best.accuracy)} with {percent(best.accuracy.level)} confidence; "
        f"macro-F1 {percent(best.macro_f1.value)} ({interval(best.macro_f1)})",
        measured=f"{plural(best.size, 'text')}"
        + (f", {best.method}" if best.method else "")
        + f". {best.meaning}",
        sentences=tuple(sentences),
        rivals=tuple(Rival(WHO[subject], subject, found.accuracy) for subject, found in measured),
    )


def _against(best: Evaluation, rival: Evaluation) -> str:
    share = percent(rival.accuracy.value)
    if rival.subject == "majority":
        return f"Always giving the most frequent answer would be right on {share}."
    return f"The query model, asked directly and without training, is right on {share}."


def against_random(comparison: Comparison) -> str:
    """The comparison with random picking as one or two sentences."""
    by = comparison.macro_f1
    return (
        f"{comparison.sentence} Macro-F1 with these picks is {apart(by.difference)} the mean "
        f"of {comparison.draws} random draws (interval {signed(by.low)} to {signed(by.high)})."
    )
