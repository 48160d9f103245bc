"""A server on loopback with those endpoints of the Hugging Face hub that a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

COMMIT = "1" * 40


class DatasetHub:
    """Data sets in memory: name -> path -> bytes, all on the branch of Parquet files."""

    def __init__(self, files: dict[str, dict[str, bytes]]) -> None:
        self.files = files
        self.downloads: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self)

            def do_HEAD(self) -> None:
                hub.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: Any) -> None:
        path = unquote(request.path.partition("?")[0])
        for name, files in self.files.items():
            if path == f"/api/datasets/{name}/revision/refs/convert/parquet":
                return self._json(request, 200, {"id": name, "sha": COMMIT, "siblings": []})
            if path == f"/api/datasets/{name}/tree/{COMMIT}":
                return self._json(request, 200, [_entry(*one) for one in files.items()])
            prefix = f"/datasets/{name}/resolve/{COMMIT}/"
            if path.startswith(prefix) and path.removeprefix(prefix) in files:
                return self._file(request, files[path.removeprefix(prefix)])
        return self._json(request, 404, {"error": "Repository not found"}, RepoNotFound=True)

    def _file(self, request: Any, data: bytes) -> None:
        if request.command == "GET":
            self.downloads.append(request.path)
        request.send_response(200)
        request.send_header("ETag", f'"{_oid(data)}"')
        request.send_header("X-Repo-Commit", COMMIT)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(data)

    def _json(self, request: Any, status: int, value: Any, **marks: bool) -> None:
        data = json.dumps(value).encode()
        request.send_response(status)
        if marks:
            request.send_header("X-Error-Code", "RepoNotFound")
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(data)


def _oid(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def _entry(path: str, data: bytes) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": len(data), "oid": _oid(data)}
