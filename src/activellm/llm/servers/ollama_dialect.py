"""Ollama's own API: /api/chat.

Its OpenAI-compatible one ignores the context length, and so cuts long prompts without a word.
Protocol: https://docs.ollama.com/api/chat; `truncate` and `shift` are in api/types.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from activellm.llm.retry import CallFailed
from activellm.llm.servers.dialect import Question, Reply


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Said(_Part):
    content: str = ""


class _Answer(_Part):
    message: _Said
    done: bool
    done_reason: str | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    remote_host: str = ""


@dataclass(frozen=True)
class OllamaDialect:
    """How Ollama is asked.

    Args:
        context: Tokens that prompt and answer may have together; Ollama loads the model with it.
        stays: Whether the answer must come from the server's own machine.
    """

    context: int
    stays: bool = True

    name = "ollama"

    def url(self, base_url: str, model: str) -> str:
        """Where questions are sent."""
        return f"{base_url}/api/chat"

    def headers(self, key: str) -> dict[str, str]:
        """The key, which only ollama.com and proxies ask for."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def body(self, model: str, question: Question, refused: frozenset[str]) -> dict[str, Any]:
        """The request: in one piece, not cut to the context, and without thinking aloud."""
        options: dict[str, Any] = {"num_ctx": self.context, "num_predict": question.max_tokens}
        if "temperature" not in refused:
            options["temperature"] = question.temperature
        if "seed" not in refused:
            options["seed"] = question.seed
        body: dict[str, Any] = {
            "model": model,
            "messages": [
                {"role": turn.role, "content": turn.content} for turn in question.messages
            ],
            "stream": False,
            # Thoughts would use up the tokens of the answer; models that cannot stop ignore it.
            "think": False,
            "truncate": False,
            "shift": False,
            "options": options,
        }
        if question.json_schema is not None and "json_schema" not in refused:
            body["format"] = dict(question.json_schema)
        return body

    def read(self, answer: Any) -> Reply:
        """The reply.

        Raises:
            CallFailed: If it is none, or came from elsewhere although the model should run here.
        """
        try:
            found = _Answer.model_validate(answer)
        except ValidationError:
            raise CallFailed("transient", "The server's answer is not a chat reply") from None
        if found.remote_host and self.stays:
            raise CallFailed(
                "fatal",
                f"Ollama passed the question on to {found.remote_host[:100]}",
                remedy="Name the cloud model itself (NAME:cloud), if its texts may leave.",
            )
        if not found.done:
            raise CallFailed("transient", "The server's answer is not finished")
        return Reply(
            found.message.content,
            "length" if found.done_reason == "length" else "stop",
            found.prompt_eval_count,
            found.eval_count,
        )
