"""Anthropic's Messages API.

Protocol: https://platform.claude.com/docs/en/api/messages and, for JSON,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from activellm.llm.protocol import Messages
from activellm.llm.retry import CallFailed
from activellm.llm.servers.dialect import Question, Reply
from activellm.llm.servers.narrowing import COMMON, narrowed

VERSION = "2023-06-01"
"""The protocol's version, which every request names."""

_KNOWN = COMMON | {"const", "default", "allOf"}
"""What structured outputs understand of JSON schema: no limits of numbers, lengths or counts."""

_FINISHES: dict[str | None, Literal["length", "refusal"]] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
"""Every other stop reason is an answer that ended by itself."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Block(_Part):
    type: str
    text: str = ""


class _Counts(_Part):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None


class _Answer(_Part):
    content: list[_Block]
    stop_reason: str | None = None
    usage: _Counts = _Counts()


class AnthropicDialect:
    """How Claude is asked. There is no seed; JSON is asked for by `output_config`."""

    name = "anthropic"

    def url(self, base_url: str, model: str) -> str:
        """Where questions are sent."""
        return f"{base_url}/v1/messages"

    def headers(self, key: str) -> dict[str, str]:
        """The key and the protocol's version."""
        return {"anthropic-version": VERSION} | ({"x-api-key": key} if key else {})

    def body(self, model: str, question: Question, refused: frozenset[str]) -> dict[str, Any]:
        """The request. The limit of tokens is required, so it is always there."""
        body: dict[str, Any] = {
            "model": model,
            "max_tokens": question.max_tokens,
            "messages": _turns(question.messages),
        }
        if system := [turn.content for turn in question.messages if turn.role == "system"]:
            body["system"] = "\n\n".join(system)
        if "temperature" not in refused:
            body["temperature"] = min(question.temperature, 1.0)  # their scale ends at 1
        if question.json_schema is not None and "json_schema" not in refused:
            schema = narrowed(question.json_schema, _KNOWN, closed=True)
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return body

    def read(self, answer: Any) -> Reply:
        """The reply: the text blocks, without any thinking.

        Raises:
            CallFailed: If it is no message.
        """
        try:
            message = _Answer.model_validate(answer)
        except ValidationError:
            raise CallFailed("transient", "The server's answer is not a message") from None
        counts = message.usage
        cached = (counts.cache_creation_input_tokens or 0) + (counts.cache_read_input_tokens or 0)
        return Reply(
            "".join(block.text for block in message.content if block.type == "text"),
            _FINISHES.get(message.stop_reason, "stop"),
            None if counts.input_tokens is None else counts.input_tokens + cached,
            counts.output_tokens,
        )


def _turns(messages: Messages) -> list[dict[str, str]]:
    """The conversation without system turns, which go into a field of their own."""
    return [
        {"role": turn.role, "content": turn.content} for turn in messages if turn.role != "system"
    ]
