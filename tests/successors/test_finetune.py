from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
import tiny_masked
import torch
from successor_contract import (
    MULTI,
    PAIR,
    PAIR_TARGETS,
    PAIRS,
    SENTIMENT,
    TARGETS,
    TEXTS,
    UNSEEN,
    AskedByStrategies,
    multi_targets,
    task_of,
)
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    get_linear_schedule_with_warmup,
    pipeline,
)

from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.seeding import generator
from activellm.successors.finetune import FineTune
from activellm.task import Task


class TestFineTune(AskedByStrategies):
    name = "finetune"
    quick = {"epochs": 30, "learning_rate": 3e-3, "batch_size": 4}  # noqa: RUF012
    brief = {"epochs": 1}  # noqa: RUF012
    variants = {  # noqa: RUF012
        "epochs": 2,
        "batch_size": 16,
        "learning_rate": 1e-4,
        "weight_decay": 0.3,
        "warmup_steps": 1,
        "max_length": 64,
        "class_weights": "balanced",
        "long_texts": "windows",
        "precision": "float32",
    }
    wrong = [  # noqa: RUF012
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": float("inf")},
        {"learning_rate": -1.0},
        {"weight_decay": -0.1},
        {"warmup_steps": -1},
        {"max_length": 2},
        {"class_weights": "heavy"},
        {"long_texts": "whole"},
        {"precision": "float16"},
    ]


