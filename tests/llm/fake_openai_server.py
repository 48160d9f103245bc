"""A small server that speaks the OpenAI chat protocol, and misbehaves on demand.

As a process: python fake_openai_server.py --port 0 --log calls.jsonl --script script.json
It prints its address (http://127.0.0.1:PORT/v1) as its first line, and runs until it is killed.

As a fixture: `with FakeOpenAIServer(steps) as server:` and then server.url, server.calls.

A script is {"steps": [STEP, ...], "then": STEP}: one step for each request, in order, and `then`
for all that follow. A step is an object with one of
    {"answer": "text"}               say this (with "finish" and "prompt_tokens" if wanted)
    {"select": 5}                    name 5 of the numbers that begin lines of the prompt
    {"auto": true}                   an instance of the JSON schema asked for, else {"select": 5}
    {"refusal": "text"}              withhold the answer
    {"status": 429, "retry_after": 1, "message": "..."}  (or "retry_after_ms": 250)
    {"echo": true}                   say the Authorization header, in an error too
    {"body": "...", "status": 400}   these very characters as JSON, whole or not
    {"html": true}  {"half": true}  {"empty": true}  {"sleep": 3}  {"drip": 0.2}  {"close": true}
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

AUTO: dict[str, Any] = {"auto": True}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # as many may connect at the same moment


class FakeOpenAIServer:
    """The server, in a thread of its own."""

    def __init__(
        self,
        steps: Iterable[dict[str, Any]] = (),
        *,
        then: dict[str, Any] = AUTO,
        log: Path | None = None,
        port: int = 0,
    ) -> None:
        self.steps = list(steps)
        self.then = then
        self.log = log
        self.calls: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def next_step(self, call: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.calls.append(call)
            if self.log is not None:
                with self.log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(call) + "\n")
            return self.steps.pop(0) if self.steps else self.then

    def serve_forever(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def __enter__(self) -> FakeOpenAIServer:
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
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


def _handler(server: FakeOpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer takes 40 ms

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            call = {
                "path": self.path,
                "authorization": self.headers.get("Authorization"),
                "body": body,
            }
            step = dict(server.next_step(call))
            if "echo" in step:
                step["message"] = step["answer"] = f"You sent {call['authorization']}"
            try:
                self._play(step, body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _play(self, step: dict[str, Any], body: dict[str, Any]) -> None:
            if "sleep" in step:
                time.sleep(step["sleep"])
            if "close" in step:
                self.close_connection = True
                return
            if "body" in step:
                self._send(step.get("status", 200), step["body"], step)
            elif "html" in step:
                page = "<html><body>Welcome</body></html>"
                self._send(step.get("status", 200), page, step, "text/html")
            elif "status" in step:
                error = {"error": {"message": step.get("message", "no"), "code": step.get("code")}}
                self._send(step["status"], json.dumps(error), step)
            elif self.path != "/v1/chat/completions":
                self._send(404, json.dumps({"error": {"message": "no such path"}}), step)
            else:
                self._send(200, json.dumps(_completion(step, body)), step)

        def _send(
            self, status: int, text: str, step: dict[str, Any], kind: str = "application/json"
        ) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if "retry_after" in step:
                self.send_header("Retry-After", str(step["retry_after"]))
            if "retry_after_ms" in step:
                self.send_header("retry-after-ms", str(step["retry_after_ms"]))
            self.end_headers()
            if "half" in step:
                self.wfile.write(data[: len(data) // 2])
                self.close_connection = True
            elif "drip" in step:
                for byte in data:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(step["drip"])
            else:
                self.wfile.write(data)

    return Handler


def _completion(step: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    prompt = "\n".join(turn["content"] for turn in body["messages"])
    text = _text(step, prompt, body.get("response_format"))
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if "refusal" in step:
        message = {"role": "assistant", "content": None, "refusal": step["refusal"]}
    finish = step.get("finish", "stop")
    limit = body.get("max_tokens") or body.get("max_completion_tokens")
    if text and limit and len(text.split()) > limit:
        message["content"], finish = " ".join(text.split()[:limit]), "length"
    return {
        "object": "chat.completion",
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": step.get("prompt_tokens", len(prompt) // 4 + 1),
            "completion_tokens": len((message["content"] or "").split()),
        },
    }


def _text(step: dict[str, Any], prompt: str, wanted: dict[str, Any] | None) -> str:
    if "answer" in step:
        return str(step["answer"])
    if "empty" in step:
        return ""
    if "select" not in step and wanted is not None:
        return json.dumps(_instance(wanted["json_schema"]["schema"], prompt, "$"))
    numbers = list(dict.fromkeys(re.findall(r"^\W{0,2}(\d+)[\].:)\s]", prompt, re.MULTILINE)))
    count = int(step.get("select", 5))
    return ", ".join(numbers[:: max(1, len(numbers) // count)][:count]) or "I cannot choose."


def _instance(schema: dict[str, Any], prompt: str, place: str) -> Any:
    """Something that the schema allows, which depends on the prompt only."""
    draw = int.from_bytes(hashlib.sha256(f"{place} {prompt}".encode()).digest()[:4], "big")
    if "enum" in schema:
        return schema["enum"][draw % len(schema["enum"])]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "string")
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: _instance(part, prompt, f"{place}.{name}") for name, part in fields.items()}
    if kind == "array":
        count = schema.get("minItems", schema.get("maxItems", 3))
        items = schema.get("items", {})
        return [_instance(items, prompt, f"{place}[{index}]") for index in range(count)]
    low = schema.get("minimum", 0)
    if kind == "integer":
        return low + draw % (schema.get("maximum", low + 9) - low + 1)
    if kind == "number":
        return low + (draw % 1000) / 1000 * (schema.get("maximum", 1) - low)
    return {"boolean": draw % 2 == 0, "null": None}.get(kind, "because")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--script", type=Path)
    given = parser.parse_args()
    script = json.loads(given.script.read_text(encoding="utf-8")) if given.script else {}
    server = FakeOpenAIServer(
        script.get("steps", ()), then=script.get("then", AUTO), log=given.log, port=given.port
    )
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
