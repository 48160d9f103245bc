"""Every query strategy that small-text or scikit-activeml has too, beside ours, in one run.

    python benchmarks/strategy_speed.py SHARED CACHE --small-text ST/bin/python [--texts 1000]
    python benchmarks/strategy_speed.py SHARED CACHE --scikit-activeml [--texts 2000]
    python benchmarks/strategy_speed.py SHARED CACHE --ours [--texts 20000]

small-text: from texts to picks, with the same fine-tuned classifier, text after text of ag_news.
It pads all texts to one length; 256 tokens is where our classifier cuts texts too, so both read the
same. small_text_peer.py says how to make its environment. scikit-activeml chooses only, from the
same embeddings and probabilities. Set OMP_NUM_THREADS=1: both sides then compute with one thread
and CPU seconds tell more than the clock where other work runs beside. Results go to
CACHE/strategy_speed.jsonl, a line a measurement, and are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from bench_data import DataSet, embedder, read_data_set

from activellm.encoders import CachedEncoder, Encoder, open_encoder
from activellm.pool.example import Example
from activellm.selection import SelectionContext, open_strategy
from activellm.selection.context import Labelled
from activellm.successors.finetune import FineTune
from activellm.weights import ENCODER

PICKS, LABELLED, PASSES, SEED = 25, 100, 10, 0
ROUNDS = 1
"""Of the discriminative strategy, on both sides: one of small-text's takes minutes."""

SMALL_TEXT = ("least-confidence", "entropy", "breaking-ties", "bald", "coreset", "kmeans", "cal",
              "discriminative")  # fmt: skip
OURS = ("kmeans", "coreset", "typiclust", "probcover", "discriminative", "entropy")


@dataclass(frozen=True)
class Work:
    """Texts to choose from, some labelled ones, and a classifier trained on these."""

    data: DataSet
    texts: list[str]
    known: list[str]
    answers: np.ndarray
    successor: FineTune
    encoder: Encoder
    model: Path

    def context(self, seed: int = SEED) -> SelectionContext:
        names = self.data.task.label_names
        return SelectionContext(
            self.data.task,
            tuple(Example(str(row), text) for row, text in enumerate(self.texts)),
            np.random.default_rng(seed),
            labelled=tuple(
                Labelled(Example(f"known-{row}", text), (names[label],))
                for row, (text, label) in enumerate(zip(self.known, self.answers, strict=True))
            ),
            embed=self.encoder.embed,
            open_successor=lambda: self.successor,
        )

    def request(self, strategy: str, max_length: int) -> dict[str, Any]:
        """What small_text_peer.py asks for."""
        return {
            "strategy": strategy, "model": str(self.model), "encoder": str(ENCODER.path().parent),
            "tokenizer": str(ENCODER.path().parent), "labels": len(self.data.task.labels),
            "pool": self.texts, "labelled": self.known, "y": self.answers.tolist(), "n": PICKS,
            "max_length": max_length, "rounds": ROUNDS, "seed": SEED,
        }  # fmt: skip


def open_work(shared: Path, cache: Path, count: int) -> Work:
    """Texts of ag_news (of all data sets without pairs, if it has too few), and a classifier."""
    data = read_data_set(shared, "ag_news")
    order = np.random.default_rng(SEED).permutation(len(data.pool))
    known = order[:LABELLED]
    texts = [str(data.pool.contents[row]) for row in order[LABELLED : LABELLED + count]]
    for name in ("sst2", "emotion", "banking77"):
        if len(texts) < count:
            texts += [str(text) for text in read_data_set(shared, name).pool.contents]
    contents, answers = [data.pool.contents[row] for row in known], data.pool.labels[known]
    model = cache / "speed-model"
    if not (model / "activellm.json").exists():
        model.mkdir(parents=True, exist_ok=True)
        FineTune(data.task, seed=SEED, device="cpu", epochs=10).fit(contents, answers).save(model)
    successor = FineTune.load(model, device="cpu")
    encoder = open_encoder(device="cpu")
    encoder.embed(["to load its weights"])
    known_texts = [str(one) for one in contents]
    return Work(data, texts[:count], known_texts, answers, successor, encoder, model)


