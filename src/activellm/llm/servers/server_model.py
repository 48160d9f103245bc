"""A query model behind a server, whatever protocol the server speaks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from activellm.errors import QueryModelError, UsageError
from activellm.llm.addresses import is_loopback
from activellm.llm.protocol import Completion, Messages, Scores, Usage
from activellm.llm.retry import (
    CallFailed,
    Limits,
    call_with_retries,
    classify,
    refused_parameter,
    retry_after,
)
from activellm.llm.scoring import answered, check_length
from activellm.llm.servers.dialect import Dialect, Question, Reply
from activellm.llm.servers.pace import Pace
from activellm.llm.servers.transport import Response, Transport, server_message
from activellm.llm.tokens import estimate_tokens, fewest_tokens
from activellm.progress import Progress, silent

_CUT = 0.8
"""A server that reports fewer prompt tokens than this share of the words has cut the prompt."""
_CUT_FROM = 200
"""Words below which that is not looked at."""
_SHOWN = 300
"""Characters of what a server said of its failure that an error shows."""
_REMEDIES = {
    401: "Check the key.",
    403: "Check what the key may do.",
}


class ServerModel:
    """A model behind a server. Safe to ask on many threads at a time.

    A parameter that the server says this model does not take is left out from then on.

    Args:
        dialect: The server's protocol.
        base_url: The address where the protocol begins.
        model: The model's name on the server.
        name: How the user names it.
        limits: How long to wait and how often to try.
        parallel: Questions at a time.
        key: Gives the key at each call; it is sent in a header and kept nowhere.
        context: Tokens that prompt and answer may have together; None if unknown.
        requests_per_minute, tokens_per_minute: The most that is sent; None for no limit.
        runs_here: Whether texts stay on this machine; None to go by the address.
        identity_extra: What decides the answers beside address and model.

    Raises:
        UsageError: If the address is none, or holds a password.
    """

    can_score = False

    def __init__(
        self,
        dialect: Dialect,
        base_url: str,
        model: str,
        *,
        name: str,
        limits: Limits | None = None,
        parallel: int = 8,
        key: Callable[[], str] = str,
        context: int | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        runs_here: bool | None = None,
        identity_extra: Mapping[str, str] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.name = name
        self.parallel = parallel
        self.context_length = context
        host = _checked_host(self.base_url)
        self.runs_here = is_loopback(host) if runs_here is None else runs_here
        self._dialect, self._model, self._key = dialect, model, key
        self._limits = limits or Limits()
        self._identity_extra = dict(identity_extra or {})
        self._transport = Transport(parallel=parallel, trust_proxy=not is_loopback(host))
        self._pace = Pace(requests_per_minute, tokens_per_minute)
        self._refused: frozenset[str] = frozenset()
        self._learning = threading.Lock()

    @property
    def hidden_tokens(self) -> int:
        """Tokens above `max_tokens` that the model may think in, unseen and paid for."""
        return int(getattr(self._dialect, "hidden_tokens", lambda _: 0)(self._model))

    def identity(self) -> Mapping[str, str]:
        """The protocol, the server's address, and the model's name there."""
        return {
            "runtime": self._dialect.name,
            "server": self.base_url,
            "model": self._model,
            **self._identity_extra,
        }

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
        """Always fails: these protocols give no probabilities of given words.

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
        question = Question(messages, max_tokens, temperature, seed, json_schema)
        words = self._checked_words(question)
        key = self._checked_key()
        tokens = sum(estimate_tokens(turn.content) for turn in messages) + max_tokens
        started = time.monotonic()
        deadline = started + self._limits.deadline
        reply = call_with_retries(
            lambda timeout: self._attempt(question, key, tokens, timeout, deadline),
            self._limits,
            where=self.name,
        )
        self._check_not_cut(reply, words)
        return self._completion(reply, key, time.monotonic() - started)

    def request_body(self, question: Question) -> bytes:
        """The bytes that a question would be sent as; nothing is sent."""
        body = self._dialect.body(self._model, question, self._refused)
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")

    def _checked_words(self, question: Question) -> int:
        """The fewest tokens of a question, which must fit."""
        words = sum(fewest_tokens(message.content) for message in question.messages)
        if self.context_length is not None:
            check_length(words, question.max_tokens, self.context_length, where=self.name)
        return words

    def _checked_key(self) -> str:
        try:
            return self._key()
        except QueryModelError as error:
            error.unpaid = True
            raise

    def _attempt(
        self, question: Question, key: str, tokens: int, timeout: float, deadline: float
    ) -> Reply:
        """One request. Waiting for a place takes nothing of the time that the answer may take.

        Raises:
            CallFailed: If there is no usable answer.
        """
        self._wait_for_place(tokens, deadline)
        refused = self._refused
        response = self._transport.post(
            self._dialect.url(self.base_url, self._model),
            self._dialect.headers(key),
            self._dialect.body(self._model, question, refused),
            min(timeout, deadline - time.monotonic()),
        )
        if response.status != 200:
            raise self._refusal(response, key, refused)
        return self._decoded_reply(response)

    def _decoded_reply(self, response: Response) -> Reply:
        return self._dialect.read(_decoded(response))

    def _wait_for_place(self, tokens: int, deadline: float) -> None:
        while wait := self._pace.enter(tokens):
            if time.monotonic() + wait >= deadline:
                raise CallFailed(
                    "rate limit",
                    "The limit of requests or tokens a minute, or a pause that the server asked "
                    "for, leaves no place in time",
                    wait=wait,
                    unpaid=True,
                )
            time.sleep(min(wait, 1.0))

    def _refusal(self, response: Response, key: str, refused: frozenset[str]) -> CallFailed:
        # Cut out before it is shortened, or a part of the key could be left at the end.
        said = _without(key, server_message(response.text))[:_SHOWN].rstrip(".")
        what = f"The server answered {response.status}" + (f": {said}" if said else "")
        kind = classify(response.status, response.text)
        parameter = refused_parameter(response.text)
        if kind == "refused parameter" and not self._learn(parameter or "", refused):
            kind = "fatal"
        wait = retry_after(response.headers)
        if kind == "rate limit" and wait is not None:
            self._pace.close(wait)
        remedy = _REMEDIES.get(response.status, "")
        if response.status == 404:
            remedy = f"Is the model called {self._model!r} there, and is the address right?"
        unpaid = response.status < 500 and response.status not in (408, 409, 425)
        return CallFailed(kind, what, wait=wait, remedy=remedy, unpaid=unpaid)

    def _learn(self, parameter: str, sent_without: frozenset[str]) -> bool:
        """Leave a parameter out from now on; False if it had been left out already."""
        with self._learning:
            self._refused |= {parameter}
        return parameter not in sent_without

    def _check_not_cut(self, reply: Reply, words: int) -> None:
        reported = reply.prompt_tokens
        if reported is not None and words >= _CUT_FROM and reported < _CUT * words:
            raise QueryModelError(
                f"The server read only {reported:,} tokens of a prompt of at least {words:,}: "
                "it cut the prompt without saying so.",
                where=self.name,
                remedy="Raise the server's context length, or show fewer or shorter texts.",
            )

    def _completion(self, reply: Reply, key: str, seconds: float) -> Completion:
        cost = 0.0 if self.runs_here else None
        usage = Usage(1, 0, reply.prompt_tokens, reply.completion_tokens, seconds, cost)
        text = _without(key, reply.text)
        if reply.finish == "refusal":
            return Completion(text, "refusal", usage)
        text = answered(text, limited=reply.finish == "length", where=self.name)
        return Completion(text, reply.finish, usage)


def _without(key: str, text: str) -> str:
    """What a server said, with the key cut out."""
    return text.replace(key, "[key]") if key else text


def _decoded(response: Response) -> Any:
    try:
        return json.loads(response.text)
    except (ValueError, RecursionError):
        if "json" not in response.headers.get("content-type", "json"):
            raise CallFailed(
                "fatal",
                "The server answered with something else than JSON",
                remedy="Is the address right? OpenAI-compatible ones mostly end in /v1.",
            ) from None
        raise CallFailed("transient", "The server's answer is not whole JSON") from None


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
