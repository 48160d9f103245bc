"""What differs between providers: how a question is written and an answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from activellm.llm.protocol import Messages


@dataclass(frozen=True, slots=True)
class Question:
    """What `QueryModel.complete` was asked."""

    messages: Messages
    max_tokens: int
    temperature: float = 0.0
    seed: int = 0
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered.

    Attributes:
        text: The answer's words; empty if there are none.
        finish: As in `Completion`.
        prompt_tokens, completion_tokens: As the server counted them; None where it does not say.
    """

    text: str
    finish: Literal["stop", "length", "refusal"] = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Dialect(Protocol):
    """One provider's protocol. It is pure: it opens no connection and reads no environment.

    A protocol whose models may think unseen above the limit also has `hidden_tokens(model)`.

    Attributes:
        name: What it is called in a model's identity.
    """

    @property
    def name(self) -> str:
        """What it is called in a model's identity."""
        ...

    def url(self, base_url: str, model: str) -> str:
        """Where questions are sent."""
        ...

    def headers(self, key: str) -> dict[str, str]:
        """The headers that carry the key (which may be empty) and the protocol's version."""
        ...

    def body(self, model: str, question: Question, refused: frozenset[str]) -> dict[str, Any]:
        """The request, without the parameters that this model has refused before.

        Args:
            model: The model's name on the server.
            question: What to ask.
            refused: Names of our parameters to leave out: "temperature", "seed", "json_schema",
                "max_tokens" (then the provider's other name for it is used, if it has one).
        """
        ...

    def read(self, answer: Any) -> Reply:
        """The reply in a decoded JSON answer.

        Raises:
            CallFailed: If it is no answer of this protocol.
        """
        ...
