from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
import tiny_masked
import torch
from masked_contract import MaskedContract
from safetensors.torch import load_file, save_file
from successor_contract import MULTI, PAIR, PAIR_TARGETS, PAIRS, SENTIMENT, TARGETS, TEXTS
from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

from activellm.encoders import open_encoder
from activellm.encoders.masked_head import load_masked_lm
from activellm.errors import DataError, UsageError
from activellm.successors.adapters import Adapter, add_adapters, trained_weights
from activellm.successors.perfect import Perfect
from activellm.successors.prototypes import hinge_loss, prototypes, similarity


class TestPerfect(MaskedContract):
    name = "perfect"
    quick = {  # noqa: RUF012
        "steps": 40,
        "learning_rate": 3e-2,
        "label_rate": 3e-2,
        "batch_size": 36,
        "reduction": 2,
        "max_length": 64,
    }
    variants = {  # noqa: RUF012
        "masks": 3,
        "reduction": 8,
        "steps": 2,
        "batch_size": 4,
        "learning_rate": 1e-4,
        "label_rate": 0.2,
        "weight_decay": 0.3,
        "warmup": 0.5,
        "max_length": 32,
    }
    wrong = [  # noqa: RUF012
        {"masks": 0},
        {"masks": 300},
        {"reduction": 0},
        {"label_rate": 0.0},
        {"label_rate": float("nan")},
        {"steps": 0},
        {"batch_size": 0},
        {"learning_rate": float("inf")},
        {"weight_decay": -0.1},
        {"warmup": 1.0},
        {"max_length": 8},
    ]


RNG = np.random.default_rng(0)
STATES = RNG.normal(size=(6, 2, 5))
GOALS = np.array([[0], [1], [2], [1], [0], [2]])
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.0, 1.0, 0.5])


def test_the_hinge_loss_is_that_of_torch_at_every_mask_token() -> None:
    embeddings = RNG.normal(size=(1, 3, 2, 5))
    found = hinge_loss(*map(torch.tensor, (STATES, embeddings, GOALS)))
    scores = np.einsum("tmw,cmw->tmc", STATES, embeddings[0])
    hinge = torch.nn.MultiMarginLoss(reduction="none")
    own = torch.tensor(GOALS[:, 0])
    parts = [hinge(torch.tensor(scores[:, mask]), own) for mask in range(2)]
    torch.testing.assert_close(found, torch.stack(parts).mean(dim=0))


def test_half_precision_stays_out_of_the_comparison() -> None:
    states, embeddings = torch.tensor(STATES).float(), torch.ones(1, 3, 2, 5)
    with torch.autocast("cpu", torch.bfloat16):
        assert hinge_loss(states.bfloat16(), embeddings, torch.tensor(GOALS)).dtype == torch.float32
        assert similarity(states.bfloat16(), embeddings).dtype == torch.float32


def test_groups_of_no_and_yes_are_classes_of_their_own() -> None:
    embeddings, goals = RNG.normal(size=(2, 2, 2, 5)), RNG.integers(2, size=(6, 2))
    found = hinge_loss(*map(torch.tensor, (STATES, embeddings, goals)))
    apart = [
        hinge_loss(*map(torch.tensor, (STATES, embeddings[[group]], goals[:, [group]])))
        for group in range(2)
    ]
    torch.testing.assert_close(found, (apart[0] + apart[1]) / 2)


def test_a_prototype_is_the_weighted_mean_and_the_nearest_mask_token_decides() -> None:
    centres = prototypes(*map(torch.tensor, (STATES, GOALS, WEIGHTS)), classes=3)
    for number in range(3):
        rows = GOALS[:, 0] == number
        mean = np.average(STATES[rows], axis=0, weights=WEIGHTS[rows])
        np.testing.assert_allclose(centres[0, number], mean)
    found = similarity(torch.tensor(STATES), centres)
    unit = [x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (STATES, centres[0].numpy())]
    for text in range(6):
        for number in range(3):
            distances = ((unit[0][text] - unit[1][number]) ** 2).sum(axis=1)
            assert found[text, 0, number].item() == pytest.approx(-distances.min(), abs=1e-5)


