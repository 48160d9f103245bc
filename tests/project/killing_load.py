"""Writers that are killed: `killing_load.py ADDRESS ROUNDS SEED` prints a JSON account of it.

One process imports everything once and forks the writers, so that a round takes milliseconds. A
writer tells an event's id only after `append` has returned, as the page says "saved" only then.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from activellm.annotation.contract import Annotation
from activellm.project.database import open_server
from activellm.project.store import Store

WRITERS = 2


def opened(address: str) -> Store:
    if address.startswith("postgresql:"):
        return Store(open_server(address, "killing"))
    return Store(Path(address))


def write(address: str, name: str, out: int) -> None:
    store = opened(address)
    for number in range(100_000):
        event = f"{name}-{number}"
        store.append(Annotation(event, f"t{number}", name, "label", ("x",), note="n" * 200))
        os.write(out, f"{event}\n".encode())


def started(address: str, name: str) -> tuple[int, int]:
    """A writer's process, and where it tells what it saved."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        write(address, name, writing)
    os.close(writing)
    return pid, reading


def round_of(address: str, number: int, chance: random.Random) -> list[str]:
    """Start writers, kill them at a random moment; what they told as saved."""
    writers = [started(address, f"w{number}.{one}") for one in range(WRITERS)]
    time.sleep(chance.uniform(0.0, 0.25))
    told = ""
    for pid, _ in writers:
        os.kill(pid, signal.SIGKILL)
    for pid, reading in writers:
        os.waitpid(pid, 0)
        with os.fdopen(reading) as pipe:
            told += pipe.read()
    return told.split()


def main(address: str, rounds: int, seed: int) -> None:
    opened(address).close()
    chance = random.Random(seed)
    told: list[str] = []
    wrong: list[str] = []
    last = idle = 0
    kept: list[str] = []
    for number in range(rounds):
        saved = round_of(address, number, chance)
        idle += not saved
        told += saved
        store = opened(address)
        wrong += store.check()
        events = store.events_after(last)
        store.close()
        kept += [event.event for _, event in events]
        last = events[-1][0] if events else last
        if lost := set(saved) - set(kept):
            wrong.append(f"round {number} lost {sorted(lost)}")
    account = {
        "kills": rounds * WRITERS,
        "saved": len(told),
        "kept": len(kept),
        "doubled": len(kept) - len(set(kept)),
        "rounds without an answer": idle,
        "wrong": wrong,
    }
    print(json.dumps(account))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