def timed(work: Callable[[], Any]) -> dict[str, Any]:
    """Seconds by the clock and of the CPU, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "picks": found,
    }


def ours(work: Work, strategy: str) -> dict[str, Any]:
    """A strategy of ours, from texts to picks; nothing is cached."""
    options = {"rounds": ROUNDS} if strategy == "discriminative" else {}
    opened = open_strategy(strategy, **options)
    return timed(lambda: [int(id) for id in opened.select(work.context(), PICKS).ids])


@contextmanager
def small_text(python: Path) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Asks small-text in its own environment."""
    script = Path(__file__).with_name("small_text_peer.py")
    with subprocess.Popen(
        [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as peer:

        def ask(request: dict[str, Any]) -> dict[str, Any]:
            assert peer.stdin
            assert peer.stdout
            peer.stdin.write(json.dumps(request) + "\n")
            peer.stdin.flush()
            return json.loads(peer.stdout.readline())

        yield ask
        assert peer.stdin
        peer.stdin.close()


def on_equal_outputs(work: Work, strategy: str) -> list[int] | None:
    """small-text's picks on what our classifier and encoder say; None if it cannot be compared."""
    import small_text as st

    class Given:
        """A classifier of small-text that answers as ours."""

        def predict_proba(self, _: Any, dropout_sampling: int = 1) -> np.ndarray:
            if dropout_sampling == 1:
                return work.successor.predict_proba(work.texts)
            seed = int(np.random.default_rng(SEED).integers(2**31 - 1))  # as the context draws it
            found = work.successor.sample_proba(work.texts, dropout_sampling, seed=seed)
            return found.transpose(1, 0, 2)

    made: dict[str, Callable[[], Any]] = {
        "least-confidence": st.LeastConfidence,
        "entropy": st.PredictionEntropy,
        "breaking-ties": st.BreakingTies,
        "bald": lambda: st.BALD(PASSES),
        "coreset": st.GreedyCoreset,
    }
    if strategy not in made:
        return None
    every, known = np.arange(len(work.texts)), len(work.texts) + np.arange(len(work.known))
    options = {}
    if strategy == "coreset":
        options["embeddings"] = work.encoder.embed([*work.texts, *work.known])
    data = np.array([*work.texts, *work.known], dtype=object)
    picks = made[strategy]().query(Given(), data, every, known, work.answers, n=PICKS, **options)
    return [int(row) for row in picks]


def shared_picks(one: list[int], two: list[int] | None) -> int | None:
    return None if two is None else len(set(one) & set(two))


def against_small_text(work: Work, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Both in turn, each strategy; the faster of the repeats counts on either side."""
    with small_text(options.small_text) as ask:
        for strategy in options.strategies or SMALL_TEXT:
            mine, theirs = [], []
            for _ in range(options.repeats):
                mine.append(ours(work, strategy))
                theirs.append(ask(work.request(strategy, options.length)))
            equal = on_equal_outputs(work, strategy)
            yield row("small-text", strategy, work, mine, theirs) | {
                "max_length": options.length,
                "same_picks": shared_picks(mine[0]["picks"], theirs[0]["picks"]),
                "same_on_equal_outputs": shared_picks(mine[0]["picks"], equal),
            }


def row(
    peer: str, strategy: str, work: Work, mine: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> dict[str, Any]:
    """A measurement as it is kept."""
    best = {
        f"{side}_{unit}": round(min(one[unit] for one in runs), 4)
        for side, runs in (("ours", mine), ("peer", theirs))
        for unit in ("seconds", "cpu_seconds")
        if runs
    }
    return {
        "peer": peer, "strategy": strategy, "texts": len(work.texts), "picks": PICKS,
        "repeats": len(mine), "load": round(os.getloadavg()[0], 2), **best,
    }  # fmt: skip


def against_scikit_activeml(work: Work, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Both in turn, after one uncounted round of ours."""
    from vector_peers import pairs

    x = embedder(options.cache)([*work.known, *work.texts])
    for strategy, mine, theirs in pairs(work.data.task, x, work.answers, PICKS):
        if options.strategies and strategy not in options.strategies:
            continue
        taken: list[list[dict[str, Any]]] = [[], []]
        mine()
        for _ in range(options.repeats):
            taken[0].append(timed(mine))
            taken[1].append(timed(theirs))
        yield row("scikit-activeml", strategy, work, *taken) | {
            "same_picks": shared_picks(taken[0][0]["picks"], taken[1][0]["picks"])
        }


def only_ours(work: Work, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Ours alone, for pools that no peer reads in reasonable time.

    Embeddings are kept, as in a project: the first strategy that needs them pays for all.
    """
    with TemporaryDirectory() as folder:
        kept = replace(work, encoder=CachedEncoder(work.encoder, Path(folder) / "vectors.db"))
        for strategy in options.strategies or OURS:
            yield row("", strategy, work, [ours(kept, strategy)], [])


def report(rows: Iterable[dict[str, Any]]) -> None:
    """Print what is known: the last measurement of each kind."""
    last = {(r["peer"], r["strategy"], r["texts"], r.get("max_length")): r for r in rows}
    print("\n| peer | strategy | texts | ours, CPU s | peer, CPU s | ratio | ours, clock s | peer, "
          "clock s | same picks | on equal outputs | load |\n" + "|---" * 11 + "|")  # fmt: skip
    for (peer, strategy, texts, length), r in sorted(last.items(), key=str):
        peers = r.get("peer_cpu_seconds")
        cells = [
            peer + (f", {length} tokens" if length else ""),
            strategy,
            f"{texts:,}",
            f"{r['ours_cpu_seconds']:.3g}",
            f"{peers:.3g}" if peers else "",
            f"{peers / r['ours_cpu_seconds']:.1f}" if peers else "",
            f"{r['ours_seconds']:.3g}",
            f"{r['peer_seconds']:.3g}" if peers else "",
            *(
                "" if r.get(key) is None else f"{r[key]}/{r['picks']}"
                for key in ("same_picks", "same_on_equal_outputs")
            ),
            f"{r['load']:.1f}",
        ]
        print("| " + " | ".join(cells) + " |")


def main() -> None:
    """Measure, keep, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--small-text", type=Path, help="Python of small-text's environment")
    parser.add_argument("--scikit-activeml", action="store_true")
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--length", type=int, default=256, help="tokens that small-text pads to")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--strategies", nargs="+")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    work = open_work(options.shared, options.cache, options.texts)
    parts = []
    if options.small_text:
        parts.append(against_small_text)
    if options.scikit_activeml:
        parts.append(against_scikit_activeml)
    if options.ours:
        parts.append(only_ours)
    store = options.cache / "strategy_speed.jsonl"
    for part in parts:
        for found in part(work, options):
            with store.open("a") as file:
                file.write(json.dumps(found) + "\n")
            print(json.dumps(found), flush=True)
    report(map(json.loads, store.open()))


if __name__ == "__main__":
    main()
