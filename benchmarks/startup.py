"""How long the command takes to start, beside an empty Python, in turn in one run.

python benchmarks/startup.py [--runs 10] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "empty Python": [sys.executable, "-c", "pass"],
    "import activellm": [sys.executable, "-c", "import activellm"],
    "activellm --version": [sys.executable, "-m", "activellm", "--version"],
    "activellm --help": [sys.executable, "-m", "activellm", "--help"],
    "activellm run --help": [sys.executable, "-m", "activellm", "run", "--help"],
}


def measure(runs: int) -> dict[str, list[float]]:
    """Wall seconds of each command, the commands taking turns; one warm-up round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(runs + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    seconds = measure(options.runs)
    base = statistics.median(seconds["empty Python"])
    rows = [
        {
            "command": name,
            "median_s": round(statistics.median(taken), 3),
            "min_s": round(min(taken), 3),
            "max_s": round(max(taken), 3),
            "times_empty_python": round(statistics.median(taken) / base, 1),
            "runs": options.runs,
        }
        for name, taken in seconds.items()
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(
            f"{row['command']:<22} {row['median_s']:.3f} s "
            f"[{row['min_s']:.3f}, {row['max_s']:.3f}]  {row['times_empty_python']} x empty Python"
        )


if __name__ == "__main__":
    main()
