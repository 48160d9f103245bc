"""What the servers of both batch interfaces check and answer (`fake_batch_servers`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any

import fake_provider_servers as alone
from fake_provider_servers import Refused

if TYPE_CHECKING:
    from fake_batch_servers import FakeBatches

Answer = tuple[int, Any]
_KINDS = {400: "invalid_request_error", 500: "api_error", 529: "overloaded_error"}


def openai(
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


def anthropic(
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
