"""Small servers that speak each provider's protocol, as strict as the real ones.

`with FakeProvider("gemini") as server:` and then server.url, server.calls. A request that the real
provider would refuse is refused: a wrong path, a missing or misplaced key, an unknown field, a
missing one, a value out of range. So a test that gets an answer has sent a right question.

Steps, one for each request in order, change what is answered:
    {"answer": "text"}                     say this
    {"finish": "SAFETY"}                   end like this, in the provider's own word
    {"status": 529, "message": "..."}      fail, in the provider's own form of an error
    {"refuse": "temperature"}              refuse the request if it holds this parameter
    {"reply": {...}}                       this JSON object, whatever it is
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

KEY = "planted-Key-0123456789"
SAYS = "I would call this text rather positive than negative"

_BASE = {"anthropic": "", "azure": "", "gemini": "/v1beta", "ollama": ""}
_SORRY = {"anthropic": "is deprecated"}
_CHAT = {"model", "messages", "temperature", "response_format"}


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """What the real provider would not take."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class FakeProvider:
    """The server, in a thread of its own.

    Args:
        speaks: The protocol, as `Provider.speaks` calls it.
        steps: What to do for each request; when they are used up, answer.
        models: The names that it lists; those that are a pair run at the second's host.
        key: The key that is asked for; empty for a server that asks for none.
    """

    def __init__(
        self,
        speaks: str,
        steps: Iterable[dict[str, Any]] = (),
        *,
        models: Iterable[str | tuple[str, str]] = ("tiny",),
        key: str = KEY,
    ) -> None:
        self.speaks = speaks
        self.steps = list(steps)
        self.models = list(models)
        self.key = key
        self.calls: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where the protocol begins, as the provider's table has it."""
        port = self._server.server_address[1]
        return f"http://127.0.0.1:{port}{_BASE.get(self.speaks, '/v1')}"

    def answer(self, call: dict[str, Any]) -> tuple[int, Any]:
        with self._lock:
            self.calls.append(call)
            step = self.steps.pop(0) if self.steps else {}
        try:
            if "status" in step:
                raise Refused(step["status"], step.get("message", "no"))
            if "reply" in step:
                return 200, step["reply"]
            if step.get("refuse") in parameters(call["body"]):
                message = f"`{step['refuse']}` {_SORRY.get(self.speaks, 'is not supported')}"
                raise Refused(400, f"{message} for this model.")
            _CHECKS[self.speaks](self, call)
            return 200, _REPLIES[self.speaks](step, call["body"])
        except Refused as refused:
            return refused.status, _error(self.speaks, refused)

    def listed(self) -> Any:
        if self.speaks == "ollama":
            pairs = [(name, "") if isinstance(name, str) else name for name in self.models]
            return {
                "models": [
                    {"name": name, "model": name} | ({"remote_host": host} if host else {})
                    for name, host in pairs
                ]
            }
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}

    def __enter__(self) -> FakeProvider:
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


