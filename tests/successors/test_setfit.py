import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
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
from transformers import AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.seeding import generator
from activellm.successors.contrastive import draw_pairs
from activellm.successors.setfit import SetFit
from activellm.task import Task


class TestSetFit(AskedByStrategies):
    name = "setfit"
    quick = {"pairs": 4, "epochs": 2, "learning_rate": 2e-3, "C": 1e4}  # noqa: RUF012
    variants = {  # noqa: RUF012
        "pairs": 3,
        "epochs": 3,
        "batch_size": 8,
        "learning_rate": 1e-4,
        "weight_decay": 0.3,
        "warmup": 0.2,
        "max_length": 64,
        "C": 3.0,
        "class_weights": "balanced",
        "precision": "float32",
    }
    wrong = [  # noqa: RUF012
        {"precision": "float16"},
        {"pairs": 0},
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": float("nan")},
        {"weight_decay": -0.1},
        {"warmup": -0.1},
        {"warmup": 0.6},
        {"max_length": 2},
        {"C": 0},
        {"class_weights": "heavy"},
    ]


def reference_losses(
    folder: Path, task: Task, contents: list[Any], targets: np.ndarray, pooling: str
) -> tuple[list[float], Any]:
    """The plain loop: both sides of a batch padded, each text as often as it occurs."""
    torch.manual_seed(5)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    rng = generator(5, "setfit")
    pairs = draw_pairs(contents, targets, None, 3, rng)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 0.01},
            {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=1e-3,
        foreach=False,
        fused=False,
    )
    steps = 2 * -(-len(pairs) // 16)
    schedule = get_linear_schedule_with_warmup(optimizer, -(-steps // 10), steps)

    def embed(texts: list[str]) -> torch.Tensor:
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        hidden, mask = model(**batch).last_hidden_state, batch["attention_mask"][:, :, None]
        last = mask.sum(1).flatten() - 1
        found = {
            "mean_tokens": (hidden * mask).sum(1) / mask.sum(1),
            "cls_token": hidden[:, 0],
            "lasttoken": hidden[torch.arange(len(last)), last],
        }[pooling]
        return found / found.norm(dim=1, keepdim=True)

    def vectors(chosen: list[Any]) -> torch.Tensor:
        if not task.pair:
            return embed(chosen)
        u, v = embed([one[0] for one in chosen]), embed([one[1] for one in chosen])
        return torch.cat([u, v, (u - v).abs()], dim=1)

    losses = []
    model.train()
    for _ in range(2):
        order = rng.permutation(len(pairs))
        for start in range(0, len(order), 16):
            rows = order[start : start + 16]
            first = vectors([contents[row] for row in pairs.first[rows]])
            second = vectors([contents[row] for row in pairs.second[rows]])
            cosines = torch.nn.functional.cosine_similarity(first, second)
            loss = ((cosines - torch.from_numpy(pairs.same[rows])) ** 2).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    return losses, model.eval()


@pytest.mark.parametrize(
    ("kind", "form", "pooling"),
    [
        ("bert", "single", "mean_tokens"),
        ("bert", "pair", "mean_tokens"),
        ("bert", "multi", "mean_tokens"),
        ("roberta", "single", "mean_tokens"),
        ("mpnet", "single", "mean_tokens"),
        ("distilbert", "pair", "mean_tokens"),
        ("bert", "single", "cls_token"),
        ("bert", "pair", "lasttoken"),
        ("mpnet", "single", "cls_token"),
        ("distilbert", "single", "lasttoken"),
    ],
)
def test_it_equals_a_plain_loop(kind: str, form: str, pooling: str, tmp_path: Path) -> None:
    """Without dropout, which draws anew where a text is computed once more."""
    folder = tiny_encoder.build(tmp_path, kind, dropout=0.0)
    tiny_encoder.pooled_by(folder, pooling)
    task, contents, targets = {
        "single": (SENTIMENT, [*TEXTS, "a " * 40, ""], np.append(TARGETS, [0, 1])),
        "pair": (PAIR, PAIRS, PAIR_TARGETS),
        "multi": (MULTI, TEXTS, multi_targets()),
    }[form]
    expected, reference = reference_losses(folder, task, contents, targets, pooling)
    settings = {"pairs": 3, "epochs": 2, "learning_rate": 1e-3, "precision": "float32"}
    model = SetFit(task, seed=5, encoder=str(folder), device="cpu", **settings)
    model.fit(contents, targets)
    np.testing.assert_allclose(model.losses, expected, rtol=1e-3, atol=1e-5)
    trained, plain = model._trained().encoder.pooled.model.state_dict(), reference.state_dict()
    assert trained.keys() == plain.keys()
    for name, weights in plain.items():
        if not name.endswith(
            ("key.bias", "k_lin.bias", "attn.k.bias")
        ):  # softmax cancels it: rounding noise
            torch.testing.assert_close(trained[name], weights, rtol=1e-3, atol=1e-4, msg=name)


def test_tuning_brings_texts_of_a_label_together(tiny: Path) -> None:
    settings = {"learning_rate": 2e-3, "epochs": 4}
    model = SetFit(SENTIMENT, seed=0, encoder=str(tiny), device="cpu", **settings)
    model.fit(TEXTS, TARGETS)
    vectors = model.features(TEXTS)
    cosines, same = vectors @ vectors.T, TARGETS[:, None] == TARGETS
    assert cosines[same].mean() > 0.8
    assert cosines[~same].mean() < 0.2
    assert np.mean(model.losses[-3:]) < np.mean(model.losses[:3]) / 2


def drawn(targets: Any, weights: Any = None, pairs: int = 20, contents: Any = None) -> Any:
    texts = contents or [f"text {number}" for number in range(len(targets))]
    return draw_pairs(texts, np.array(targets), weights, pairs, np.random.default_rng(0))


def test_every_text_gets_as_many_partners_of_its_label_as_of_others() -> None:
    targets = np.array([0] * 6 + [1] * 3 + [2] * 2)
    pairs = drawn(targets, pairs=5)
    for value in (0, 1):
        of_kind = pairs.same == value
        np.testing.assert_array_equal(np.bincount(pairs.first[of_kind]), [5] * 11)
    same = targets[pairs.first] == targets[pairs.second]
    np.testing.assert_array_equal(pairs.same, same)
    assert (pairs.first != pairs.second).all()
    assert set(pairs.second) == set(range(11))


def test_the_only_text_of_a_label_has_no_partner_of_its_own() -> None:
    pairs = drawn([0, 0, 0, 1], pairs=4)
    assert (pairs.same[pairs.first == 3] == 0).all()
    assert (pairs.first == 3).sum() == 4
    assert (pairs.first == 0).sum() == 8


def test_a_text_is_not_compared_with_itself_under_another_label() -> None:
    pairs = drawn([0, 1, 0, 1], contents=["a", "a", "b", "c"])
    both = {frozenset(pair) for pair in zip(pairs.first, pairs.second, strict=True)}
    assert frozenset((0, 1)) not in both
    assert frozenset((2, 3)) in both


@pytest.mark.parametrize("targets", [[0, 0, 0], [0], [0, 1, 2], [[1, 0], [1, 0]], [[1, 0], [1, 1]]])
def test_where_all_pairs_would_be_of_one_kind_there_is_none(targets: Any) -> None:
    assert len(drawn(targets)) == 0


def test_texts_are_alike_that_share_a_label_which_tells_something() -> None:
    """The first label is everyone's, the last nobody's."""
    targets = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]])
    pairs = drawn(targets, pairs=50)
    found = {
        (int(a), int(b)): float(value)
        for a, b, value in zip(pairs.first, pairs.second, pairs.same, strict=True)
    }
    alike = {(0, 1), (1, 0), (0, 2), (2, 0)}
    uncompared = {(3, 4), (4, 3)}
    everyone = {(a, b) for a in range(5) for b in range(5) if a != b}
    assert found == {pair: float(pair in alike) for pair in everyone - uncompared}


