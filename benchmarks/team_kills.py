"""SIGKILL a team's server again and again while people label; every answer told as saved must stay.

    python benchmarks/team_kills.py [--kills 200] [--annotators 4]

Each time the server is started anew on the same project, and killed after a random moment. People
go on with their links, as a page does: an answer that was not confirmed is sent again with the same
event id. At the end all confirmed events are looked for, once each, and the database is checked.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx2
from team_load import LABELS, Server, make_project


class Person:
    """Labels through every server that comes, and remembers what was confirmed."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.rng = random.Random(seed)
        self.confirmed: list[str] = []
        self.waiting: dict | None = None
        self.again = 0

    def work(self, server: Server, over: threading.Event) -> None:
        """Label until the server is gone."""
        try:
            client = server.client(self.name)
            while not over.is_set():
                if self.waiting is not None:
                    self.again += 1
                    self.post(client)
                texts = client.get("/api/v1/texts").raise_for_status().json()["texts"]
                for text in texts:
                    labels = [self.rng.choice(LABELS)]
                    self.waiting = {"event": uuid.uuid4().hex, "id": text["id"], "action": "label",
                                    "labels": labels}  # fmt: skip
                    self.post(client)
                if not texts:
                    time.sleep(0.05)
        except httpx2.TransportError:
            return

    def post(self, client: httpx2.Client) -> None:
        reply = client.post("/api/v1/answers", json=self.waiting).raise_for_status().json()
        self.confirmed.append(reply["saved"])
        self.waiting = None


def kill_again_and_again(folder: Path, kills: int, annotators: int, seed: int = 0) -> dict:
    """Run it; gives the counts that are printed."""
    project = make_project(folder, 20_000)
    rng = random.Random(seed)
    people = [Person(f"person{number}", number) for number in range(annotators)]
    tokens: dict[str, str] = {}
    for _ in range(kills):
        server = Server(project, [one.name for one in people], overlap=1, tokens=tokens)
        tokens = server.tokens
        over = threading.Event()
        threads = [threading.Thread(target=one.work, args=(server, over)) for one in people]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0, 0.6))
        server.process.kill()
        server.process.wait()
        over.set()
        for thread in threads:
            thread.join()
    with sqlite3.connect(project / "activellm.db") as database:
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
        kept = Counter(event for (event,) in database.execute("SELECT event FROM annotation"))
        twice = database.execute(
            "SELECT count(*) FROM (SELECT 1 FROM annotation GROUP BY example_id, annotator "
            "HAVING count(*) > 1)"
        ).fetchone()[0]
    confirmed = [event for one in people for event in one.confirmed]
    return {
        "kills": kills,
        "confirmed": len(confirmed),
        "kept": len(kept),
        "lost": sum(event not in kept for event in confirmed),
        "sent again": sum(one.again for one in people),
        "answered twice by one person": twice,
        "integrity": integrity,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--annotators", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(kill_again_and_again(Path(folder), options.kills, options.annotators)))


if __name__ == "__main__":
    main()
