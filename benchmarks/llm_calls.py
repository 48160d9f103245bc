"""What our way to a server costs a call, beside the openai SDK and bare httpx2, and calls a second.

The server stands in for an LLM: it answers at once, in a process of its own. The ways take turns.
The peer is installed with: pip install openai

    python benchmarks/llm_calls.py --calls 200 --json out.json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median

from benchmark_data import describe_machine

SERVER = Path(__file__).parents[1] / "tests" / "llm" / "fake_openai_server.py"
CONCURRENCY = 64
KEY = "sk-benchmark"

Ask = Callable[[str], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calls", type=int, default=200, help="calls of each way in each turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--words", type=int, default=200, help="words of the prompt")
    parser.add_argument("--json")
    options = parser.parse_args()
    with server(delay=0) as url, tempfile.TemporaryDirectory() as folder:
        one_by_one = overhead(ways(url, Path(folder)), options)
    with server(delay=0.2) as url, tempfile.TemporaryDirectory() as folder:
        together = throughput(ways(url, Path(folder)), options)
    result = {
        "milliseconds_a_call": one_by_one,
        f"calls_a_second_{CONCURRENCY}_at_a_time_answers_take_200_ms": together,
        "ratio_to_the_sdk": {
            "time_a_call": {
                k: round(v / one_by_one["openai SDK"], 2) for k, v in one_by_one.items()
            },
            "calls_a_second": {
                k: round(v / together["openai SDK"], 2) for k, v in together.items()
            },
        },
        "options": vars(options),
        "machine": describe_machine(),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=2))


@contextmanager
def server(delay: float) -> Iterator[str]:
    """A server that answers after `delay` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.json"
        script.write_text(json.dumps({"then": {"answer": "3, 17, 8, 12", "sleep": delay}}))
        command = [sys.executable, str(SERVER), "--script", str(script)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield str(process.stdout.readline().strip())
            finally:
                process.terminate()


def ways(url: str, folder: Path) -> dict[str, Ask]:
    """Ways to ask the same server: each takes a prompt and gives the answer's words."""
    import httpx2

    from activellm.llm import Message, open_model
    from activellm.llm.audit_log import AuditLog
    from activellm.llm.budget import Budget
    from activellm.llm.guard import Guard, guarded

    try:
        from openai import OpenAI
    except ImportError:
        raise SystemExit("The peer is missing: pip install openai") from None
    os.environ["ACTIVELLM_API_KEY"] = KEY
    limits = httpx2.Limits(max_connections=CONCURRENCY)
    bare = httpx2.Client(limits=limits, trust_env=False, headers={"Authorization": f"Bearer {KEY}"})
    sdk = OpenAI(base_url=url, api_key=KEY, max_retries=0)
    model = open_model(f"{url}#m", parallel=CONCURRENCY)
    recorded = open_model(f"{url}#m", parallel=CONCURRENCY, recordings=folder / "only")
    guard = Guard(
        budget=Budget(), audit=AuditLog(folder / "audit.jsonl"), recordings=folder / "recordings"
    )
    whole = guarded(open_model(f"{url}#m", parallel=CONCURRENCY), guard)

    def by_httpx2(prompt: str) -> str:
        body = {"model": "m", "messages": [{"role": "user", "content": prompt}], "max_tokens": 50}
        answer = bare.post(f"{url}/chat/completions", json=body, timeout=60).json()
        return str(answer["choices"][0]["message"]["content"])

    def by_sdk(prompt: str) -> str:
        answer = sdk.chat.completions.create(
            model="m", messages=[{"role": "user", "content": prompt}], max_tokens=50
        )
        return str(answer.choices[0].message.content)

    return {
        "httpx2 alone": by_httpx2,
        "openai SDK": by_sdk,
        "activellm, server only": lambda prompt: (
            model.complete((Message("user", prompt),), max_tokens=50).text
        ),
        "activellm, recorded": lambda prompt: (
            recorded.complete((Message("user", prompt),), max_tokens=50).text
        ),
        "activellm, recorded, audited, budgeted": lambda prompt: (
            whole.complete((Message("user", prompt),), max_tokens=50).text
        ),
    }


def overhead(asks: dict[str, Ask], options: argparse.Namespace) -> dict[str, float]:
    """Milliseconds a call, one after the other: the median over all calls of all turns."""
    number = count()
    times: dict[str, list[float]] = {name: [] for name in asks}
    for ask in asks.values():
        ask(prompt(next(number), options.words))  # connects
    for _ in range(options.turns):
        for name, ask in asks.items():
            for _ in range(options.calls // options.turns):
                words = prompt(next(number), options.words)
                started = time.perf_counter()
                ask(words)
                times[name].append(time.perf_counter() - started)
    return {name: round(1000 * median(taken), 3) for name, taken in times.items()}


def throughput(asks: dict[str, Ask], options: argparse.Namespace) -> dict[str, float]:
    """Calls a second with 64 threads: the best of the turns, the first of which connects."""
    number = count()
    best = dict.fromkeys(asks, 0.0)
    for _ in range(options.turns):
        for name, ask in asks.items():
            prompts = [prompt(next(number), options.words) for _ in range(4 * CONCURRENCY)]
            with ThreadPoolExecutor(CONCURRENCY) as pool:
                started = time.perf_counter()
                list(pool.map(ask, prompts))
                rate = len(prompts) / (time.perf_counter() - started)
            best[name] = max(best[name], rate)
    return {name: round(rate, 1) for name, rate in best.items()}


def prompt(number: int, words: int) -> str:
    """A prompt that was never asked before."""
    return f"Question {number}: " + "a word or two " * (words // 4)


if __name__ == "__main__":
    main()
