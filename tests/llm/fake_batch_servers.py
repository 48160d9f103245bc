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
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fake_provider_servers as alone
from fake_batch_protocols import Answer, anthropic, openai
from fake_provider_servers import KEY, Refused


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
                play = openai if self.speaks == "openai" else anthropic
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
