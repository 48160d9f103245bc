"""Our setfit learner beside the setfit library: the same texts, encoder and settings.

Both get the same random draws of labelled texts and the embedded encoder, and are measured on the
same other texts: accuracy, macro-F1, and the CPU time of training (loading the weights included)
and of prediction. The heads are fitted on the tuned vectors with our C and with the library's, so
that the tuning can be compared alone. `linear` on the same draws says what the tuning is worth.
Each result is a line of JSON; what is there is not done again, so a killed run goes on.

The library needs an environment of its own beside ActiveLLM:

    python -m venv PEER
    PEER/bin/pip install -e . setfit==1.2.0 sentence-transformers==6.2.0
    PEER/bin/python benchmarks/setfit_peer.py ../shared/data --out setfit.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("ACTIVELLM_THREADS", "1")

import numpy as np
from benchmark_data import read_data
from sklearn.metrics import accuracy_score, f1_score

from activellm.encoders.names import encoder_folder
from activellm.seeding import generator
from activellm.successors import make_successor
from activellm.successors.regression import Examples, fit_regression

EPOCHS, BATCH, RATE = 1, 16, 2e-5
"""Our defaults, told to both."""

HEADS = {"ours": 10.0, "library": 1.0}
"""The C of the head: our default, and the library's."""

Embed = Callable[[list[str]], np.ndarray]


def ours(task, texts, targets, seed, options) -> Embed:
    model = make_successor(
        "setfit",
        task,
        seed=seed,
        encoder=options.encoder,
        device="cpu",
        pairs=options.pairs,
        epochs=EPOCHS,
        batch_size=BATCH,
        learning_rate=RATE,
    )
    return model.fit(texts, targets).features


def linear(task, texts, targets, seed, options) -> Embed:
    model = make_successor("linear", task, seed=seed, encoder=options.encoder, device="cpu")
    return model.fit(texts, targets).features


def library(_task, texts, targets, seed, options) -> Embed:
    import torch
    from datasets import Dataset
    from datasets.utils import disable_progress_bars
    from setfit import SetFitModel, Trainer, TrainingArguments
    from setfit import logging as setfit_logging
    from transformers.trainer_callback import PrinterCallback, ProgressCallback
    from transformers.utils import logging as transformers_logging

    torch.set_num_threads(int(os.environ["ACTIVELLM_THREADS"]))
    warnings.simplefilter("ignore")
    setfit_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    disable_progress_bars()
    model = SetFitModel.from_pretrained(str(encoder_folder(options.encoder)), device="cpu")
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            num_iterations=options.pairs,
            num_epochs=EPOCHS,
            batch_size=BATCH,
            body_learning_rate=RATE,
            seed=seed,
            report_to="none",
            logging_strategy="no",
            save_strategy="no",
            show_progress_bar=False,
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_dict({"text": texts, "label": targets.tolist()}),
        )
        for noise in (PrinterCallback, ProgressCallback):
            trainer.st_trainer.remove_callback(noise)
        trainer.train()
    return lambda asked: model.encode(asked, show_progress_bar=False)


def import_all(ways: list[str]) -> None:
    """So that no run pays for it."""
    import transformers.models.bert.modeling_bert  # noqa: F401

    import activellm.successors.setfit  # noqa: F401

    if "library" in ways:
        import datasets  # noqa: F401
        import setfit  # noqa: F401


WAYS = {"activellm": ours, "library": library, "linear": linear}


def one_run(way: str, data, draw: int, options) -> dict[str, float]:
    """Train on one random draw, and measure on texts that are in none."""
    task, texts, targets = data
    order = generator(0, "test").permutation(len(texts))
    test, rest = order[: options.test], order[options.test :]
    rows = generator(draw, "draw").choice(rest, options.labels, replace=False)
    labelled, gold = [texts[row] for row in rows], targets[test]
    times = [time.process_time()]
    embed = WAYS[way](task, labelled, targets[rows], draw, options)
    times.append(time.process_time())
    asked = np.asarray(embed([texts[row] for row in test]))
    times.append(time.process_time())
    known = np.asarray(embed(labelled))
    found = {"fit_cpu_s": times[1] - times[0], "embed_cpu_s": times[2] - times[1]}
    for whose, C in HEADS.items():
        examples = Examples(known, targets[rows], len(task.label_names))
        guess = fit_regression(examples, C, "none").probabilities(asked).argmax(axis=1)
        found[f"accuracy_{whose}_head"] = accuracy_score(gold, guess)
        found[f"macro_f1_{whose}_head"] = f1_score(gold, guess, average="macro", zero_division=0)
    return {name: round(float(value), 4) for name, value in found.items()}


def table(lines: list[dict]) -> str:
    """Means over the draws; CPU time as the library's divided by ours, draw by draw."""
    runs = defaultdict(dict)
    for line in lines:
        runs[line["set"], line["way"]][line["draw"]] = line
    rows = ["| data set | way | draws | macro-F1, C = 10 | C = 1 | CPU s | library / ours |"]
    rows.append("|---|---|---|---|---|---|---|")
    for (name, way), by_draw in sorted(runs.items()):
        ratios = [
            runs[name, "library"][draw]["fit_cpu_s"] / line["fit_cpu_s"]
            for draw, line in by_draw.items()
            if way == "activellm" and draw in runs.get((name, "library"), {})
        ]
        ratio = f"{mean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""
        rows.append(
            f"| {name} | {way} | {len(by_draw)} | {_spread(by_draw, 'macro_f1_ours_head', 100)} "
            f"| {_spread(by_draw, 'macro_f1_library_head', 100)} "
            f"| {_spread(by_draw, 'fit_cpu_s')} | {ratio} |"
        )
    return "\n".join(rows)


def _spread(by_draw: dict[int, dict], key: str, factor: float = 1.0) -> str:
    values = [factor * line[key] for line in by_draw.values()]
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="holds SET/pool.jsonl.gz")
    parser.add_argument("--sets", nargs="+", default=["sst2", "cr", "emotion"])
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--labels", type=int, default=32)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=20, help="pairs of each kind a text")
    parser.add_argument("--test", type=int, default=300)
    parser.add_argument("--encoder", default="embedded", help="embedded, or a folder")
    parser.add_argument("--out", type=Path, default=Path("setfit.jsonl"))
    options = parser.parse_args()
    import_all(options.ways)
    lines = []
    if options.out.exists():
        lines = [json.loads(line) for line in options.out.read_text().splitlines()]
    data = {name: read_data(options.folder / name / "pool.jsonl.gz") for name in options.sets}
    for draw in range(options.draws):
        for name in options.sets:
            for way in options.ways:
                key = {"set": name, "way": way, "draw": draw, "pairs": options.pairs}
                if any(key.items() <= line.items() for line in lines):
                    continue
                lines.append({**key, **one_run(way, data[name], draw, options)})
                with options.out.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    print(table([line for line in lines if line["pairs"] == options.pairs]))


if __name__ == "__main__":
    main()
