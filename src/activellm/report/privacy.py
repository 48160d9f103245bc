"""Where the texts went: from the lines of the audit log to what the report says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from activellm.report.facts import ModelCalls, PrivacyFacts
from activellm.report.words import dollars, plural, whole

AuditLine: TypeAlias = Mapping[str, Any]
"""One call: time, model, server, runs_here, kind, texts, sha256, prompt_tokens, completion_tokens,
cost, outcome."""

ANSWERED = "answered"
MANY = "query models that run"


def privacy_facts(
    lines: Iterable[AuditLine],
    *,
    redact: bool = False,
    local_only: bool = False,
    max_cost: float | None = None,
    max_tokens: int | None = None,
) -> PrivacyFacts:
    """Sum up an audit log, a line for each model and place, those elsewhere first.

    Args:
        lines: The audit log's lines. A key that is missing is unknown; where a line does not say
            that the model runs here, it is taken to run elsewhere.
        redact: Whether personal data was replaced before anything was read.
        local_only: Whether models that run elsewhere were refused.
        max_cost: US dollars that could be spent; None for no limit.
        max_tokens: Tokens that could be read and written; None for no limit.
    """
    groups: dict[tuple[bool, str, str], list[AuditLine]] = {}
    for line in lines:
        here = line.get("runs_here") is True
        server = "" if here else str(line.get("server") or "")
        groups.setdefault((here, str(line.get("model") or ""), server), []).append(line)
    return PrivacyFacts(
        models=tuple(_calls(*key, groups[key]) for key in sorted(groups)),
        redact=redact,
        local_only=local_only,
        max_cost=max_cost,
        max_tokens=max_tokens,
    )


def sentences(facts: PrivacyFacts) -> tuple[str, ...]:
    """Whether texts left this machine, and under which rules."""
    away = len(facts.elsewhere)
    if away:
        said = [f"Texts were sent to {plural(away, 'query model that runs', MANY)} elsewhere."]
    elif len(facts.models) == 1:
        said = ["The query model ran on this machine, and no text was sent elsewhere."]
    else:
        said = ["All query models ran on this machine, and no text was sent elsewhere."]
    if facts.redact:
        said.append(
            "Personal data that the rules find was replaced by placeholders in all that was read."
        )
    elif away:
        said.append("Personal data in the texts was not replaced.")
    if facts.local_only:
        said.append("The project refuses query models that run elsewhere.")
    limits = [dollars(facts.max_cost)] if facts.max_cost is not None else []
    limits += [f"{whole(facts.max_tokens)} tokens"] if facts.max_tokens is not None else []
    if limits:
        said.append(f"The project may spend at most {' and '.join(limits)} on query models.")
    return tuple(said)


def _calls(here: bool, model: str, server: str, lines: Sequence[AuditLine]) -> ModelCalls:
    lines = [line for line in lines if line.get("kind") != "batch"]  # its answers have lines, too
    answered = [line for line in lines if line.get("outcome") == ANSWERED]
    return ModelCalls(
        model=model,
        runs_here=here,
        server=server,
        calls=len(lines),
        failed=len(lines) - len(answered),
        texts=_whole(_sum(lines, "texts")),
        prompt_tokens=_whole(_sum(answered, "prompt_tokens")),
        completion_tokens=_whole(_sum(answered, "completion_tokens")),
        cost=0.0 if here else _sum(answered, "cost"),
    )


def _sum(lines: Sequence[AuditLine], key: str) -> float | None:
    """The sum over all lines; None, not less, if one of them does not say."""
    values = [line.get(key) for line in lines]
    known = [value for value in values if isinstance(value, int | float)]
    return sum(known) if len(known) == len(values) else None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
