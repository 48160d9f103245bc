"""What a strategy would ask, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from activellm.llm.protocol import Messages, QueryModel
from activellm.selection.context import SelectionContext


@dataclass(frozen=True)
class Planned:
    """A question as it would be sent.

    Attributes:
        model: Who would be asked.
        messages: The exact prompt.
        max_tokens: The longest answer.
        texts: How many texts it shows.
        json_schema: What an answer in JSON looks like; None for other answers.
        seed: For models that take one.
        continuations: What is to be scored in place of an answer; empty for an answer in words.
        warnings: How it was made to fit.
    """

    model: QueryModel
    messages: Messages
    max_tokens: int
    texts: int
    json_schema: Mapping[str, Any] | None = None
    seed: int = 0
    warnings: tuple[str, ...] = ()
    continuations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """Questions that depend on earlier answers.

    Attributes:
        calls: How many.
        texts: How many texts each shows at most.
    """

    calls: int
    texts: int


@dataclass(frozen=True)
class Plan:
    """What a strategy would ask.

    Attributes:
        questions: Those that are known word for word.
        later: Those that depend on the answers, stage by stage. What an answer that cannot be used
            costs more, further questions and other orders, is in neither.
        note: What else decides how much is asked.
    """

    questions: tuple[Planned, ...] = ()
    later: tuple[Later, ...] = ()
    note: str = ""


@runtime_checkable
class Plans(Protocol):
    """A query strategy that can say beforehand what it would ask."""

    def plan(self, context: SelectionContext, n: int) -> Plan:
        """The questions; nothing is sent."""
        ...
