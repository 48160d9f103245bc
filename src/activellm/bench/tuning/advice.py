"""What to set, how sure that is, and why."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from activellm.bench.tuning.evidence import COMMON, FEWEST_UNITS, Evidence, weigh
from activellm.bench.tuning.labelled import LabelledPart
from activellm.bench.tuning.likeness import Likeness, Traits, like
from activellm.bench.tuning.request import Request
from activellm.bench.tuning.sentences import target_words, verdicts
from activellm.bench.tuning.sizes import Sizes
from activellm.bench.tuning.target import Reached, labels_for
from activellm.bench.tuning.values import Choice, Values
from activellm.errors import UsageError


@dataclass(frozen=True)
class Advice:
    """The recommendation.

    Attributes:
        choice: What to set.
        select: How many to label.
        changed: Whether that is another setting than the default.
        sentences: How sure it is and why, for people.
        own: Evidence from the user's labelled part; None where there is none.
        similar: Evidence from data sets like theirs; None where there is none.
        likeness: Which data sets counted.
        sizes: How the labelled part was used.
        reached: How many labels the target takes; None without a target.
        left_out: What could not be simulated or compared, and why.
    """

    choice: Choice
    select: int
    changed: bool
    sentences: tuple[str, ...]
    own: Evidence | None = None
    similar: Evidence | None = None
    likeness: Likeness | None = None
    sizes: Sizes | None = None
    reached: Reached | None = None
    left_out: tuple[str, ...] = ()


def advise(
    request: Request,
    *,
    part: LabelledPart | None = None,
    sizes: Sizes | None = None,
    own: Values | None = None,
    others: Values | None = None,
    traits: tuple[Traits, ...] = (),
    left_out: tuple[str, ...] = (),
) -> Advice:
    """Decide from what was simulated.

    Two sources are two chances to be wrong: each then has to be sure at 97.5 %. The user's own
    texts go before data sets like them.

    Args:
        request: What was asked.
        part: The labelled part, if there is one.
        sizes: What could be simulated on it.
        own: Its measurements; None where there are none.
        others: Measurements on other data sets.
        traits: What these are like; empty where that is not known.
        left_out: What else could not be simulated or compared.
    """
    level = 0.975 if own is not None and others is not None else 0.95
    mine = _own(request, sizes, own, level) if own is not None and sizes else None
    likeness = like(part.traits if part else None, traits) if traits else None
    similar = None
    if others is not None:
        counted = others.only(likeness.counted) if likeness else others
        similar = _similar(request, counted, level)
    found = next((one for one in (mine, similar) if one and one.changed), mine or similar)
    default = Choice(request.strategies[0], request.shown, request.successors[0], request.llm)
    changed = found is not None and found.changed
    choice = found.advised if found is not None and changed else default
    reached = labels_for(request.target, found.curve) if found and request.target else None
    return Advice(
        choice=choice,
        select=reached.labels if reached and reached.labels else request.labels,
        changed=changed,
        sentences=(
            *verdicts(request, part, sizes, mine, similar, others is not None),
            *target_words(reached),
        ),
        own=mine,
        similar=similar,
        likeness=likeness,
        sizes=sizes,
        reached=reached,
        left_out=((*sizes.left_out, *left_out) if sizes else left_out),
    )


def _own(request: Request, sizes: Sizes, values: Values, level: float) -> Evidence | None:
    base = base_of(request, values)
    labels = min(sizes.select, key=lambda one: abs(one - request.labels))
    return weigh(
        values,
        base,
        labels,
        of="draws",
        seed=request.seed,
        level=level,
        shared=COMMON * sizes.shared,
    )


def _similar(request: Request, values: Values, level: float) -> Evidence | None:
    base = base_of(request, values)
    enough = [n for n in values.labels if len(values.units(base, n)) >= FEWEST_UNITS]
    if not enough:
        return None
    labels = min(enough, key=lambda one: abs(one - request.labels))
    return weigh(values, base, labels, of="data sets", seed=request.seed, level=level)


def base_of(request: Request, values: Values) -> Choice:
    """The default, with the simulated number of candidates that comes nearest to its own.

    Raises:
        UsageError: If the default's strategy and learner were not measured.
    """
    schedule, successor = request.strategies[0], request.successors[0]
    same = [one for one in values.table if (one.schedule, one.successor) == (schedule, successor)]
    if not same:
        known = sorted({(one.schedule, one.successor) for one in values.table})
        raise UsageError(
            f"The default, {schedule!r} with {successor!r}, was not measured.",
            remedy="Name another default first, by --strategy and --successor: "
            + "; ".join(f"{one} with {other}" for one, other in known)
            + ".",
        )
    return min(
        same,
        key=lambda one: (abs(one.candidates - request.shown), one.llm != request.llm, one),
    )


def paste(advice: Advice, part: LabelledPart | None, file: Path | None = None) -> str:
    """The command line to go on with."""
    choice = advice.choice
    source = ["POOL"]
    if part is not None and part.settings is not None:
        source = ["--project", str(part.source)]
    elif file is not None:
        source = [str(file)]
    scheduled = "--schedule" if "," in choice.schedule or "*" in choice.schedule else "--strategy"
    options = [
        *("--candidates", str(choice.candidates), "--select", str(advice.select)),
        *(scheduled, choice.schedule, "--successor", choice.successor),
        *(("--llm", choice.llm) if advice.changed or choice.llm != "none" else ()),
        *(("--prompt", choice.prompt) if choice.prompt else ()),
    ]
    return shlex.join(["activellm", "run", *source, *options])