def reference_losses(
    folder: Path, task: Task, contents: list[Any], targets: np.ndarray, epochs: int, size: int
) -> tuple[list[float], Any]:
    """The plain loop: padded batches, the full embedding table, torch's own parts."""
    torch.manual_seed(5)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    kind = "multi_label_classification" if task.multi else "single_label_classification"
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=len(task.label_names), problem_type=kind
    )
    model.train()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}],
        lr=1e-3,
        foreach=False,
        fused=False,
    )
    steps = epochs * -(-len(contents) // size)
    schedule = get_linear_schedule_with_warmup(optimizer, 5, steps)
    rng, losses = generator(5, "finetune"), []
    for _ in range(epochs):
        order = rng.permutation(len(contents))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            chosen = [contents[row] for row in rows]
            first = [c if isinstance(c, str) else c[0] for c in chosen]
            second = [c[1] for c in chosen] if task.pair else None
            batch = tokenizer(first, second, padding=True, return_tensors="pt")
            labels = torch.from_numpy(targets[rows])
            loss = model(**batch, labels=labels.float() if task.multi else labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    return losses, model.eval()


@pytest.mark.parametrize(
    "kind", ["bert", "electra", "roberta", "xlm-roberta", "camembert", "distilbert"]
)
@pytest.mark.parametrize("form", ["single", "pair", "multi"])
def test_it_equals_a_plain_loop(kind: str, form: str, tmp_path: Path) -> None:
    """Without dropout, whose random numbers fall on other places where a batch is not padded."""
    folder = tiny_encoder.build(tmp_path, kind, dropout=0.0)
    task, contents, targets = {
        "single": (SENTIMENT, [*TEXTS, "a " * 40], np.append(TARGETS, 0)),
        "pair": (PAIR, PAIRS, PAIR_TARGETS),
        "multi": (task_of("pos", "neg", "film", kind="multi"), TEXTS, multi_targets()[:, :3]),
    }[form]
    expected, reference = reference_losses(folder, task, contents, targets, epochs=5, size=4)
    settings = {"epochs": 5, "batch_size": 4, "learning_rate": 1e-3, "precision": "float32"}
    model = FineTune(task, seed=5, encoder=str(folder), device="cpu", **settings)
    model.fit(contents, targets)
    np.testing.assert_allclose(model.losses, expected, rtol=1e-3, atol=1e-5)
    trained, plain = model._model.state_dict(), reference.state_dict()
    assert trained.keys() == plain.keys()
    for name, weights in plain.items():
        if name.endswith(("key.bias", "k_lin.bias")):
            continue  # softmax cancels it: its gradient is rounding noise, which Adam blows up
        torch.testing.assert_close(trained[name], weights, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("kind", ["deberta-v2", "modernbert"])
@pytest.mark.parametrize("form", ["single", "pair"])
def test_newer_architectures_equal_a_plain_loop_and_are_saved(
    kind: str, form: str, tmp_path: Path
) -> None:
    """From an encoder with a masked-language head and its kind of tokenizer, as the hub has it."""
    for name in ("encoder", "model"):
        (tmp_path / name).mkdir()
    folder = tiny_masked.build(tmp_path / "encoder", kind, steps=0, dropout=0.0)
    task, contents, targets = {
        "single": (SENTIMENT, [*TEXTS, "a " * 40], np.append(TARGETS, 0)),
        "pair": (PAIR, PAIRS, PAIR_TARGETS),
    }[form]
    expected, _ = reference_losses(folder, task, contents, targets, epochs=5, size=4)
    settings = {"epochs": 5, "batch_size": 4, "learning_rate": 1e-3, "precision": "float32"}
    model = FineTune(task, seed=5, encoder=str(folder), device="cpu", **settings)
    model.fit(contents, targets)
    np.testing.assert_allclose(model.losses, expected, rtol=1e-3, atol=1e-5)
    chances = model.predict_proba(contents)
    model.save(tmp_path / "model")
    again = FineTune.load(tmp_path / "model", device="cpu")
    np.testing.assert_allclose(again.predict_proba(contents), chances, atol=1e-6)


def test_words_never_seen_in_training_decay_as_in_the_full_table(tiny: Path) -> None:
    model = FineTune(
        SENTIMENT, seed=0, encoder=str(tiny), device="cpu", epochs=3, weight_decay=0.5
    ).fit(TEXTS, TARGETS)
    before = AutoModelForSequenceClassification.from_pretrained(tiny).get_input_embeddings().weight
    after = model._model.get_input_embeddings().weight
    unused = AutoTokenizer.from_pretrained(tiny).convert_tokens_to_ids("bus")
    # 12 texts in batches of 8: 6 steps, half of them warm-up.
    rates = [5e-5 * share for share in (0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3)]
    decay = np.prod([1 - 0.5 * rate for rate in rates])
    torch.testing.assert_close(after[unused], before[unused] * decay)
    assert not torch.equal(after[2], before[2] * decay)


@pytest.mark.parametrize("form", ["single", "pair", "multi"])
def test_the_folder_is_a_transformers_pipeline(form: str, tiny: Path, tmp_path: Path) -> None:
    task, contents, targets = {
        "single": (task_of("pos", "neg", "never"), TEXTS, TARGETS),
        "pair": (PAIR, PAIRS, PAIR_TARGETS),
        "multi": (MULTI, TEXTS, multi_targets()),
    }[form]
    model = FineTune(task, seed=0, encoder=str(tiny), device="cpu", epochs=2, learning_rate=1e-3)
    model.fit(contents, targets).save(tmp_path)
    classify = pipeline("text-classification", model=str(tmp_path), top_k=None)
    asked = [c if isinstance(c, str) else {"text": c[0], "text_pair": c[1]} for c in contents]
    for row, text in zip(model.predict_proba(contents), asked, strict=True):
        answers = classify([text])[0]
        scores = {answer["label"]: answer["score"] for answer in answers}
        np.testing.assert_allclose([scores[name] for name in task.label_names], row, atol=1e-5)
    long = {"text": "good " * 5000, "text_pair": "a"} if task.pair else "good " * 5000
    assert classify([long], truncation=True)


def test_a_broken_loss_is_a_clear_error(tiny: Path) -> None:
    model = FineTune(SENTIMENT, seed=0, encoder=str(tiny), device="cpu", learning_rate=1e30)
    with pytest.raises(ActiveLLMError, match="not a number any more"):
        model.fit(TEXTS, TARGETS)
    with pytest.raises(UsageError, match="not trained"):
        model.predict_proba(TEXTS)


def test_too_little_memory_is_a_clear_error(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ...")

    monkeypatch.setattr("activellm.successors.finetune.train", full)
    with pytest.raises(ActiveLLMError, match="memory"):
        FineTune(SENTIMENT, seed=0, encoder=str(tiny), device="cpu").fit(TEXTS, TARGETS)


def test_balanced_weights_raise_the_rare_label(tiny: Path) -> None:
    contents, targets = [*TEXTS[0::2], *TEXTS[0::2], TEXTS[1]], np.array([0] * 12 + [1])
    chances = {}
    for weights in ("none", "balanced"):
        model = FineTune(
            SENTIMENT,
            seed=0,
            encoder=str(tiny),
            device="cpu",
            epochs=5,
            learning_rate=1e-3,
            class_weights=weights,
        )
        chances[weights] = model.fit(contents, targets).predict_proba(TEXTS)[:, 1].mean()
    assert chances["balanced"] > chances["none"] + 0.05


def test_a_head_of_another_size_in_the_folder_is_replaced(tiny: Path, tmp_path: Path) -> None:
    FineTune(MULTI, seed=0, encoder=str(tiny), device="cpu", epochs=1).fit(
        TEXTS, multi_targets()
    ).save(tmp_path)
    model = FineTune(SENTIMENT, seed=0, encoder=str(tmp_path), device="cpu", epochs=1)
    assert model.fit(TEXTS, TARGETS).predict_proba(UNSEEN).shape == (5, 2)


def test_an_encoder_that_has_vanished_does_not_matter_once_trained(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    folder = tiny_encoder.build(tmp_path / "encoder")
    model = FineTune(SENTIMENT, seed=0, encoder=str(folder), device="cpu", epochs=1)
    (tmp_path / "model").mkdir()
    model.fit(TEXTS, TARGETS).save(tmp_path / "model")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    again = FineTune.load(tmp_path / "model", device="cpu")
    np.testing.assert_array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_a_folder_without_the_trained_head_is_refused(tiny: Path, tmp_path: Path) -> None:
    FineTune(SENTIMENT, seed=0, encoder=str(tiny), device="cpu", epochs=1).fit(TEXTS, TARGETS).save(
        tmp_path
    )
    (tmp_path / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes())
    with pytest.raises(DataError, match="not all there"):
        FineTune.load(tmp_path, device="cpu")
