"""How many requests a second `activellm serve` answers, for one client and for many.

The server is a process of its own; the clients are threads of this one. Told are requests a second
of wall time, and the server's CPU time for each text, which a busy machine blurs less. Beside it:
the CPU time of the same classifier called directly. For one thread: ACTIVELLM_THREADS=1.

    python benchmarks/serving.py --successor linear --seconds 4 --json out.json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from benchmark_data import add_data_options, describe_machine, read_data

os.environ.setdefault("HF_HUB_OFFLINE", "1")
TOKEN = "the-token-of-the-benchmark"


def serve(folder: str, address, device: str) -> None:
    from activellm.serving.run import serve
    from activellm.successors.onnx_runtime import open_classifier

    classifier = open_classifier(Path(folder), device=device)
    classifier.predict_proba(["warm up"])
    serve(classifier, token=TOKEN, announce=lambda url, _token: address.put(url))


def cpu_of(pid: int) -> float:
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def load(url: str, texts: list[str], batch: int, clients: int, seconds: float, pid: int):
    """Requests a second, their middle and 95th percentile in ms, and the server's CPU ms a text."""
    import httpx2

    waits: list[list[float]] = [[] for _ in range(clients)]
    start = time.perf_counter()
    spent = cpu_of(pid)

    def ask(number: int) -> None:
        with httpx2.Client(
            base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as client:
            place = number * 7
            while time.perf_counter() - start < seconds:
                part = [texts[(place + row) % len(texts)] for row in range(batch)]
                place += batch
                sent = {"text": part[0]} if batch == 1 else {"texts": part}
                asked = time.perf_counter()
                reply = client.post("/predict", json=sent)
                assert reply.status_code == 200, reply.text
                waits[number].append(time.perf_counter() - asked)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - start
    spent = cpu_of(pid) - spent
    times = sorted(1000 * wait for one in waits for wait in one)
    return {
        "requests": len(times),
        "requests_a_second": round(len(times) / lasted, 1),
        "texts_a_second": round(len(times) * batch / lasted, 1),
        "middle_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(0.95 * (len(times) - 1))], 1),
        "server_cpu_ms_a_text": round(1000 * spent / (len(times) * batch), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_data_options(parser)
    parser.add_argument("--successor", choices=["finetune", "linear"], default="linear")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--onnx", action="store_true", help="write and serve model.onnx")
    options = parser.parse_args()

    from activellm.successors import load_successor, make_successor
    from activellm.successors.onnx_export import write_onnx

    task, texts, targets = read_data(options.data)
    settings = {"epochs": 1} if options.successor == "finetune" else {}
    model = make_successor(
        options.successor, task, seed=0, encoder=options.encoder, device=options.device, **settings
    )
    with tempfile.TemporaryDirectory() as folder:
        model.fit(texts[:32], targets[:32]).save(Path(folder))
        if options.onnx:
            write_onnx(Path(folder))
        direct = load_successor(Path(folder), device=options.device)
        spent = time.process_time()
        direct.predict_proba(texts[32:232])
        spent = time.process_time() - spent
        context = multiprocessing.get_context("spawn")
        address = context.Queue()
        process = context.Process(target=serve, args=(folder, address, options.device))
        process.start()
        url = address.get(timeout=120)
        found = {
            f"{batch} texts, {clients} clients": load(
                url, texts[32:], batch, clients, options.seconds, process.pid
            )
            for batch in (1, 32)
            for clients in (1, 16)
        }
        process.terminate()
        process.join(30)
    result = {
        "served": found,
        "direct_cpu_ms_a_text": round(1000 * spent / len(texts[32:232]), 2),
        "options": {name: str(value) for name, value in vars(options).items()},
        "machine": describe_machine(),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
