"""A query model behind a server, whose questions are handed in by batches."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from activellm.errors import QueryModelError
from activellm.llm.audit import texts_sent
from activellm.llm.batches.asked import Asked
from activellm.llm.batches.contract import BatchInterface, BatchOptions, Line
from activellm.llm.batches.courier import Courier
from activellm.llm.batches.desk import Desk
from activellm.llm.batches.ledger import Ledger
from activellm.llm.estimates import estimate
from activellm.llm.protocol import Completion, Messages
from activellm.llm.recording import content_of, key_of
from activellm.llm.retry import CallFailed
from activellm.llm.servers.dialect import Question, Reply
from activellm.llm.servers.server_model import ServerModel
from activellm.llm.servers.transport import LARGEST, Response

_LOST = {
    "expired": "The batch ended before this question was asked",
    "cancelled": "The batch was cancelled before this question was asked",
    "missing": "The batch ended without an answer to this question",
}


class BatchedModel(ServerModel):
    """A model that answers within a day, at half the price. Ask it on many threads at a time.

    A question that gets no answer (expired, or an error of the server) is handed in again with the
    others of its kind. Failed ones are not paid for at either provider.

    Attributes:
        courier: Takes the questions there; it can be told where to note that, and whom to tell.

    Args:
        *args: As for `ServerModel`.
        interface: The provider's batches.
        batches: How they are handed in.
        **kwargs: As for `ServerModel`.
    """

    batched = True

    def __init__(
        self, *args: Any, interface: BatchInterface, batches: BatchOptions, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._interface, self._batches = interface, batches
        self._ledger = Ledger(batches.folder)
        self.courier = Courier(
            interface,
            self._ledger,
            self._sent,
            base_url=self.base_url,
            name=self.name,
            options=batches,
            limits=self._limits,
        )
        self._desk = Desk(self.courier.fetch, batches.gather, self.parallel)

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Ask for an answer in words; it comes when the batch has ended.

        Raises:
            QueryModelError: If no answer came, it is empty, or the server cut the prompt.
        """
        question = Question(messages, max_tokens, temperature, seed, json_schema)
        words = self._checked_words(question)
        key = self._checked_key()
        started = time.monotonic()
        try:
            reply = self._reply(question, key)
        except KeyboardInterrupt as stopped:
            stopped.unpaid = True  # type: ignore[attr-defined]  # its batch is noted as owed
            raise
        try:
            self._check_not_cut(reply, words)
            return self._completion(reply, key, time.monotonic() - started)
        except QueryModelError as error:
            self._ledger.without_answer(self.question_key(question), error.what)
            raise

    def question_key(self, question: Question) -> str:
        """The key of a question's content: its name in a batch, and of its recording."""
        return key_of(
            content_of(
                self.identity(),
                question.messages,
                max_tokens=question.max_tokens,
                temperature=question.temperature,
                seed=question.seed,
                json_schema=question.json_schema,
            )
        )

    def _reply(self, question: Question, key: str) -> Reply:
        """What the server said, after as many batches as that took.

        Raises:
            QueryModelError: If it did not answer.
        """
        attempts = 0
        while True:
            refused = self._refused
            line = self._desk.ask(self._asked(question, refused))
            try:
                return self._read(line, key, refused)
            except CallFailed as failed:
                attempts += failed.kind != "refused parameter"
                again = failed.kind in ("transient", "rate limit", "refused parameter")
                if again and attempts < self._batches.attempts:
                    continue
                self._ledger.without_answer(self.question_key(question), failed.what)
                tries = f" (after {attempts} batches)" if attempts > 1 else ""
                error = QueryModelError(
                    f"{failed.what}{tries}.", where=self.name, remedy=failed.remedy
                )
                error.unpaid = True
                raise error from None

    def _asked(self, question: Question, refused: frozenset[str]) -> Asked:
        key = self.question_key(question)
        most = estimate(
            self, question.messages, question.max_tokens, None, json_schema=question.json_schema
        )
        return Asked(
            key,
            self._interface.line(key, self._dialect.body(self._model, question, refused)),
            question.messages,
            texts_sent(),
            (most.prompt_tokens, most.completion_tokens_most),
        )

    def _read(self, line: Line, key: str, refused: frozenset[str]) -> Reply:
        """The reply in a batch's line.

        Raises:
            CallFailed: If it is none.
        """
        if line.response is None:
            raise CallFailed(
                "fatal" if line.lost == "cancelled" else "transient",
                _LOST.get(line.lost, _LOST["missing"]),
                remedy="Run again to ask those in a new batch." * (line.lost == "cancelled"),
            )
        if line.response.status != 200:
            raise self._refusal(line.response, key, refused)
        try:
            return self._decoded_reply(line.response)
        except CallFailed as failed:  # it is there and paid for, so asking again is for the user
            raise CallFailed("fatal", failed.what) from None

    def _sent(
        self,
        method: Any,
        url: str,
        *,
        timeout: float,
        content: bytes = b"",
        content_type: str = "application/json",
        largest: int = LARGEST,
    ) -> Response:
        """`Send`, with the key.

        Raises:
            CallFailed: For all but a status of 200.
        """
        key = self._checked_key()
        headers = self._dialect.headers(key) | ({"Content-Type": content_type} if content else {})
        response = self._transport.send(
            method, url, headers, timeout, content=content, largest=largest
        )
        if response.status == 404 and method == "GET":
            raise CallFailed(
                "fatal",
                "The server knows no such batch, or keeps its answers no longer (404)",
                remedy="Use the key that it was handed in with. To ask, and pay, once more, remove "
                f"its note in {self._batches.folder}.",
            )
        if response.status != 200:
            raise self._refusal(response, key, self._refused)
        return response