def test_heavier_texts_are_drawn_in_proportion_to_their_weight() -> None:
    targets, weights = np.arange(40) % 2, np.repeat([1.0, 0.1], 20)
    pairs = drawn(targets, weights, pairs=100)
    # Kish: (20 + 2)^2 / (20 + 0.2) = 23.96 effective examples.
    assert len(pairs) == pytest.approx(2 * 100 * 23.96, abs=80)
    assert (pairs.first < 20).mean() == pytest.approx(20 / 22, abs=0.01)
    # 4,800 draws: three standard errors of a share of 0.91 are 0.012; an own text is left out.
    assert (pairs.second < 20).mean() == pytest.approx(20 / 22, abs=0.025)
    same = drawn(targets, weights * 7, pairs=100)
    np.testing.assert_array_equal(same.second, pairs.second)


def test_without_anything_to_compare_the_encoder_stays_as_it_is(tiny: Path) -> None:
    names = [f"label {number}" for number in range(12)]
    model = SetFit(task_of(*names), seed=0, encoder=str(tiny), device="cpu", C=1e4)
    model.fit(TEXTS, np.arange(12))
    assert model.losses == ()
    assert (model.predict(TEXTS) == np.arange(12)).all()
    before = AutoModel.from_pretrained(tiny).get_input_embeddings().weight
    after = model._trained().encoder.pooled.model.get_input_embeddings().weight
    torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_a_hundred_labels(tiny: Path) -> None:
    names, numbers = [f"label {number}" for number in range(100)], np.arange(100).repeat(2)
    texts = [f"{a} {b}" for a in tiny_encoder.WORDS for b in tiny_encoder.WORDS][:200]
    quick = {"pairs": 1, "batch_size": 64}
    model = SetFit(task_of(*names), seed=0, encoder=str(tiny), device="cpu", **quick)
    chances = model.fit(texts, numbers).predict_proba(UNSEEN)
    assert len(model.losses) == 7
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_words_never_seen_in_tuning_decay_as_in_the_full_table(tiny: Path) -> None:
    settings = {"pairs": 2, "weight_decay": 0.5, "learning_rate": 1e-3}
    model = SetFit(SENTIMENT, seed=0, encoder=str(tiny), device="cpu", **settings)
    model.fit(TEXTS, TARGETS)
    before = AutoModel.from_pretrained(tiny).get_input_embeddings().weight
    after = model._trained().encoder.pooled.model.get_input_embeddings().weight
    unused = AutoTokenizer.from_pretrained(tiny).convert_tokens_to_ids("bus")
    # 48 pairs in batches of 16: 3 steps, the first of them warm-up.
    decay = np.prod([1 - 0.5 * 1e-3 * share for share in (0, 1, 1 / 2)])
    torch.testing.assert_close(after[unused], before[unused] * decay)


