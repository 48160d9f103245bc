"""Google's Gemini API: generateContent.

Protocol: https://ai.google.dev/api/generate-content and, for JSON,
https://ai.google.dev/gemini-api/docs/structured-output
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from activellm.llm.protocol import Message
from activellm.llm.retry import CallFailed
from activellm.llm.servers.dialect import Question, Reply
from activellm.llm.servers.narrowing import COMMON, narrowed

THINKING = 8192
"""Tokens that a model may think before it answers, added to the answer's limit: Gemini counts
both in one (`maxOutputTokens`), and an answer would else end before it began."""

_SILENT = ("gemini-1", "gemini-2.0", "gemma", "learnlm")
"""Models that do not think, by the beginning of their names."""

_KNOWN = COMMON | {"format", "prefixItems", "oneOf", "minItems", "maxItems", "minimum", "maximum"}
"""What structured output understands of JSON schema."""

_SEEDS = 2**31
"""Seeds are 32-bit integers with a sign."""

_FINISHES: dict[str | None, Literal["length", "refusal"]] = {
    "MAX_TOKENS": "length",
    "SAFETY": "refusal",
    "RECITATION": "refusal",
    "BLOCKLIST": "refusal",
    "PROHIBITED_CONTENT": "refusal",
    "SPII": "refusal",
    "LANGUAGE": "refusal",
}
"""Every other finish reason is an answer that ended by itself."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)


class _Piece(_Part):
    text: str = ""
    thought: bool = False


class _Content(_Part):
    parts: list[_Piece] = Field(default_factory=list)


class _Candidate(_Part):
    content: _Content = _Content()
    finish_reason: str | None = None


class _Feedback(_Part):
    block_reason: str | None = None


class _Counts(_Part):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None


class _Answer(_Part):
    candidates: list[_Candidate] = Field(default_factory=list)
    prompt_feedback: _Feedback = _Feedback()
    usage_metadata: _Counts = _Counts()


class GeminiDialect:
    """How Gemini is asked. The key goes into a header, never into the address."""

    name = "gemini"

    def url(self, base_url: str, model: str) -> str:
        """Where questions are sent."""
        return f"{base_url}/models/{quote(model.removeprefix('models/'), safe='')}:generateContent"

    def headers(self, key: str) -> dict[str, str]:
        """The key."""
        return {"x-goog-api-key": key} if key else {}

    def body(self, model: str, question: Question, refused: frozenset[str]) -> dict[str, Any]:
        """The request. A model that thinks is given `THINKING` tokens more."""
        config: dict[str, Any] = {"maxOutputTokens": question.max_tokens}
        if thinks(model):
            config["maxOutputTokens"] += THINKING
        if "temperature" not in refused:
            config["temperature"] = question.temperature
        if "seed" not in refused:
            config["seed"] = question.seed % _SEEDS
        if question.json_schema is not None and "json_schema" not in refused:
            config["responseMimeType"] = "application/json"
            config["responseJsonSchema"] = narrowed(question.json_schema, _KNOWN)
        turns = [_turn(turn) for turn in question.messages if turn.role != "system"]
        body: dict[str, Any] = {"contents": turns, "generationConfig": config}
        system = [{"text": turn.content} for turn in question.messages if turn.role == "system"]
        return body | ({"systemInstruction": {"parts": system}} if system else {})

    def read(self, answer: Any) -> Reply:
        """The reply of the first candidate, without its thoughts; a blocked prompt is a refusal.

        Raises:
            CallFailed: If it holds neither.
        """
        try:
            found = _Answer.model_validate(answer)
        except ValidationError:
            raise CallFailed("transient", "The server's answer is not generated content") from None
        prompt_tokens = found.usage_metadata.prompt_token_count
        if found.candidates:
            first = found.candidates[0]
            text = "".join(piece.text for piece in first.content.parts if not piece.thought)
            return Reply(
                text,
                _FINISHES.get(first.finish_reason, "stop"),
                prompt_tokens,
                _written(found.usage_metadata),
            )
        if reason := found.prompt_feedback.block_reason:
            return Reply(f"The prompt was blocked: {reason}.", "refusal", prompt_tokens, 0)
        raise CallFailed("transient", "The server's answer holds no candidate")


def thinks(model: str) -> bool:
    """Whether a model may spend tokens on thinking before it answers."""
    return not model.removeprefix("models/").startswith(_SILENT)


def _turn(turn: Message) -> dict[str, Any]:
    role = "model" if turn.role == "assistant" else "user"
    return {"role": role, "parts": [{"text": turn.content}]}


def _written(counts: _Counts) -> int | None:
    """The tokens that are paid as output: the answer's and the thoughts'."""
    given = (counts.candidates_token_count, counts.thoughts_token_count)
    return None if given == (None, None) else sum(count or 0 for count in given)
