"""Servers of both batch interfaces, as strict as the real ones, with a plan of what goes wrong.

`with FakeBatches("openai") as server:` and then server.url, server.made, server.calls. A request
that the real provider would refuse is refused; each line of a batch is checked and answered as the
provider does alone (`fake_provider_servers`). Answers come in another order than the questions.

What can be planned:
    looks          a batch ends at so many looks after the first
    hold           as long as it is True, no batch ends
    fates          by the batch's number: "expired", "cancelled", "failed" in place of "completed"
    lines          by custom_id or by the number of the line as it comes in: an HTTP status to fail
                   with, "lost" for no line at all, or "expired"
    silent         so many creations are done, but never answered
    says           the words of an answer, from the question's body
    on_made        called when a batch is made, before that is answered
    on_call        called with method and path of each request, before it is played
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fake_provider_servers as alone
from fake_provider_servers import KEY, Refused

Answer = tuple[int, Any]
_KINDS = {400: "invalid_request_error", 500: "api_error", 529: "overloaded_error"}


class FakeBatches:
    """The server, in threads of its own."""

    def __init__(
        self,
        speaks: str,
        *,
        looks: int = 1,
        fates: Mapping[int, str] | None = None,
        lines: Mapping[int | str, int | str] | None = None,
        silent: int = 0,
        on_made: Callable[[], None] | None = None,
        on_call: Callable[[str, str], None] | None = None,
        refuse: str = "",
        says: Callable[[dict[str, Any]], str] | None = None,
        most: int = 100_000,
    ) -> None:
        self.speaks, self.looks, self.silent, self.on_made = speaks, looks, silent, on_made
        self.fates, self.lines = dict(fates or {}), dict(lines or {})
        self.refuse, self.most, self.hold, self.on_call = refuse, most, False, on_call
        self.why = {"code": "invalid_json_line", "message": "line 1 is no JSON", "line": 1}
        self.says = says
        self.files: dict[str, str] = {}
        self.made: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        port = self._server.server_address[1]
        return f"http://127.0.0.1:{port}" + ("/v1" if self.speaks == "openai" else "")

    @property
    def asked(self) -> list[str]:
        """The custom_id of every question of every batch."""
        return [key for batch in self.made for key in batch["questions"]]

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with self._lock:
            self.calls.append((method, path))
            if self.on_call is not None:
                self.on_call(method, path)
            try:
                self._check_key(headers)
                parts = urlsplit(path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                play = _openai if self.speaks == "openai" else _anthropic
                return play(self, method, parts.path, query, headers, body)
            except Refused as refused:
                return refused.status, alone._error(self.speaks, refused)

    def make(self, questions: list[tuple[str, dict[str, Any]]], **more: Any) -> dict[str, Any]:
        """A batch of (custom_id, body)."""
        keys = [key for key, _ in questions]
        alone._need(0 < len(keys) <= self.most, "too many requests", 413)
        alone._need(len(set(keys)) == len(keys), "custom_id: must be unique")
        number = len(self.made)
        start = len(self.asked)
        lines = {
            key: self._line(key, start + place, body) for place, (key, body) in enumerate(questions)
        }
        batch = {
            "number": number,
            "id": f"batch_{number}",
            "made": int(time.time()),
            "questions": dict(questions),
            "lines": lines,
            "left": self.looks,
            **more,
        }
        self.made.append(batch)
        if self.on_made is not None:
            self.on_made()
        return batch

    def fate(self, batch: dict[str, Any]) -> str:
        """Where a batch is now; each look brings it on."""
        if self.hold or batch["left"] > 0:
            batch["left"] -= not self.hold
            return "in_progress"
        return self.fates.get(batch["number"], "completed")

    def _line(self, key: str, place: int, body: dict[str, Any]) -> int | str | Answer:
        planned = self.lines.pop(key, None) or self.lines.pop(place, None)
        if planned is not None and isinstance(planned, str):
            return planned
        path = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}[self.speaks]
        headers = {"authorization": f"Bearer {KEY}"}
        if self.speaks == "anthropic":
            headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
        server = alone.FakeProvider.__new__(alone.FakeProvider)
        server.key = KEY
        try:
            if planned is not None:
                raise Refused(planned, f"planned {planned}")
            if self.refuse in body:
                raise Refused(400, f"`{self.refuse}` is not supported for this model.")
            alone._CHECKS[self.speaks](server, {"path": path, "headers": headers, "body": body})
            said = body["messages"][-1]["content"]
            step = {"answer": f"answer to {said}"} if _plain(body) else {}
            step = {"answer": self.says(body)} if self.says else step
            return 200, alone._REPLIES[self.speaks](step, body)
        except Refused as refused:
            return refused.status, alone._error(self.speaks, refused)

    def _check_key(self, headers: Mapping[str, str]) -> None:
        if self.speaks == "openai":
            alone._need(headers.get("authorization") == f"Bearer {KEY}", "invalid key", 401)
        else:
            alone._need(headers.get("x-api-key") == KEY, "invalid key", 401)
            alone._need(headers.get("anthropic-version") == "2023-06-01", "anthropic-version")

    def __enter__(self) -> FakeBatches:
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _plain(body: Mapping[str, Any]) -> bool:
    return "response_format" not in body and "output_config" not in body


def _handler(server: FakeBatches) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            self._play("POST", self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._play("GET", b"")

        def _play(self, method: str, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            made = len(server.made)
            status, answer = server.answer(method, self.path, headers, body)
            if len(server.made) > made and server.silent:
                server.silent -= 1
                self.close_connection = True
                return
            data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):  # the caller was killed
                self.close_connection = True

    return Handler


def _openai(
    server: FakeBatches,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    if (method, path) == ("POST", "/v1/files"):
        return 200, _upload(server, headers, body)
    if (method, path) == ("POST", "/v1/batches"):
        return 200, _order(server, json.loads(body))
    if (method, path) == ("GET", "/v1/batches"):
        return 200, _page(server, query, "after", _openai_batch)
    if found := re.fullmatch(r"/v1/batches/(\w+)", path):
        return 200, _openai_batch(server, _batch(server, found[1]), looks=True)
    if (found := re.fullmatch(r"/v1/files/([\w-]+)/content", path)) and found[1] in server.files:
        return 200, server.files[found[1]]
    raise Refused(404, f"no such path: {path}")


def _upload(server: FakeBatches, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    head = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    form = BytesParser().parsebytes(head + body)
    alone._need(form.get_content_type() == "multipart/form-data", "not a form")
    fields = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in form.get_payload()  # type: ignore[union-attr]
    }
    alone._need(set(fields) == {"purpose", "file"}, "purpose and file")
    alone._need(fields["purpose"] == b"batch", "purpose: batch")
    name = f"file-{len(server.files)}"
    server.files[name] = fields["file"].decode()
    return {"id": name, "object": "file", "purpose": "batch", "bytes": len(fields["file"])}


def _order(server: FakeBatches, order: dict[str, Any]) -> dict[str, Any]:
    required = {"input_file_id", "endpoint", "completion_window"}
    alone._fields(order, required, required | {"metadata"})
    alone._need(order["endpoint"] == "/v1/chat/completions", "endpoint")
    alone._need(order["completion_window"] == "24h", "completion_window")
    alone._need(order["input_file_id"] in server.files, "input_file_id: no such file")
    metadata = order.get("metadata", {})
    alone._need(all(len(key) <= 64 for key in metadata), "metadata")
    lines = [json.loads(line) for line in server.files[order["input_file_id"]].splitlines()]
    for line in lines:
        alone._fields(line, *[{"custom_id", "method", "url", "body"}] * 2)
        alone._need(line["method"] == "POST" and line["url"] == order["endpoint"], "line")
    questions = [(line["custom_id"], line["body"]) for line in lines]
    return _openai_batch(server, server.make(questions, metadata=metadata))


def _openai_batch(
    server: FakeBatches, batch: dict[str, Any], *, looks: bool = False
) -> dict[str, Any]:
    status = server.fate(batch) if looks else "validating"
    total = len(batch["questions"])
    ended = status in ("completed", "expired", "cancelled")
    done, failed = [], []
    if ended:
        for key, line in reversed(batch["lines"].items()):
            _openai_line(key, line, status, done, failed)
    found: dict[str, Any] = {
        "id": batch["id"],
        "object": "batch",
        "status": status,
        "created_at": batch["made"],
        "metadata": batch["metadata"],
        "errors": {"data": [server.why]} if status == "failed" else None,
        "request_counts": {"total": total, "completed": len(done), "failed": len(failed)},
        "output_file_id": None,
        "error_file_id": None,
    }
    for name, lines in (("output_file_id", done), ("error_file_id", failed)):
        if lines:
            found[name] = f"{name}-{batch['id']}"
            server.files[found[name]] = "\n".join(json.dumps(line) for line in lines) + "\n"
    return found


def _openai_line(key: str, line: Any, status: str, done: list[Any], failed: list[Any]) -> None:
    row: dict[str, Any] = {"id": f"req_{key[:4]}", "custom_id": key, "error": None}
    lost = status if status != "completed" and line[0] == 200 and int(key[0], 16) % 2 else line
    if lost == "lost":
        return
    if isinstance(lost, str):
        error = {"code": f"batch_{lost}", "message": "not executed in time"}
        failed.append({**row, "response": None, "error": error})
        return
    response = {"status_code": line[0], "request_id": "r", "body": line[1]}
    (done if line[0] == 200 else failed).append({**row, "response": response})


def _batch(server: FakeBatches, name: str) -> dict[str, Any]:
    for batch in server.made:
        if batch["id"] == name:
            return batch
    raise Refused(404, f"no such batch: {name}")


def _page(
    server: FakeBatches,
    query: Mapping[str, str],
    after: str,
    shown: Callable[..., dict[str, Any]],
) -> dict[str, Any]:
    alone._need(1 <= int(query["limit"]) <= 100, "limit")
    rows = [shown(server, batch) for batch in reversed(server.made)]
    names = [row["id"] for row in rows]
    start = names.index(query[after]) + 1 if after in query else 0
    page = rows[start : start + 2]  # small pages, so that more than one is needed
    return {"object": "list", "data": page, "has_more": start + 2 < len(rows)}


def _anthropic(
    server: FakeBatches,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    root = "/v1/messages/batches"
    if (method, path) == ("POST", root):
        order = json.loads(body)
        alone._fields(order, {"requests"}, {"requests"})
        for one in order["requests"]:
            alone._fields(one, *[{"custom_id", "params"}] * 2)
            fits = re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one["custom_id"])
            alone._need(fits is not None, "custom_id: pattern")
        made = server.make([(one["custom_id"], one["params"]) for one in order["requests"]])
        return 200, _anthropic_batch(server, made)
    if (method, path) == ("GET", root):
        return 200, _page(server, query, "after_id", _anthropic_batch)
    if found := re.fullmatch(rf"{root}/(\w+)", path):
        return 200, _anthropic_batch(server, _batch(server, found[1]), looks=True)
    if found := re.fullmatch(rf"{root}/(\w+)/results", path):
        batch = _batch(server, found[1])
        alone._need(batch["left"] <= 0 and not server.hold, "not ended", 404)
        fate = server.fates.get(batch["number"], "completed")
        rows = [_result(key, line, fate) for key, line in reversed(batch["lines"].items())]
        return 200, "\n".join(json.dumps(row) for row in rows if row) + "\n"
    raise Refused(404, f"no such path: {path}")


def _anthropic_batch(
    server: FakeBatches, batch: dict[str, Any], *, looks: bool = False
) -> dict[str, Any]:
    fate = server.fate(batch) if looks else "in_progress"
    ended = fate != "in_progress"
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    counts["succeeded" if ended else "processing"] = len(batch["questions"])
    return {
        "id": batch["id"],
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": counts,
        "created_at": datetime.fromtimestamp(batch["made"], UTC).isoformat(),
        "cancel_initiated_at": "2026-09-21T16:00:00Z" if fate == "cancelled" else None,
        "results_url": "http://elsewhere.invalid/results" if ended else None,
    }


def _result(key: str, line: Any, fate: str) -> dict[str, Any] | None:
    if line == "lost":
        return None
    unlucky = fate != "completed" and line[0] == 200 and int(key[0], 16) % 2
    if unlucky or isinstance(line, str):
        kind = {"cancelled": "canceled"}.get(fate, "expired")
        return {"custom_id": key, "result": {"type": kind}}
    if line[0] == 200:
        return {"custom_id": key, "result": {"type": "succeeded", "message": line[1]}}
    inner = {"type": _KINDS.get(line[0], "api_error"), "message": line[1]["error"]["message"]}
    error = {"type": "error", "error": inner}
    return {"custom_id": key, "result": {"type": "errored", "error": error}}
