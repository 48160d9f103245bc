"""OpenAI's chat completions, and how others speak them.

Protocol: https://platform.openai.com/docs/api-reference/chat; Azure:
https://learn.microsoft.com/azure/ai-services/openai/reference; Mistral:
https://docs.mistral.ai/api
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from activellm.llm.retry import CallFailed
from activellm.llm.servers.dialect import Question, Reply

_CONTEXTS = {
    "gpt-3.5-turbo": 16_385,
    "gpt-4": 8_192,
    "gpt-4-turbo": 128_000,
    "gpt-4.1": 1_047_576,
    "gpt-4o": 128_000,
    "gpt-5": 400_000,
    "o1": 200_000,
    "o3": 200_000,
    "o4-mini": 200_000,
}
"""OpenAI's own models, by the longest prefix that fits, as its model pages say."""

_REASONS = re.compile(r"(?:o\d|gpt-5)(?![\w.]*-?chat)")
"""Models that think before they answer, unseen; they take no temperature."""

THINKING = 16_384
"""Tokens above `max_tokens` that a reasoning model may think in. They are paid for as answer."""


def known_context(model: str) -> int | None:
    """Tokens that prompt and answer may have together in a model of OpenAI's; None if unknown."""
    known = sorted((name for name in _CONTEXTS if model.startswith(name)), key=len)
    return _CONTEXTS[known[-1]] if known else None


def reasons(model: str) -> bool:
    """Whether a model of OpenAI's thinks before it answers."""
    return _REASONS.match(model) is not None


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Said(_Part):
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The words, without what the model thought (Mistral's reasoning models send parts)."""
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class _Choice(_Part):
    message: _Said
    finish_reason: str | None = None


class _Counts(_Part):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Answer(_Part):
    choices: list[_Choice]
    usage: _Counts | None = None


class CompatibleDialect:
    """The protocol as most servers speak it."""

    name = "openai"
    limit: ClassVar[str] = "max_tokens"
    other_limit: ClassVar[str] = "max_completion_tokens"
    seed: ClassVar[str] = "seed"

    def url(self, base_url: str, model: str) -> str:
        """Where questions are sent."""
        return f"{base_url}/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        """The key."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def hidden_tokens(self, model: str) -> int:
        """Tokens above the limit that a model may think in."""
        return 0

    def body(self, model: str, question: Question, refused: frozenset[str]) -> dict[str, Any]:
        """The request."""
        limit = self.other_limit if "max_tokens" in refused else self.limit
        body: dict[str, Any] = {
            "model": model,
            "messages": [
                {"role": turn.role, "content": turn.content} for turn in question.messages
            ],
            limit: question.max_tokens + self.hidden_tokens(model),
        }
        if "temperature" not in refused:
            body["temperature"] = question.temperature
        if "seed" not in refused:
            body[self.seed] = question.seed
        if question.json_schema is not None and "json_schema" not in refused:
            body["response_format"] = _response_format(question)
        return body

    def read(self, answer: Any) -> Reply:
        """The reply.

        Raises:
            CallFailed: If it is no chat completion.
        """
        try:
            found = _Answer.model_validate(answer)
        except ValidationError:
            raise CallFailed("transient", "The server's answer is not a chat completion") from None
        if not found.choices:
            raise CallFailed("transient", "The server's answer holds no choice")
        choice, counts = found.choices[0], found.usage or _Counts()
        finish: Literal["stop", "length", "refusal"] = "stop"
        if choice.finish_reason in ("length", "model_length"):
            finish = "length"
        if choice.message.refusal or choice.finish_reason == "content_filter":
            finish = "refusal"
        text = choice.message.refusal or choice.message.text
        return Reply(text, finish, counts.prompt_tokens, counts.completion_tokens)


def _response_format(question: Question) -> dict[str, Any]:
    schema = dict(question.json_schema or {})
    strict = schema.get("additionalProperties") is False
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": strict},
    }


class OpenAIDialect(CompatibleDialect):
    """OpenAI itself. Reasoning models take no temperature, and get room to think."""

    limit: ClassVar[str] = "max_completion_tokens"
    other_limit: ClassVar[str] = "max_tokens"

    def hidden_tokens(self, model: str) -> int:
        """Tokens above the limit that a model may think in."""
        return THINKING if reasons(model) else 0

    def body(self, model: str, question: Question, refused: frozenset[str]) -> dict[str, Any]:
        """The request."""
        if reasons(model):
            refused |= {"temperature"}
        return super().body(model, question, refused)


class AzureDialect(OpenAIDialect):
    """OpenAI's models at Azure: the model is the name of a deployment.

    Args:
        api_version: The dated version of the protocol; empty for the address without one.
    """

    name = "azure"

    def __init__(self, api_version: str = "") -> None:
        self._api_version = api_version

    def url(self, base_url: str, model: str) -> str:
        """Where questions are sent."""
        if not self._api_version:
            return f"{base_url}/openai/v1/chat/completions"
        path = f"{base_url}/openai/deployments/{model}/chat/completions"
        return f"{path}?api-version={self._api_version}"

    def headers(self, key: str) -> dict[str, str]:
        """The key."""
        return {"api-key": key} if key else {}


class MistralDialect(CompatibleDialect):
    """Mistral."""

    name = "mistral"
    seed: ClassVar[str] = "random_seed"
