"""A query model behind any server that speaks OpenAI's chat completions protocol.

Protocol: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import ipaddress
import json
import os
import time
import weakref
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from activellm.errors import QueryModelError, UsageError
from activellm.llm.protocol import Completion, Messages, Scores, Usage
from activellm.llm.retry import CallFailed, Limits, call_with_retries, classify, retry_after
from activellm.llm.scoring import answered, check_length
from activellm.llm.tokens import estimate_tokens, fewest_tokens
from activellm.progress import Progress, silent

OPENAI = "https://api.openai.com/v1"

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

_CUT = 0.8
"""A server that reports fewer prompt tokens than this share of the words has cut the prompt."""
_CUT_FROM = 200
"""Words below which that is not looked at."""
_LARGEST = 32 * 1024 * 1024
"""Bytes of an answer; more is not an answer."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Said(_Part):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Part):
    message: _Said
    finish_reason: str | None = None


class _Counts(_Part):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Answer(_Part):
    choices: list[_Choice]
    usage: _Counts | None = None


class OpenAIServerModel:
    """A model on an OpenAI-compatible server.

    The key is read from the environment at the first call: OPENAI_API_KEY for OpenAI itself,
    ACTIVELLM_API_KEY for every other address. It is sent in the header and kept nowhere else.

    Args:
        base_url: The address up to "/v1".
        model: The model's name on the server.
        name: How the user names it.
        limits: How long to wait and how often to try.

    Raises:
        UsageError: If the address is none, or holds a password.
    """

    can_score = False
    parallel = 8

    def __init__(
        self, base_url: str, model: str, *, name: str = "", limits: Limits | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.name = name or f"{self.base_url}#{model}"
        self._model = model
        self._limits = limits or Limits()
        self._host = _checked_host(self.base_url)
        self._is_openai = self.base_url == OPENAI
        self._reached = False

    @property
    def runs_here(self) -> bool:
        """Whether the address is this machine's own."""
        return is_loopback(self._host)

    @property
    def context_length(self) -> int | None:
        """Known for OpenAI's own models only."""
        if not self._is_openai:
            return None
        known = sorted((name for name in _CONTEXTS if self._model.startswith(name)), key=len)
        return _CONTEXTS[known[-1]] if known else None

    def identity(self) -> Mapping[str, str]:
        """The server's address and the model's name there."""
        return {"runtime": "openai", "server": self.base_url, "model": self._model}

    def count_tokens(self, text: str) -> int:
        """An estimate on the high side."""
        return estimate_tokens(text)

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """Always fails: the protocol gives no probabilities of given words.

        Raises:
            QueryModelError: Always.
        """
        raise QueryModelError("A chat server does not score given answers.", where=self.name)

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Ask for an answer in words.

        Raises:
            QueryModelError: If no answer came, it is empty, or the server cut the prompt.
        """
        words = sum(fewest_tokens(message.content) for message in messages)
        if self.context_length is not None:
            check_length(words, max_tokens, self.context_length, where=self.name)
        body = self._body(messages, max_tokens, temperature, seed, json_schema)
        started = time.monotonic()
        answer = call_with_retries(
            lambda timeout: self._attempt(body, timeout), self._limits, where=self.name
        )
        self._check_not_cut(answer, words)
        return self._completion(answer, time.monotonic() - started)

    def _body(
        self,
        messages: Messages,
        max_tokens: int,
        temperature: float,
        seed: int,
        json_schema: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in messages],
            "max_completion_tokens" if self._is_openai else "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
        }
        if json_schema is not None:
            strict = json_schema.get("additionalProperties") is False
            schema = {"name": "answer", "schema": dict(json_schema), "strict": strict}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    @cached_property
    def _client(self) -> httpx2.Client:
        """The connection; to this machine never through a proxy, and redirects are not followed."""
        client = httpx2.Client(headers=self._headers(), trust_env=not self.runs_here)
        weakref.finalize(self, client.close)
        return client

    def _headers(self) -> dict[str, str]:
        variable = "OPENAI_API_KEY" if self._is_openai else "ACTIVELLM_API_KEY"
        key = os.environ.get(variable, "").strip()
        if not key and self._is_openai:
            raise QueryModelError(
                "OpenAI needs a key.", where=self.name, remedy=f"Set {variable} to it."
            )
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise QueryModelError(f"What {variable} holds cannot be a key.", where=self.name)
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _attempt(self, body: Mapping[str, Any], timeout: float) -> _Answer:
        """One request.

        Raises:
            CallFailed: If there is no usable answer.
        """
        try:
            status, headers, text = self._send(body, timeout)
        except httpx2.TimeoutException:
            raise CallFailed("transient", f"No answer within {timeout:g} s") from None
        except httpx2.ConnectError:
            # Before the first answer it is the address that is wrong, not the moment.
            raise CallFailed(
                "transient" if self._reached else "refused",
                f"Cannot connect to {self._host}",
                remedy="Is the server running, and is the address right?",
            ) from None
        except httpx2.HTTPError as error:
            raise CallFailed(
                "transient", f"The connection broke ({type(error).__name__})"
            ) from None
        self._reached = True
        if status != 200:
            raise self._refusal(status, headers, text)
        return _parsed(text, headers)

    def _send(self, body: Mapping[str, Any], timeout: float) -> tuple[int, httpx2.Headers, str]:
        """Send, and read the whole answer within `timeout` seconds however slowly it comes."""
        deadline = time.monotonic() + timeout
        url = f"{self.base_url}/chat/completions"
        with self._client.stream("POST", url, json=body, timeout=timeout) as response:
            pieces: list[bytes] = []
            size = 0
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() > deadline:
                    raise httpx2.ReadTimeout("the answer came too slowly")
                if size > _LARGEST:
                    raise CallFailed("fatal", f"The answer is larger than {_LARGEST:,} bytes")
            text = b"".join(pieces).decode("utf-8", "replace")
            return response.status_code, response.headers, text

    def _refusal(self, status: int, headers: httpx2.Headers, text: str) -> CallFailed:
        said = _server_message(text)
        key = self._client.headers.get("Authorization", "").removeprefix("Bearer ")
        if key:
            said = said.replace(key, "[key]")
        what = f"The server answered {status}" + (f": {said}" if said else "")
        remedies = {
            401: "Check the key in the environment.",
            403: "Check what the key may do.",
            404: f"Is the model called {self._model!r} there, and does the address end in /v1?",
        }
        return CallFailed(
            classify(status, text),
            what,
            wait=retry_after(headers),
            remedy=remedies.get(status, ""),
        )

    def _check_not_cut(self, answer: _Answer, words: int) -> None:
        reported = answer.usage.prompt_tokens if answer.usage else None
        if reported is not None and words >= _CUT_FROM and reported < _CUT * words:
            raise QueryModelError(
                f"The server read only {reported:,} tokens of a prompt of at least {words:,}: "
                "it cut the prompt without saying so.",
                where=self.name,
                remedy="Raise the server's context length, or show fewer or shorter texts.",
            )

    def _completion(self, answer: _Answer, seconds: float) -> Completion:
        choice, counts = answer.choices[0], answer.usage or _Counts()
        usage = Usage(
            1,
            0,
            counts.prompt_tokens,
            counts.completion_tokens,
            seconds,
            0.0 if self.runs_here else None,
        )
        if choice.message.refusal or choice.finish_reason == "content_filter":
            text = choice.message.refusal or choice.message.content or ""
            return Completion(text, "refusal", usage)
        finish: Literal["stop", "length"] = "length" if choice.finish_reason == "length" else "stop"
        text = choice.message.content or ""
        return Completion(
            answered(text, limited=finish == "length", where=self.name), finish, usage
        )


def _checked_host(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
        secret = parts.username is not None
    except ValueError:
        host, secret = None, False
    if secret:
        raise UsageError(
            "The address holds a user name or password.",
            where="the query model's address",
            remedy="Put the key into ACTIVELLM_API_KEY.",
        )
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError(
            "Not an address of a server.", where=base_url, remedy="Write http://HOST:PORT/v1#MODEL."
        )
    return host


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parsed(text: str, headers: httpx2.Headers) -> _Answer:
    try:
        answer = _Answer.model_validate_json(text)
    except ValidationError:
        if "json" not in headers.get("content-type", "json"):
            raise CallFailed(
                "fatal",
                "The server answered with something else than JSON",
                remedy="Does the address end in /v1?",
            ) from None
        raise CallFailed("transient", "The server's answer is not a chat completion") from None
    if not answer.choices:
        raise CallFailed("transient", "The server's answer holds no choice")
    return answer


def _server_message(text: str) -> str:
    """What the server said of its failure, short and on one line; empty for HTML pages."""
    try:
        error = json.loads(text)["error"]
        said = error["message"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError):
        return ""
    return " ".join(str(said).split())[:300].rstrip(".")