def test_the_same_seed_gives_the_same_weights(tiny: Path, tmp_path: Path) -> None:
    files = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        model = SetFit(SENTIMENT, seed=seed, encoder=str(tiny), device="cpu", pairs=2)
        model.fit(TEXTS, TARGETS).save(folder)
        files.append((folder / "model.safetensors").read_bytes())
    assert files[0] == files[1] != files[2]


def test_a_broken_loss_is_a_clear_error(tiny: Path) -> None:
    model = SetFit(SENTIMENT, seed=0, encoder=str(tiny), device="cpu", learning_rate=1e30)
    with pytest.raises(ActiveLLMError, match="not a number any more"):
        model.fit(TEXTS, TARGETS)
    with pytest.raises(UsageError, match="not trained"):
        model.predict(TEXTS)


def test_an_encoder_that_has_vanished_does_not_matter_once_trained(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    folder = tiny_encoder.build(tmp_path / "encoder")
    model = SetFit(SENTIMENT, seed=0, encoder=str(folder), device="cpu", pairs=1)
    (tmp_path / "model").mkdir()
    model.fit(TEXTS, TARGETS).save(tmp_path / "model")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    again = SetFit.load(tmp_path / "model", device="cpu")
    np.testing.assert_array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))
    with pytest.raises(UsageError, match="cannot be sampled"):
        again.sample_proba(TEXTS, 2, seed=0)


def test_the_folder_is_one_model_that_transformers_loads(tiny: Path, tmp_path: Path) -> None:
    model = SetFit(SENTIMENT, seed=0, encoder=str(tiny), device="cpu", pairs=1)
    model.fit(TEXTS, TARGETS).save(tmp_path)
    facts = json.loads((tmp_path / "activellm.json").read_text())
    assert facts["settings"]["pairs"] == 1
    assert facts["settings"]["weights"]
    plain, tokenizer = AutoModel.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    hidden, mask = plain(**batch).last_hidden_state, batch["attention_mask"][:, :, None]
    means = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1))
    np.testing.assert_allclose(model.features(TEXTS), means.detach().numpy(), atol=1e-5)


def test_a_folder_with_parts_missing_is_refused(tiny: Path, tmp_path: Path) -> None:
    model = SetFit(SENTIMENT, seed=0, encoder=str(tiny), device="cpu", pairs=1)
    model.fit(TEXTS, TARGETS).save(tmp_path)
    head = (tmp_path / "linear.npz").read_bytes()
    (tmp_path / "linear.npz").write_bytes(head[:100])
    with pytest.raises(DataError, match="Cannot read it"):
        SetFit.load(tmp_path, device="cpu")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(DataError, match="Cannot load the encoder"):
        SetFit.load(tmp_path, device="cpu")


def test_too_little_memory_is_a_clear_error(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ...")

    monkeypatch.setattr("activellm.successors.setfit.contrast", full)
    with pytest.raises(ActiveLLMError, match="memory"):
        SetFit(SENTIMENT, seed=0, encoder=str(tiny), device="cpu").fit(TEXTS, TARGETS)
