"""Anthropic's Message Batches: the questions go along with the request.

Protocol: https://platform.claude.com/docs/en/api/messages/batches

A batch has no place for a note of ours. One whose id was not noted is found again by its size and
time, and known for sure by the `custom_id` of its answers, which the provider shows once it ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from activellm.llm.batches.contract import (
    LARGEST_RESULTS,
    Line,
    Look,
    Send,
    as_json,
    count,
    json_lines,
)
from activellm.llm.retry import CallFailed
from activellm.llm.servers.transport import Response

_PAGE = 100
_COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that such an error has outside of a batch; every other kind is 500."""


class AnthropicBatches:
    """How Anthropic takes batches of messages."""

    most_questions = 100_000
    most_bytes = 256_000_000

    def line(self, key: str, body: Mapping[str, Any]) -> bytes:
        """A question as a batch holds it."""
        request = {"custom_id": key, "params": body}
        return json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")

    def hand_in(self, send: Send, base_url: str, token: str, lines: Sequence[bytes]) -> str:
        """Make a batch."""
        content = b'{"requests": [' + b",".join(lines) + b"]}"
        return _look(as_json(send("POST", _url(base_url), content=content))).id

    def find(
        self,
        send: Send,
        base_url: str,
        token: str,
        keys: Collection[str],
        since: float,
        known: Collection[str],
        wait: Callable[[str], Look],
    ) -> str | None:
        """The batch of as many questions whose answers carry our keys."""
        after = ""
        while True:
            page = as_json(send("GET", f"{_url(base_url)}?limit={_PAGE}{after}"))
            listed = [_look(one) for one in page.get("data") or () if isinstance(one, dict)]
            for look in listed:
                fits = look.total == len(keys) and look.id not in known
                if fits and not look.created_before(since):
                    answers = self.answers(send, base_url, wait(look.id))
                    if any(line.key in keys for line in answers):
                        return look.id
            if not listed or not page.get("has_more") or listed[-1].created_before(since):
                return None
            after = f"&after_id={listed[-1].id}"

    def look(self, send: Send, base_url: str, batch: str) -> Look:
        """How far a batch is."""
        return _look(as_json(send("GET", f"{_url(base_url)}/{batch}")))

    def answers(self, send: Send, base_url: str, look: Look) -> Iterator[Line]:
        """The lines of the results. They are asked for at the address that the key is meant for."""
        found = send("GET", f"{_url(base_url)}/{look.id}/results", largest=LARGEST_RESULTS)
        for line in json_lines(found.text):
            yield _line(line)


def _url(base_url: str) -> str:
    return f"{base_url}/v1/messages/batches"


def _look(batch: Mapping[str, Any]) -> Look:
    if not isinstance(batch.get("id"), str):
        raise CallFailed("transient", "The server's answer is no batch")
    counts = {name: count((batch.get("request_counts") or {}).get(name)) for name in _COUNTS}
    total = sum(counts.values())
    if batch.get("processing_status") != "ended":
        state = "waiting"
    else:
        state = "cancelled" if batch.get("cancel_initiated_at") else "ended"
    return Look(
        batch["id"],
        state,  # type: ignore[arg-type]
        total - counts["processing"],
        total,
        created=_seconds(batch.get("created_at")),
    )


def _seconds(value: Any) -> float | None:
    try:
        then = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()


def _line(line: Mapping[str, Any]) -> Line:
    key, result = str(line.get("custom_id")), line.get("result")
    result = result if isinstance(result, dict) else {}
    kind = result.get("type")
    if kind == "succeeded":
        text = json.dumps(result.get("message"), ensure_ascii=False)
        return Line(key, Response(200, {}, text))
    if kind == "errored":
        error = result.get("error")
        error = error if isinstance(error, dict) else {}
        inner = inner if isinstance(inner := error.get("error"), dict) else error
        status = _STATUS.get(str(inner.get("type")), 500)
        return Line(key, Response(status, {}, json.dumps({"error": inner}, ensure_ascii=False)))
    if kind == "expired":
        return Line(key, None, "expired")
    return Line(key, None, "cancelled" if kind == "canceled" else "missing")