@pytest.mark.parametrize(
    ("builder", "kind"),
    [
        *((tiny_masked.build, kind) for kind in ("bert", "roberta", "modernbert", "deberta-v2")),
        *((tiny_encoder.build, kind) for kind in ("distilbert", "mpnet", "electra")),
    ],
)
def test_every_layer_gets_an_adapter_that_changes_little_and_alone_is_trained(
    builder: Any, kind: str, tmp_path: Path
) -> None:
    options = {"steps": 0} if builder is tiny_masked.build else {"masked_head": True}
    model = load_masked_lm(builder(tmp_path, kind, **options)).eval()
    tokens = {"input_ids": torch.tensor([[1, 7, 8, 9, 2]])}
    with torch.no_grad():
        before = model.base_model(**tokens)[0]
        add_adapters(model, 2)
        after = model.base_model(**tokens)[0]
    assert sum(isinstance(module, Adapter) for module in model.modules()) == 2
    assert 0 < (after - before).abs().max() < 0.2
    for name in trained_weights(model):
        assert any(part in name.lower() for part in ("norm", ".down.", ".up.")), name


def test_an_architecture_that_takes_no_adapters_is_refused() -> None:
    config = AutoConfig.for_model(
        "albert", hidden_size=32, num_attention_heads=2, intermediate_size=32, vocab_size=40
    )
    with pytest.raises(UsageError, match="AlbertForMaskedLM"):
        add_adapters(AutoModelForMaskedLM.from_config(config), 2)


def quickly(folder: Path, task: Any = SENTIMENT, **settings: Any) -> Perfect:
    return Perfect(task, seed=3, encoder=str(folder), device="cpu", **{"steps": 3, **settings})


@pytest.mark.parametrize("pair", [False, True])
def test_prototypes_are_the_states_of_the_training_texts(masked_bert: Path, pair: bool) -> None:
    task, contents, targets = (PAIR, PAIRS, PAIR_TARGETS) if pair else (SENTIMENT, TEXTS, TARGETS)
    weights = np.linspace(0.5, 2, 12)
    model = quickly(masked_bert, task, masks=2).fit(contents, targets, weights=weights)
    network = model._fitted.reader.network
    tokenizer = AutoTokenizer.from_pretrained(masked_bert)
    rows = []
    for content in contents:
        text = f"{content[0]} [MASK] [MASK] {content[1]}" if pair else f"{content} [MASK] [MASK]"
        coded = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            states = network.model.base_model(**coded)[0][0]
        rows.append(states[coded["input_ids"][0] == tokenizer.mask_token_id].numpy())
    for number in range(2):
        own = targets == number
        mean = np.average(np.array(rows)[own], axis=0, weights=weights[own])
        np.testing.assert_allclose(network.centres[0, number], mean, atol=1e-4)


def test_the_encoder_stays_as_it_is_and_only_the_rest_is_saved(
    masked_bert: Path, tmp_path: Path
) -> None:
    model = quickly(masked_bert).fit(TEXTS, TARGETS)
    trained = model._fitted.reader.network.model.state_dict()
    first = AutoModelForMaskedLM.from_pretrained(masked_bert).state_dict()
    for name, weights in first.items():
        same = torch.equal(weights, trained[name])
        assert same != ("LayerNorm" in name and "predictions" not in name), name
    model.save(tmp_path)
    saved = load_file(tmp_path / "perfect.safetensors")
    assert {name for name in saved if name in first} == {
        name for name in first if "LayerNorm" in name and "predictions" not in name
    }
    assert saved["prototypes"].shape == (1, 2, 2, 32)


def test_it_learns_on_robertas_kind(masked_roberta: Path) -> None:
    model = quickly(masked_roberta, **{**TestPerfect.quick, "steps": 100})
    assert (model.fit(TEXTS, TARGETS).predict(TEXTS) == TARGETS).mean() > 0.8


def test_it_needs_the_encoder_that_it_was_trained_with(
    masked_bert: Path, masked_roberta: Path, tmp_path: Path
) -> None:
    model = quickly(masked_bert).fit(TEXTS, TARGETS)
    model.save(tmp_path)
    same = open_encoder(str(masked_bert), device="cpu")
    again = Perfect.load(tmp_path, encoder=same, device="cpu")
    np.testing.assert_array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))
    with pytest.raises(DataError, match="not the one"):
        Perfect.load(tmp_path, encoder=open_encoder(str(masked_roberta)), device="cpu")
    weights = load_file(tmp_path / "perfect.safetensors")
    for left_out in ("prototypes", next(name for name in weights if "down" in name)):
        rest = {name: tensor for name, tensor in weights.items() if name != left_out}
        save_file(rest, tmp_path / "perfect.safetensors")
        with pytest.raises(DataError):
            Perfect.load(tmp_path, device="cpu")


def test_no_and_yes_of_every_label_are_prototypes(masked_bert: Path) -> None:
    targets = np.zeros((12, 5), dtype=np.int64)
    targets[:6, 0] = targets[::2, 2] = targets[:, 4] = 1
    model = quickly(masked_bert, MULTI).fit(TEXTS, targets)
    assert model._fitted.reader.network.centres.shape == (2, 2, 2, 32)
