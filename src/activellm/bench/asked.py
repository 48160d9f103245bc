"""Query models that answer from a file: `recorded/NAME` and `judged/NAME`."""

from __future__ import annotations

from collections.abc import Iterable

from activellm.errors import UsageError
from activellm.selection import STRATEGIES
from activellm.selection.schedule import Schedule, read_schedule

RECORDED, JUDGED = "recorded", "judged"
"""What names begin with. The word alone means all that a file holds."""

LISTWISE, AUTO = "listwise", "auto"


def kind_of(llm: str) -> str:
    """RECORDED or JUDGED, or empty for a query model that is really asked."""
    kind = llm.partition("/")[0]
    return kind if kind in (RECORDED, JUDGED) else ""


def is_asked(llm: str) -> bool:
    """Whether this query model is really asked: one that costs time, and may cost money."""
    return llm != "none" and not kind_of(llm)


def named(llms: Iterable[str], there: Iterable[str]) -> tuple[str, ...]:
    """Those of the LLMs there are that are asked for, by name or by their kind."""
    wanted = tuple(llms)
    return tuple(one for one in there if one in wanted or one.partition("/")[0] in wanted)


def asks(schedule: Schedule) -> bool:
    """Whether some of its strategies ask a query model."""
    return any(_asks(name) for name in schedule.names)


def plays(schedule: Schedule) -> bool:
    """Whether recorded sessions can answer for its query model.

    They choose from a list, in the first rounds, and know no options: strategies that ask nothing
    may go on from there.
    """
    names = [entry.name for entry in schedule.entries]
    options = any(entry.options for entry in schedule.entries if entry.name == LISTWISE)
    others = names[1:]
    return names[0] == LISTWISE and not options and not any(map(_asks, others))


def judges(schedule: Schedule) -> bool:
    """Whether stored judgements can answer for its query model: label probabilities are enough."""
    return asks(schedule) and LISTWISE not in schedule.names


def answers_for(llm: str, schedule: Schedule) -> bool:
    """Whether a query model can be asked by a schedule; of real ones that is not known before."""
    kind = kind_of(llm)
    return plays(schedule) if kind == RECORDED else judges(schedule) if kind == JUDGED else True


def check_stored(
    llms: Iterable[str], strategies: Iterable[str], *, sessions: bool, judgements: bool
) -> None:
    """Refuse query models that answer from a file where there is none, or nobody can ask them.

    Args:
        llms, strategies: As in `Experiment`.
        sessions, judgements: Whether some data set has them.

    Raises:
        UsageError: Naming the model, or the strategy that no model can answer.
    """
    llms, schedules = tuple(llms), {one: read_schedule(one) for one in strategies}
    for llm in llms:
        kind = kind_of(llm)
        if kind and not (sessions if kind == RECORDED else judgements):
            raise UsageError(
                f"{llm!r} answers from a file, and no data set names one.",
                where="llm",
                remedy=f"Add {'sessions' if kind == RECORDED else 'judgements'} to a data set.",
            )
        if not any(answers_for(llm, schedule) for schedule in schedules.values()):
            raise UsageError(
                f"None of the strategies can ask {llm!r}.",
                where="llm",
                remedy="Recorded sessions answer for listwise without options, stored judgements "
                "for strategies that judge, such as coverage.",
            )
    for name, schedule in schedules.items():
        if asks(schedule) and not any(answers_for(llm, schedule) for llm in llms):
            raise UsageError(
                f"None of the query models can answer {name!r}: {', '.join(llms)}.",
                where="strategies",
                remedy="Add one to llm ('none' where the strategy can do without), or leave the "
                "strategy out.",
            )


def _asks(name: str) -> bool:
    return name == AUTO or "model" in STRATEGIES.get(name, where="strategies").needs
