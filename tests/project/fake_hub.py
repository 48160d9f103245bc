"""A server on loopback that speaks those endpoints of the Hugging Face hub that a push needs."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_a_token_that_nobody_may_see"


class FakeHub:
    """Repositories in memory: name -> whether private, and the files.

    Args:
        repositories: What is there already.
        refuse: The status that commits are refused with; 0 for none.
    """

    def __init__(
        self, repositories: dict[str, dict[str, Any]] | None = None, *, refuse: int = 0
    ) -> None:
        self.repositories = repositories or {}
        self.refuse = refuse
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self, b"")

            def do_POST(self) -> None:
                hub.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: Any, body: bytes) -> None:
        path = request.path.partition("?")[0]
        self.asked.append(f"{request.command} {path}")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(request, 401, {"error": "Invalid credentials"})
        return self._send(request, *self._of(path, body))

    def _of(self, path: str, body: bytes) -> tuple[int, Any]:
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        parts = path.removeprefix("/api/models/").split("/")
        name = "/".join(parts[:2])
        repository = self.repositories.get(name)
        if not path.startswith("/api/models/") or repository is None:
            return 404, {"error": "Repository not found"}
        what = parts[2] if len(parts) > 2 else ""
        if what == "":
            files = [{"rfilename": name} for name in repository["files"]]
            private = repository["private"]
            return 200, {"id": name, "private": private, "sha": "0", "siblings": files}
        if what == "tree":
            return 200, [
                {"type": "file", "path": path, "size": len(data), "oid": "0"}
                for path, data in repository["files"].items()
            ]
        if what == "preupload":
            return 200, {
                "files": [
                    {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                    for one in json.loads(body)["files"]
                ]
            }
        if what == "commit":
            return self._commit(name, repository, body)
        return 404, {"error": "Not found"}

    def _create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = f"{asked['organization']}/{asked['name']}"
        known = name in self.repositories
        private = asked.get("visibility") == "private" or asked.get("private") is True
        self.repositories.setdefault(name, {"private": private, "files": {}})
        return (409 if known else 200), {"url": f"{self.url}/{name}"}

    def _commit(self, name: str, repository: dict[str, Any], body: bytes) -> tuple[int, Any]:
        if self.refuse:
            return self.refuse, {"error": "No"}
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                repository["files"][value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "deletedFile":
                del repository["files"][value["path"]]
        oid = "0" * 40
        url = f"{self.url}/{name}/commit/{oid}"
        return 200, {"commitUrl": url, "commitOid": oid, "success": True}

    def _send(self, request: Any, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
