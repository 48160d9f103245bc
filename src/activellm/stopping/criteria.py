"""The stopping criteria by name, and how people write them: `kappa(threshold=0.98), rounds(10)`."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from activellm.errors import UsageError
from activellm.registry import Registry
from activellm.stopping.options import WHERE

if TYPE_CHECKING:
    from activellm.stopping.contract import StoppingCriterion

CRITERIA: Registry[type[StoppingCriterion]] = Registry(
    "stopping criterion",
    "activellm.stopping",
    {
        "budget": "activellm.stopping.budget:Budget",
        "classification-change": ("activellm.stopping.classification_change:ClassificationChange"),
        "delta-f": "activellm.stopping.delta_f:DeltaF",
        "kappa": "activellm.stopping.kappa:KappaAverage",
        "learning-curve": "activellm.stopping.learning_curve:LearningCurve",
        "overall-uncertainty": "activellm.stopping.overall_uncertainty:OverallUncertainty",
        "rounds": "activellm.stopping.rounds:Rounds",
        "time": "activellm.stopping.time:Time",
    },
    wants=("name", "needs", "source", "judge"),
)
"""All stopping criteria; other packages add theirs under the entry point `activellm.stopping`."""

DEFAULT = "learning-curve, kappa, delta-f, classification-change, overall-uncertainty"
"""Those that need no limit from people."""

_ENTRY = re.compile(r"\s*([A-Za-z][\w.-]*)\s*(?:\(([^()]*)\))?\s*(?:,|$)")
_OPTION = re.compile(r"\s*(?:([A-Za-z_]\w*)\s*=)?\s*([^\s=](?:[^=]*[^\s=])?)\s*")


def open_criterion(name: str, **options: Any) -> StoppingCriterion:
    """Make a stopping criterion.

    Args:
        name: One of `CRITERIA.names()`.
        options: The criterion's own options, such as `threshold=0.98` for kappa.

    Raises:
        UnknownNameError: If there is no such criterion, with the list of those that exist.
        UsageError: If it has no such option, lacks one, or refuses its value.
    """
    kind = CRITERIA.get(name, where=WHERE)
    known = _options(kind)
    unknown = sorted(options.keys() - known.keys())
    if unknown:
        raise UsageError(
            f"The stopping criterion {name!r} has no option {unknown[0]!r}.",
            where=WHERE,
            remedy=f"Its options: {', '.join(known) or 'none'}.",
        )
    for option, parameter in known.items():
        if parameter.default is parameter.empty and option not in options:
            raise UsageError(
                f"The stopping criterion {name!r} needs a value for {option!r}.",
                where=WHERE,
                remedy=f"Write it as {name}({option}=...).",
            )
    return kind(**options)


def read_criteria(text: str) -> tuple[StoppingCriterion, ...]:
    """Make the criteria that a line of text names, with commas between them.

    Options stand in brackets, by name or in the criterion's own order:
    `kappa(threshold=0.98), rounds(10), delta-f(positive=spam)`. An empty line names none.

    Raises:
        UnknownNameError: If there is no such criterion, with the list of those that exist.
        UsageError: If the line cannot be read, or a criterion refuses its options.
    """
    made, at = [], 0
    while at < len(text) and text.strip():
        entry = _ENTRY.match(text, at)
        if entry is None or (entry.end() == len(text) and text.rstrip().endswith(",")):
            raise _unreadable(text[at:].strip())
        made.append(open_criterion(entry[1], **_read_options(entry[1], entry[2] or "")))
        at = entry.end()
    return tuple(made)


def _options(kind: type[StoppingCriterion]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(kind).parameters
    return {name: one for name, one in parameters.items() if name not in ("args", "kwargs")}


def _read_options(name: str, text: str) -> dict[str, Any]:
    order = list(_options(CRITERIA.get(name, where=WHERE)))
    found: dict[str, Any] = {}
    for number, part in enumerate(text.split(",") if text.strip() else []):
        option = _OPTION.fullmatch(part)
        if option is None or (option[1] is None and number >= len(order)):
            raise _unreadable(f"{name}({text})")
        key = option[1] or order[number]
        if key in found:
            raise UsageError(f"{name}({text}) gives {key!r} twice.", where=WHERE)
        found[key] = _value(option[2])
    return found


def _value(text: str) -> int | float | str:
    """A number where it is one, else the word itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _unreadable(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is no list of stopping criteria.",
        where=WHERE,
        remedy="Write names with commas between them and options in brackets, such as "
        "'kappa(threshold=0.98), rounds(10)'.",
    )
