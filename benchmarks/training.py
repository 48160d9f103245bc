"""How long fine-tuning takes beside a plain transformers Trainer run of the same training.

Same encoder, texts, epochs, batch size, rates and seeds; the ways take turns in one process. Ours
computes in what `--precision` says, and once more in float32 where that is something else. The
Trainer, always in float32, runs in its best plain form (tokenised once, padded to the longest of
each batch, no checkpoints, no evaluation, no logging), and once more with every text padded to 128
tokens, as the GLUE example of transformers has it. It needs the package `accelerate`.

    python benchmarks/training.py --repeats 3 --json out.json
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from benchmark_data import add_data_options, describe_machine, read_data

os.environ.setdefault("HF_HUB_OFFLINE", "1")


def ours(encoder, task, texts, targets, options, seed, precision=None):
    from activellm.successors import make_successor

    model = make_successor(
        "finetune",
        task,
        seed=seed,
        encoder=encoder,
        device=options.device,
        epochs=options.epochs,
        batch_size=options.batch_size,
        precision=precision or options.precision,
    )
    started = time.perf_counter()
    model.fit(texts, targets)
    return time.perf_counter() - started, model.predict


def trainers(encoder, task, texts, targets, options, seed, padded=0):
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        Trainer,
        TrainingArguments,
        logging,
    )

    from activellm.encoders.names import encoder_folder

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = encoder_folder(encoder)
    started = time.perf_counter()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    fixed = {"padding": "max_length"} if padded else {}
    coded = tokenizer(texts, truncation=True, max_length=padded or 256, **fixed)
    rows = [
        {**{key: coded[key][row] for key in coded}, "labels": int(target)}
        for row, target in enumerate(targets)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            num_train_epochs=options.epochs,
            per_device_train_batch_size=options.batch_size,
            learning_rate=5e-5,
            weight_decay=0.01,
            warmup_steps=5,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=seed,
            use_cpu=options.device == "cpu",
        )
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, num_labels=len(task.label_names)
        )
        trainer = Trainer(
            model=model, args=arguments, train_dataset=rows, processing_class=tokenizer
        )
        trainer.train()
    seconds = time.perf_counter() - started
    return seconds, lambda asked: predicted(model.eval(), tokenizer, asked)


def predicted(model, tokenizer, texts):
    import numpy as np
    import torch

    found = []
    with torch.no_grad():
        for start in range(0, len(texts), 32):
            part = texts[start : start + 32]
            batch = tokenizer(
                part, truncation=True, max_length=256, padding=True, return_tensors="pt"
            )
            found.append(model(**batch.to(model.device)).logits.argmax(-1).cpu().numpy())
    return np.concatenate(found)


WAYS = {
    "activellm": ours,
    "activellm, float32": partial(ours, precision="float32"),
    "trainer": trainers,
    "trainer, padded": partial(trainers, padded=128),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_data_options(parser)
    parser.add_argument("--labels", type=int, default=32, help="training texts")
    parser.add_argument("--test", type=int, default=300, help="texts for the accuracy")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--precision", default="auto", help="ours: auto, float32 or bfloat16")
    parser.add_argument("--repeats", type=int, default=3, help="seeds, each trained both ways")
    options = parser.parse_args()
    try:
        import accelerate  # noqa: F401
    except ImportError:
        raise SystemExit("The Trainer needs accelerate: pip install accelerate") from None

    import transformers.models.bert.modeling_bert  # noqa: F401  (neither way pays for the import)

    from activellm.encoders.device import resolve_device
    from activellm.successors.precision import number_type

    numbers = number_type(options.precision, resolve_device(options.device))
    ways = {**WAYS}
    if numbers == "float32":
        del ways["activellm, float32"]
    peers = [name for name in ways if name != "activellm"]
    print(f"activellm computes in {numbers}")
    task, texts, targets = read_data(options.data)
    train, test = slice(options.labels), slice(options.labels, options.labels + options.test)
    runs = []
    for seed in range(options.repeats):
        run = {"seed": seed}
        for name, way in ways.items():
            spent = time.process_time()
            seconds, predict = way(
                options.encoder, task, texts[train], targets[train], options, seed
            )
            run[name] = {
                "seconds": round(seconds, 2),
                "cpu_seconds": round(time.process_time() - spent, 2),
                "accuracy": round(float((predict(texts[test]) == targets[test]).mean()), 4),
            }
        for name in peers:
            for key in ("seconds", "cpu_seconds"):
                run[f"{name}_ratio_{key}"] = round(run[name][key] / run["activellm"][key], 2)
        print(json.dumps(run), flush=True)
        runs.append(run)
    for name in peers:
        for key in ("seconds", "cpu_seconds"):
            found = sorted(run[f"{name}_ratio_{key}"] for run in runs)
            print(f"{name} / activellm, {key}: median {median(found)}, all {found}")
    means = {
        name: round(sum(run[name]["accuracy"] for run in runs) / len(runs), 4) for name in ways
    }
    print(f"Mean accuracy: {means}")
    if options.json:
        result = {
            "runs": runs,
            "numbers": numbers,
            "options": {name: str(value) for name, value in vars(options).items()},
            "machine": describe_machine(),
        }
        Path(options.json).write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
