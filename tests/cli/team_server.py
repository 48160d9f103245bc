"""`activellm annotate` for a team in a process of its own, and people who label over HTTP."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

import httpx2

LINK = re.compile(r"(\S+)\s+(http://\S+)/start\?token=(\S+)")


class TeamServer:
    """A served project. Who was invited by an earlier server comes in by their old secret."""

    def __init__(self, project: Path, *options: object, secrets: dict[str, str] | None = None):
        command = [sys.executable, "-m", "activellm", "annotate", "--project", project,
                   "--port", 0, *options]  # fmt: skip
        self.process = subprocess.Popen(
            [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout
        self.secrets = dict(secrets or {})
        self.told: list[str] = []
        self.people: list[Person] = []
        self.base = ""
        for line in self.process.stdout:
            self.told.append(line)
            if found := LINK.search(line):
                name, self.base, self.secrets[name] = found.groups()
            if "invited before" in line:
                break
        self._rest = threading.Thread(target=self.process.stdout.read, daemon=True)
        self._rest.start()

    def person(self, name: str) -> Person:
        self.people.append(Person(self.base, self.secrets[name]))
        return self.people[-1]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self._gone()

    def kill(self) -> None:
        self.process.kill()
        self._gone()

    def _gone(self) -> int:
        for person in self.people:
            person.client.close()
        code = self.process.wait(30)
        self._rest.join(10)
        assert self.process.stdout
        self.process.stdout.close()
        return code


class Person:
    """Somebody with a secret."""

    def __init__(self, base: str, secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        self.client = httpx2.Client(base_url=f"{base}/api/v1", headers=headers, timeout=30)

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.client.get(f"/{path}", params=params)

    def post(self, path: str, **body: Any) -> httpx2.Response:
        return self.client.post(f"/{path}", json=body)

    def texts(self) -> list[str]:
        found = self.get("texts").raise_for_status().json()["texts"]
        return [text["id"] for text in found]

    def answer(self, id_: str, label: str, event: str = "") -> str:
        """Label a text; gives the event that was confirmed."""
        event = event or uuid.uuid4().hex
        reply = self.post("answers", event=event, id=id_, action="label", labels=[label])
        return str(reply.raise_for_status().json()["saved"])
