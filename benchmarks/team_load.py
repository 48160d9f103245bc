"""A team's server under load: how long an answer takes, and whether any is lost or doubled.

    python benchmarks/team_load.py [--annotators 50] [--answers 100] [--think 1.0] [--overlap 2]

Makes a project of made-up texts, serves it by `activellm annotate` in a process of its own, and
lets simulated annotators label at the same time, each over its own HTTP connection, with a pause
between two answers. Meanwhile the owner reads the overview every two seconds, exports all answers
again and again, and starts a training. Beside it, in the same run, the same number of answers is
posted by one annotator alone, without anything else going on.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2

LABELS = ("Roads", "Waste", "Parks")
LINK = re.compile(r"(\S+)\s+(http://\S+/start\?token=\S+)")


def make_project(folder: Path, texts: int) -> Path:
    """A project with one round of so many picks, none answered."""
    pool = folder / "pool.jsonl"
    names = [label.lower() for label in LABELS]
    rows = [{"text": f"Report {n} about {names[n % 3]} in street {n}"} for n in range(texts)]
    pool.write_text("\n".join(map(json.dumps, rows)))
    project = folder / "load.activellm"
    labels = [part for label in LABELS for part in ("--label", label)]
    activellm("init", pool, "--project", project, "--task", "What is it about?", *labels,
              "--strategy", "random", "--llm", "none", "--candidates", texts, "--select", texts,
              "--successor", "linear")  # fmt: skip
    activellm("select", "--project", project)
    return project


def activellm(*arguments: Any) -> None:
    command = [sys.executable, "-m", "activellm", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


class Server:
    """`activellm annotate` in a process of its own, and the links that it told.

    Who was invited by an earlier server is told no link again: `tokens` says what theirs was.
    """

    def __init__(
        self, project: Path, names: list[str], overlap: int, tokens: dict[str, str] | None = None
    ) -> None:
        command = [sys.executable, "-m", "activellm", "annotate", "--project", project, "--port", 0,
                   "--annotators", ",".join(names), "--overlap", overlap]  # fmt: skip
        self.process = subprocess.Popen(
            [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout
        self.tokens = dict(tokens or {})
        for line in self.process.stdout:
            if found := LINK.search(line):
                self.base, _, self.tokens[found[1]] = found[2].partition("/start?token=")
            if "invited before" in line:
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def client(self, name: str) -> httpx2.Client:
        """Somebody's browser, let in."""
        client = httpx2.Client(base_url=self.base, headers={"Origin": self.base}, timeout=30)
        client.get("/start", params={"token": self.tokens[name]}).raise_for_status()
        return client

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def annotate(client: httpx2.Client, answers: int, think: float, seed: int) -> list[tuple]:
    """Label as a page does: fetch a few texts, answer one after the other. (seconds, event, id)"""
    rng, done = random.Random(seed), []
    while len(done) < answers:
        texts = client.get("/api/v1/texts").raise_for_status().json()["texts"]
        if not texts:
            break
        for text in texts[: answers - len(done)]:
            time.sleep(rng.expovariate(1 / think) if think else 0)
            event = uuid.uuid4().hex
            body = {"event": event, "id": text["id"], "action": "label",
                    "labels": [rng.choice(LABELS)]}  # fmt: skip
            start = time.perf_counter()
            client.post("/api/v1/answers", json=body).raise_for_status()
            done.append((time.perf_counter() - start, event, text["id"]))
    return done


def own(client: httpx2.Client, stop: threading.Event, seen: Counter) -> None:
    """The owner's page, an export, and a training."""
    while not stop.wait(2):
        client.get("/api/v1/overview").raise_for_status()
        seen["overviews"] += 1
        exported = client.get("/api/v1/export", params={"what": "events"}).raise_for_status().text
        seen["exports"] += 1
        seen["exported"] = len(exported.splitlines())
        if seen["overviews"] == 2:
            client.post("/api/v1/jobs", json={"job": "train"}).raise_for_status()
            seen["trainings"] += 1


def percentiles(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100)
    return (
        f"median {1000 * cuts[49]:.1f} ms, p95 {1000 * cuts[94]:.1f}, p99 {1000 * cuts[98]:.1f}, "
        f"longest {1000 * max(seconds):.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--annotators", type=int, default=50)
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--think", type=float, default=1.0, help="mean seconds between answers")
    parser.add_argument("--overlap", type=int, default=2)
    options = parser.parse_args()
    names = [f"person{number}" for number in range(options.annotators)]
    texts = options.annotators * options.answers // options.overlap
    with tempfile.TemporaryDirectory() as folder:
        server = Server(make_project(Path(folder), texts + options.answers), names, options.overlap)
        alone = annotate(server.client(names[0]), options.answers, 0, 0)
        clients = [server.client(name) for name in names]
        found: list[list[tuple]] = [[] for _ in names]
        stop, seen = threading.Event(), Counter()
        owner = threading.Thread(target=own, args=(server.client("owner"), stop, seen))
        people = [
            threading.Thread(
                target=lambda n=n: found[n].extend(
                    annotate(clients[n], options.answers, options.think, n)
                )
            )
            for n in range(len(names))
        ]
        start = time.perf_counter()
        for thread in (owner, *people):
            thread.start()
        for thread in people:
            thread.join()
        wall = time.perf_counter() - start
        stop.set()
        owner.join()
        rows = server.client("owner").get("/api/v1/export", params={"what": "events"}).text
        kept = Counter(json.loads(row)["event"] for row in rows.splitlines())
        server.stop()
    told = [one for answers in [alone, *found] for one in answers]
    together = [one[0] for answers in found for one in answers]
    print(f"alone, {len(alone)} answers: {percentiles([one[0] for one in alone])}")
    rate = len(together) / wall
    print(f"{len(names)} together, {len(together)} answers, {rate:.0f} a second: "
          f"{percentiles(together)}")  # fmt: skip
    print(f"meanwhile: {dict(seen)}")
    lost = [event for _, event, _ in told if event not in kept]
    print(f"told as saved {len(told)}, kept {len(kept)}, lost {len(lost)}, "
          f"kept twice {sum(count > 1 for count in kept.values())}")  # fmt: skip


if __name__ == "__main__":
    main()
