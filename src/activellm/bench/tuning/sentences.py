"""The evidence in words."""

from __future__ import annotations

from activellm.bench.tuning.evidence import WORTH, Evidence
from activellm.bench.tuning.labelled import LabelledPart
from activellm.bench.tuning.needs import MOST_DRAWS, texts_needed, units_needed
from activellm.bench.tuning.request import Request
from activellm.bench.tuning.sizes import Sizes, needed
from activellm.bench.tuning.target import Reached


def verdicts(
    request: Request,
    part: LabelledPart | None,
    sizes: Sizes | None,
    own: Evidence | None,
    similar: Evidence | None,
    others: bool,
) -> list[str]:
    """What each source says, and what to be careful about.

    Args:
        request: What was asked.
        part: The labelled part, if there is one.
        sizes: How it was used.
        own: What it showed; None where too little could be simulated.
        similar: What data sets like it showed; None where they are too few.
        others: Whether there were any.
    """
    keep = f"keep {request.strategies[0]}, {request.shown} candidates, {request.successors[0]}"
    said = []
    if part is not None and own is None:
        said.append(
            f"{len(part.rows)} labelled texts: nothing can be simulated on so few; {keep}. It "
            f"takes about {needed(request.shown, request.labels)} to simulate the default."
        )
    if own is not None and sizes is not None:
        said.append(f"{sizes.texts} labelled texts: {_verdict(own, keep, sizes.texts)}")
        said += _stand_in(request, own, f"it takes {needed(request.shown, own.labels)} texts")
    if similar is not None:
        said.append(f"{similar.units} data sets: {_verdict(similar, keep, 0)}")
        said += _stand_in(request, similar, "it was not among the sizes tried")
    elif others:
        said.append(f"The default was measured on too few data sets to tell; {keep}.")
    if part is not None and part.picked:
        said.append(
            f"{part.picked} of the labelled texts were chosen by a strategy: they are no random "
            "sample, and the pool may behave otherwise."
        )
    if request.llm == "none" and "auto" in request.strategies:
        said.append("'auto' was simulated without a query model: it then picks as 'kmeans' does.")
    return said


def _stand_in(request: Request, found: Evidence, why: str) -> list[str]:
    """What is to be known where another number of candidates took the place of the default's."""
    if found.base.candidates == request.shown:
        return []
    return [
        f"The default's {request.shown} candidates were not simulated ({why}): "
        f"{found.base.candidates} stood in for them."
    ]


def _verdict(found: Evidence, keep: str, texts: int) -> str:
    promise = found.promise
    if found.changed:
        return (
            f"{found.chosen} gains {promise.gain:.1f} points of macro-F1 over the default at "
            f"{found.labels} labels (at least {promise.low:.1f}, at most {promise.high:.1f}), "
            f"measured on {found.of} that had no part in the choice."
        )
    if found.thin:
        return (
            f"the spread hides differences below {found.hidden:.0f} points; {keep}. "
            f"{_more(found, texts)}"
        )
    return (
        f"no setting is surely better than the default; {keep}. A difference of "
        f"{max(found.hidden, 0.1):.1f} points would have shown."
    )


def _more(found: Evidence, texts: int) -> str:
    shown = f"would show {WORTH:g} points"
    units = units_needed(found.units, found.hidden, WORTH, found.shared)
    if found.of == "data sets":
        return f"About {units} data sets {shown}."
    if units is not None and units <= MOST_DRAWS:
        return f"About {units} draws of the same texts {shown}: --draws {units}."
    wanted = texts_needed(texts, found.units, found.hidden, WORTH, found.shared)
    return f"At least {wanted} labelled texts and {MOST_DRAWS} draws of them {shown}."


def target_words(reached: Reached | None) -> list[str]:
    """How many labels the target takes."""
    if reached is None:
        return []
    tried = f"of {', '.join(str(one) for one in reached.tried)} labels"
    most = f"over {reached.tried[-1]}"
    low = str(reached.low) if reached.low else most
    high = str(reached.high) if reached.high else most
    span = low if low == high else f"{low} to {high}"
    name = f"Macro-F1 {reached.target:g}"
    if reached.labels is None:
        return [f"{name} is not reached by the mean {tried} (95 %: {span})."]
    return [f"{name} takes {reached.labels} {tried} (95 %: {span})."]