def _handler(server: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(*server.answer({"path": self.path, "headers": headers, "body": body}))

        def do_GET(self) -> None:
            path = {"ollama": "/api/tags"}.get(server.speaks, "/v1/models")
            if self.path != path:
                self._send(404, {"error": "no such path"})
            elif server.key and f"Bearer {server.key}" != self.headers.get("Authorization"):
                self._send(401, {"error": "no key"})
            else:
                self._send(200, server.listed())

        def _send(self, status: int, answer: Any) -> None:
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


# What each protocol asks of a request.


def _need(condition: bool, message: str, status: int = 400) -> None:
    if not condition:
        raise Refused(status, message)


def _fields(found: Mapping[str, Any], required: set[str], known: set[str]) -> None:
    for name in sorted(required - set(found)):
        raise Refused(400, f"{name}: Field required")
    for name in sorted(set(found) - known):
        raise Refused(400, f"{name}: Extra inputs are not permitted")


def _key(server: FakeProvider, call: dict[str, Any], header: str, value: str) -> None:
    given = call["headers"].get(header, "")
    _need(given == (value if server.key else ""), "invalid key", 401)
    _need(not server.key or server.key not in call["path"], "the key is in the address", 401)


def _turns(turns: Any, roles: set[str]) -> None:
    _need(isinstance(turns, list) and bool(turns), "messages: at least one is required")
    for turn in turns:
        _need(set(turn) == {"role", "content"}, "messages: role and content")
        _need(turn["role"] in roles, f"messages: Unexpected role {turn['role']!r}")
        _need(isinstance(turn["content"], str) and bool(turn["content"]), "messages: empty")


def _chat(server: FakeProvider, call: dict[str, Any], more: set[str]) -> None:
    body = call["body"]
    _fields(body, {"model", "messages"}, _CHAT | more)
    _turns(body["messages"], {"system", "developer", "user", "assistant"})
    if wanted := body.get("response_format"):
        _need(wanted["type"] == "json_schema", "response_format.type")
        _need({"name", "schema"} <= set(wanted["json_schema"]), "response_format.json_schema")


def _openai(server: FakeProvider, call: dict[str, Any]) -> None:
    _need(call["path"] == "/v1/chat/completions", "no such path", 404)
    _key(server, call, "authorization", f"Bearer {server.key}")
    _chat(server, call, {"max_completion_tokens", "seed"})


def _azure(server: FakeProvider, call: dict[str, Any]) -> None:
    path = r"/openai/(v1/chat/completions|deployments/[^/?]+/chat/completions\?api-version=[\w-]+)"
    _need(re.fullmatch(path, call["path"]) is not None, "Resource not found", 404)
    _key(server, call, "api-key", server.key)
    _need("authorization" not in call["headers"], "two keys", 401)
    body = call["body"] if "/v1/" in call["path"] else {"model": "", **call["body"]}
    _chat(server, {**call, "body": body}, {"max_completion_tokens", "seed"})


def _mistral(server: FakeProvider, call: dict[str, Any]) -> None:
    _need(call["path"] == "/v1/chat/completions", "no such path", 404)
    _key(server, call, "authorization", f"Bearer {server.key}")
    _chat(server, call, {"max_tokens", "random_seed"})


def _compatible(server: FakeProvider, call: dict[str, Any]) -> None:
    _need(call["path"] == "/v1/chat/completions", "no such path", 404)
    _key(server, call, "authorization", f"Bearer {server.key}")
    _chat(server, call, {"max_tokens", "seed"})


def _anthropic(server: FakeProvider, call: dict[str, Any]) -> None:
    body = call["body"]
    _need(call["path"] == "/v1/messages", "Not found", 404)
    _key(server, call, "x-api-key", server.key)
    _need("authorization" not in call["headers"], "two keys", 401)
    _need(call["headers"].get("anthropic-version") == "2023-06-01", "anthropic-version: required")
    required = {"model", "max_tokens", "messages"}
    _fields(body, required, required | {"system", "temperature", "output_config"})
    _turns(body["messages"], {"user", "assistant"})
    _need(body["messages"][0]["role"] == "user", "messages: first message must use user")
    _need(0 <= body.get("temperature", 1) <= 1, "temperature: must be between 0 and 1")
    if wanted := body.get("output_config"):
        _need(set(wanted) == {"format"} and wanted["format"]["type"] == "json_schema", "format")
        _strict(wanted["format"]["schema"])


def _strict(schema: Mapping[str, Any]) -> None:
    for word in ("minimum", "maximum", "minItems", "maxItems", "uniqueItems", "minLength"):
        _need(word not in schema, f"output_config.format.schema: {word} is not supported")
    if schema.get("type") == "object":
        _need(schema.get("additionalProperties") is False, "additionalProperties must be false")
    for inner in schema.get("properties", {}).values():
        _strict(inner)
    if "items" in schema:
        _strict(schema["items"])


def _gemini(server: FakeProvider, call: dict[str, Any]) -> None:
    body = call["body"]
    path = r"/v1beta/models/[\w.%-]+:generateContent"
    _need(re.fullmatch(path, call["path"]) is not None, "no such path", 404)
    _key(server, call, "x-goog-api-key", server.key)
    _fields(body, {"contents"}, {"contents", "systemInstruction", "generationConfig"})
    for content in [*body["contents"], {"role": "user", **body.get("systemInstruction", {})}]:
        _need(set(content) == {"role", "parts"}, "contents: role and parts")
        _need(content["role"] in ("user", "model"), "Please use a valid role: user, model.")
        _need(all(set(part) == {"text"} and part["text"] for part in content["parts"]), "parts")
    config = body.get("generationConfig", {})
    known = {"maxOutputTokens", "temperature", "seed", "responseMimeType", "responseJsonSchema"}
    _fields(config, set(), known)
    _need(-(2**31) <= config.get("seed", 0) < 2**31, "seed: out of range (TYPE_INT32)")
    if "responseJsonSchema" in config:
        _need(config.get("responseMimeType") == "application/json", "responseMimeType")


def _ollama(server: FakeProvider, call: dict[str, Any]) -> None:
    body = call["body"]
    _need(call["path"] == "/api/chat", "404 page not found", 404)
    _key(server, call, "authorization", f"Bearer {server.key}")
    known = {"model", "messages", "stream", "think", "truncate", "shift", "options", "format"}
    _fields(body, {"model", "messages", "stream"}, known)
    _need(body["stream"] is False, "the answer would be streamed")
    _turns(body["messages"], {"system", "user", "assistant"})
    _fields(body["options"], {"num_ctx"}, {"num_ctx", "num_predict", "temperature", "seed"})


_CHECKS = {
    "openai": _openai,
    "azure": _azure,
    "mistral": _mistral,
    "compatible": _compatible,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "ollama": _ollama,
}


# What each protocol answers.


def parameters(body: Mapping[str, Any]) -> set[str]:
    """The names of all parameters in a request, wherever the provider puts them."""
    inner = [body.get("options"), body.get("generationConfig")]
    return set(body).union(*(part for part in inner if part))


def limit(body: Mapping[str, Any]) -> int:
    """The most tokens that the request allows."""
    inner = {**body, **body.get("options", {}), **body.get("generationConfig", {})}
    names = ("max_tokens", "max_completion_tokens", "num_predict", "maxOutputTokens")
    return next(int(inner[name]) for name in names if name in inner)


def _words(step: dict[str, Any], body: dict[str, Any], schema: Any) -> tuple[list[str], bool]:
    """The answer in words, and whether it was cut."""
    text = step.get("answer") or (json.dumps(instance(schema)) if schema else SAYS)
    words = text.split()
    return words[: limit(body)], len(words) > limit(body)


def instance(schema: Mapping[str, Any]) -> Any:
    """The least that a schema allows."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {name: instance(part) for name, part in schema["properties"].items()}
    if schema["type"] == "array":
        return [instance(schema["items"])]
    return {"integer": 1, "number": 0.5, "boolean": True}.get(schema["type"], "because")


def _prompt_tokens(body: dict[str, Any]) -> int:
    return len(json.dumps(body)) // 4


def _chat_reply(step: dict[str, Any], body: dict[str, Any]) -> Any:
    wanted = body.get("response_format")
    words, cut = _words(step, body, wanted and wanted["json_schema"]["schema"])
    finish = step.get("finish", "length" if cut else "stop")
    message = {"role": "assistant", "content": " ".join(words)}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": _prompt_tokens(body), "completion_tokens": len(words)},
    }


def _anthropic_reply(step: dict[str, Any], body: dict[str, Any]) -> Any:
    wanted = body.get("output_config")
    words, cut = _words(step, body, wanted and wanted["format"]["schema"])
    return {
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "x"},
            {"type": "text", "text": " ".join(words)},
        ],
        "stop_reason": step.get("finish", "max_tokens" if cut else "end_turn"),
        "usage": {
            "input_tokens": _prompt_tokens(body) - 3,
            "cache_read_input_tokens": 3,
            "cache_creation_input_tokens": 0,
            "output_tokens": len(words),
        },
    }


def _gemini_reply(step: dict[str, Any], body: dict[str, Any]) -> Any:
    words, cut = _words(step, body, body["generationConfig"].get("responseJsonSchema"))
    pieces = [{"text": "Hm.", "thought": True}, {"text": " ".join(words)}]
    finish = step.get("finish", "MAX_TOKENS" if cut else "STOP")
    return {
        "candidates": [
            {"content": {"role": "model", "parts": pieces}, "finishReason": finish, "index": 0}
        ],
        "usageMetadata": {
            "promptTokenCount": _prompt_tokens(body),
            "candidatesTokenCount": len(words),
            "totalTokenCount": _prompt_tokens(body) + len(words),
        },
    }


def _ollama_reply(step: dict[str, Any], body: dict[str, Any]) -> Any:
    words, cut = _words(step, body, body.get("format"))
    return {
        "model": body["model"],
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": " ".join(words), "thinking": "Hm."},
        "done": True,
        "done_reason": step.get("finish", "length" if cut else "stop"),
        "prompt_eval_count": _prompt_tokens(body),
        "eval_count": len(words),
    }


_REPLIES = {
    "openai": _chat_reply,
    "azure": _chat_reply,
    "mistral": _chat_reply,
    "compatible": _chat_reply,
    "anthropic": _anthropic_reply,
    "gemini": _gemini_reply,
    "ollama": _ollama_reply,
}


def _error(speaks: str, refused: Refused) -> Any:
    if speaks == "ollama":
        return {"error": refused.message}
    if speaks == "anthropic":
        kind = {529: "overloaded_error", 429: "rate_limit_error"}.get(refused.status, "invalid")
        return {"type": "error", "error": {"type": kind, "message": refused.message}}
    if speaks == "gemini":
        inner = {"code": refused.status, "message": refused.message, "status": "INVALID_ARGUMENT"}
        return {"error": inner}
    return {"error": {"message": refused.message, "code": None}}
