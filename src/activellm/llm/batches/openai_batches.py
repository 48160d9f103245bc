"""OpenAI's batches: a file of questions is uploaded, and a file of answers fetched.

Protocol: https://platform.openai.com/docs/api-reference/batch and .../files
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

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

_NOTE = "activellm"
"""The name of our note in a batch's metadata."""
_PAGE = 100
_STATES: dict[str, Literal["ended", "cancelled", "failed"]] = {
    "completed": "ended",
    "expired": "ended",
    "cancelled": "cancelled",
    "failed": "failed",
}
"""In every other status answers may still come."""
_LOST: dict[str, Literal["expired", "cancelled"]] = {
    "batch_expired": "expired",
    "batch_cancelled": "cancelled",
}
_TOO_MUCH = (
    "All of your batches together may hold so many tokens; hand in fewer questions at a time by "
    "--parallel, or wait for the others."
)


class OpenAIBatches:
    """How OpenAI takes batches of chat completions."""

    most_questions = 50_000
    most_bytes = 200_000_000

    def line(self, key: str, body: Mapping[str, Any]) -> bytes:
        """A question as a batch holds it."""
        request = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
        return json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")

    def hand_in(self, send: Send, base_url: str, token: str, lines: Sequence[bytes]) -> str:
        """Upload the questions, and make a batch of the file."""
        content, content_type = _form(f"activellm-{token}.jsonl", b"\n".join(lines) + b"\n")
        url = f"{base_url}/files"
        file = as_json(send("POST", url, content=content, content_type=content_type)).get("id")
        order = {
            "input_file_id": file,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {_NOTE: token},
        }
        made = as_json(send("POST", f"{base_url}/batches", content=json.dumps(order).encode()))
        return _look(made).id

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
        """The batch that has our token in its metadata."""
        after = ""
        while True:
            page = as_json(send("GET", f"{base_url}/batches?limit={_PAGE}{after}"))
            listed = [one for one in page.get("data") or () if isinstance(one, dict)]
            for one in listed:
                if (one.get("metadata") or {}).get(_NOTE) == token:
                    return _look(one).id
            if not listed or not page.get("has_more") or _look(listed[-1]).created_before(since):
                return None
            after = f"&after={_look(listed[-1]).id}"

    def look(self, send: Send, base_url: str, batch: str) -> Look:
        """How far a batch is."""
        return _look(as_json(send("GET", f"{base_url}/batches/{batch}")))

    def answers(self, send: Send, base_url: str, look: Look) -> Iterator[Line]:
        """The lines of the file of answers and of the file of errors."""
        for file in look.files:
            found = send("GET", f"{base_url}/files/{file}/content", largest=LARGEST_RESULTS)
            for line in json_lines(found.text):
                yield _line(line)


def _look(batch: Mapping[str, Any]) -> Look:
    if not isinstance(batch.get("id"), str):
        raise CallFailed("transient", "The server's answer is no batch")
    counts, made = batch.get("request_counts") or {}, batch.get("created_at")
    files = (batch.get("output_file_id"), batch.get("error_file_id"))
    return Look(
        batch["id"],
        _STATES.get(str(batch.get("status")), "waiting"),
        count(counts.get("completed")) + count(counts.get("failed")),
        count(counts.get("total")),
        _why(batch.get("errors")),
        tuple(file for file in files if isinstance(file, str) and file),
        made if isinstance(made, int | float) else None,
    )


def _why(errors: Any) -> str:
    """What was wrong with the file of questions."""
    found = errors.get("data") if isinstance(errors, dict) else None
    first = next((one for one in found or () if isinstance(one, dict)), {})
    said = str(first.get("message") or "").strip().rstrip(".")
    if first.get("code") == "token_limit_exceeded":
        return f"{said}. {_TOO_MUCH}"
    return said


def _line(line: Mapping[str, Any]) -> Line:
    key, error, response = str(line.get("custom_id")), line.get("error"), line.get("response")
    if isinstance(response, dict) and type(response.get("status_code")) is int:
        text = json.dumps(response.get("body"), ensure_ascii=False)
        return Line(key, Response(response["status_code"], {}, text))
    if isinstance(error, dict):
        if lost := _LOST.get(str(error.get("code"))):
            return Line(key, None, lost)
        return Line(key, Response(500, {}, json.dumps({"error": error}, ensure_ascii=False)))
    return Line(key, None, "missing")


def _form(name: str, content: bytes) -> tuple[bytes, str]:
    """A form with the file, as multipart/form-data (RFC 7578)."""
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    form = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return form, f"multipart/form-data; boundary={boundary}"
