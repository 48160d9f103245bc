"""Carries questions to a provider's batches, and the answers back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from activellm.errors import QueryModelError
from activellm.llm.audit_log import AuditLog
from activellm.llm.batches.asked import Asked, handed_in, now, packed
from activellm.llm.batches.contract import BatchInterface, BatchOptions, Line, Look, Send
from activellm.llm.batches.ledger import Batch, Ledger
from activellm.llm.retry import Limits, call_with_retries
from activellm.progress import silent

T = TypeVar("T")

_LOOKING = Limits(timeout=60.0, attempts=1000, deadline=3600.0)
"""A batch takes hours, so that a network that is away for less than one is waited for."""
_CLOCKS = 86_400.0
"""Seconds by which the provider's clock and ours may differ."""


class Courier:
    """Hands in what is not handed in yet, waits, and fetches.

    Attributes:
        audit: Where it is noted that questions are handed in; None notes nothing.
        progress: Told while a batch is waited for.

    Args:
        interface: The provider's batches.
        ledger: Where batches are noted.
        send: Sends with a `timeout` in seconds.
        base_url: Where the protocol begins.
        name: The model, as users name it.
        options: How.
        limits: How often to try, and how long, to hand in.
    """

    def __init__(
        self,
        interface: BatchInterface,
        ledger: Ledger,
        send: Send,
        *,
        base_url: str,
        name: str,
        options: BatchOptions,
        limits: Limits,
    ) -> None:
        self.progress = silent
        self.audit: AuditLog | None = None
        self._interface, self._ledger, self._send = interface, ledger, send
        self._base_url, self._name, self._options = base_url, name, options
        self._limits = replace(limits, timeout=max(limits.timeout, 600.0))

    def fetch(self, asked: Mapping[str, Asked]) -> Iterator[tuple[str, Line | QueryModelError]]:
        """What became of each question, in any order, as their batches end.

        Raises:
            QueryModelError: If they cannot be handed in.
            StoreError: If that cannot be noted; nothing is handed in then.
        """
        with self._ledger.alone():
            batches = self._handed_in(asked)
        for batch, keys in batches:
            try:
                lines = self._fetched(batch)
            except QueryModelError as error:
                yield from ((key, error) for key in keys)
                continue
            yield from ((key, lines.get(key, Line(key, None, "missing"))) for key in keys)

    def _handed_in(self, asked: Mapping[str, Asked]) -> list[tuple[Batch, list[str]]]:
        """The batches that hold the questions, and which; new ones for those that are in none."""
        places: dict[str, list[str]] = {}
        new: list[Asked] = []
        sure: dict[str, Batch] = {}
        for key, one in asked.items():
            while (batch := self._ledger.holding(key)) is not None and not batch.id:
                self._search(batch)
            if batch is None:
                new.append(one)
            else:
                sure[batch.token] = batch
                places.setdefault(batch.token, []).append(key)
        found = [(sure[token], keys) for token, keys in places.items()]
        options, interface = self._options, self._interface
        most = min(options.most_questions or interface.most_questions, interface.most_questions)
        room = min(options.most_bytes or interface.most_bytes, interface.most_bytes)
        for pack in packed(new, most, room):
            found.append((self._hand_in(pack), [one.key for one in pack]))
        return found

    def _hand_in(self, pack: Sequence[Asked]) -> Batch:
        """Note a new batch, and send it. Where it is not sure that it arrived, look before again.

        Raises:
            QueryModelError: If it cannot be handed in.
        """
        batch = Batch(
            token=uuid.uuid4().hex,
            model=self._name,
            server=self._base_url,
            made=now(),
            questions={one.key: one.most for one in pack},
        )
        if self.audit is not None:
            self.audit.add(handed_in(pack, self._name, self._base_url))
        self._ledger.note(batch)
        lines = [one.line for one in pack]
        tries: list[None] = []

        def hand_in(send: Send) -> str:
            found = self._found(batch, send) if tries else None
            tries.append(None)
            return found or self._interface.hand_in(send, self._base_url, batch.token, lines)

        try:
            batch = replace(batch, id=self._tried(hand_in, self._limits))
        except QueryModelError as error:
            if error.unpaid:
                self._ledger.drop(batch)
            raise
        self._ledger.note(batch)
        return batch

    def _search(self, batch: Batch) -> None:
        """Find out what became of a batch that a killed run was handing in."""
        found = self._tried(partial(self._found, batch), self._limits)
        if found is None:
            self._ledger.drop(batch)
        else:
            self._ledger.note(replace(batch, id=found))

    def _found(self, batch: Batch, send: Send) -> str | None:
        time.sleep(self._options.settle)
        return self._interface.find(
            send,
            self._base_url,
            batch.token,
            batch.questions.keys(),
            datetime.fromisoformat(batch.made).timestamp() - _CLOCKS,
            {one.id for one in self._ledger.batches()},
            lambda id: self._waited_for(id, f"Batch {id}, which may be ours", len(batch.questions)),
        )

    def _fetched(self, batch: Batch) -> dict[str, Line]:
        """The answers in a batch, when it has ended; which have none is noted.

        Raises:
            QueryModelError: If the provider refused all of it, or it is not there any more.
        """
        again = f", {times} asked again" if (times := self._ledger.again(batch)) else ""
        what = f"Batch {batch.id}, handed in {batch.made[:16].replace('T', ' ')} UTC{again}"
        look = self._waited_for(batch.id, what, len(batch.questions))
        if look.state == "failed":
            why = look.why or "The provider did not say why"
            self._ledger.note(
                replace(batch, ended=True, unanswered=dict.fromkeys(batch.questions, why))
            )
            raise _failed(f"Batch {batch.id} was refused: {why.rstrip('.')}.", self._name)
        lines = {
            line.key: line
            for line in self._tried(
                lambda send: list(self._interface.answers(send, self._base_url, look)), self._limits
            )
        }
        lost = "cancelled" if look.state == "cancelled" else "missing"
        for key in batch.questions.keys() - lines.keys():
            lines[key] = Line(key, None, lost)  # type: ignore[arg-type]
        failed = {key: why for key in batch.questions if (why := lines[key].failed)}
        if not batch.ended:
            self._ledger.note(replace(batch, ended=True, unanswered=failed))
        return lines

    def _waited_for(self, id: str, what: str, total: int) -> Look:
        """A batch as it is when it has ended."""
        pause = self._options.first_look
        while True:
            look = self._tried(
                lambda send: self._interface.look(send, self._base_url, id), _LOOKING
            )
            if look.state != "waiting":
                self.progress(what, total, total)
                return look
            self.progress(what, min(look.done, total - 1), total)
            time.sleep(pause)
            pause = min(pause * 1.5, self._options.longest_look)

    def _tried(self, ask: Callable[[Send], T], limits: Limits) -> T:
        return call_with_retries(
            lambda timeout: ask(partial(self._send, timeout=timeout)), limits, where=self._name
        )


def _failed(what: str, where: str) -> QueryModelError:
    error = QueryModelError(what, where=where)
    error.unpaid = True
    return error
