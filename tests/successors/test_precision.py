"""Training's matrix products in bfloat16: close to float32, and nothing else changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
import tiny_masked
import torch
from successor_contract import SENTIMENT, TARGETS, TEXTS, UNSEEN, task_of

from activellm.errors import UsageError
from activellm.successors import precision
from activellm.successors.finetune import FineTune
from activellm.successors.heads import load_classifier
from activellm.successors.precision import Lowered, in_bfloat16, number_type
from activellm.successors.setfit import SetFit

CPU = torch.device("cpu")
RATE = 3e-3
MAKE: dict[str, Any] = {
    "finetune": lambda folder, **more: FineTune(
        SENTIMENT, seed=3, encoder=str(folder), epochs=12, batch_size=12, learning_rate=RATE, **more
    ),
    "setfit": lambda folder, **more: SetFit(
        SENTIMENT, seed=3, encoder=str(folder), pairs=8, learning_rate=RATE, **more
    ),
}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder without dropout, so that the losses tell how training goes."""
    return tiny_encoder.build(tmp_path_factory.mktemp("calm"), dropout=0.0)


def cpu_is(
    monkeypatch: pytest.MonkeyPatch, *, bf16: bool, amx: bool = False, maker: str = "AuthenticAMD"
) -> None:
    """As on a CPU with AVX-512 BF16 or without, with AMX or without."""
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(precision, "_cpu_names", lambda: f"vendor_id\t: {maker}\n")


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    inner = model._model if isinstance(model, FineTune) else model._fitted.encoder.pooled.model
    found: dict[str, torch.Tensor] = inner.state_dict()
    return found


@pytest.mark.parametrize(
    ("cpu", "expected"),
    [
        ({"bf16": True}, "bfloat16"),
        ({"bf16": True, "amx": True, "maker": "GenuineIntel"}, "bfloat16"),
        ({"bf16": False, "amx": True, "maker": "GenuineIntel"}, "bfloat16"),
        ({"bf16": True, "maker": "GenuineIntel"}, "float32"),
        ({"bf16": False}, "float32"),
    ],
)
def test_auto_is_bfloat16_where_the_device_is_quick_in_it(
    cpu: dict[str, Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu_is(monkeypatch, **cpu)
    assert number_type("auto", CPU) == expected
    assert number_type("float32", CPU) == "float32"
    for asked, given in (("auto", "bfloat16"), ("float32", "float32")):
        assert number_type(asked, torch.device("cuda")) == given  # type: ignore[arg-type]
    assert number_type("auto", torch.device("mps")) == "float32"


def test_a_slow_bfloat16_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu_is(monkeypatch, bf16=True, maker="GenuineIntel")
    assert number_type("bfloat16", CPU) == "bfloat16"


def test_the_maker_of_this_cpu_can_be_told() -> None:
    known = ("AuthenticAMD", "GenuineIntel", "CPU implementer", "arm")
    assert any(name in precision._cpu_names() for name in known)


@pytest.mark.parametrize("kind", MAKE)
def test_a_cpu_without_bfloat16_says_so_and_still_loads(
    kind: str, calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu_is(monkeypatch, bf16=True)
    model = MAKE[kind](calm, device="cpu", precision="bfloat16").fit(TEXTS, TARGETS)
    model.save(tmp_path)
    cpu_is(monkeypatch, bf16=False)
    loaded = type(model).load(tmp_path, device="cpu")
    assert loaded.settings()["precision"] == "bfloat16"
    expected = model.predict_proba(UNSEEN)
    np.testing.assert_allclose(loaded.predict_proba(UNSEEN), expected, atol=1e-6)
    with pytest.raises(UsageError, match="no instructions for bfloat16"):
        MAKE[kind](calm, device="cpu", precision="bfloat16").fit(TEXTS, TARGETS)
    assert MAKE[kind](calm, device="cpu").fit(TEXTS, TARGETS).settings()["precision"] == "float32"


@pytest.mark.parametrize("kind", MAKE)
def test_the_same_seed_gives_the_same_weights_near_those_of_float32(
    kind: str, calm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu_is(monkeypatch, bf16=True)
    first, again, plain = (
        MAKE[kind](calm, device="cpu", precision=asked).fit(TEXTS, TARGETS)
        for asked in ("bfloat16", "bfloat16", "float32")
    )
    assert first.losses == again.losses != plain.losses
    for name, weights in weights_of(first).items():
        assert torch.equal(weights, weights_of(again)[name])
        assert weights.dtype == weights_of(plain)[name].dtype
    np.testing.assert_allclose(first.losses, plain.losses, atol=0.02)
    assert np.ptp(plain.losses) > 0.2


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "modernbert", "deberta-v2"])
def test_every_layer_and_gradient_is_near_float32s(kind: str, tmp_path: Path) -> None:
    build = tiny_masked.build if kind in ("modernbert", "deberta-v2") else tiny_encoder.build
    more = {"steps": 0} if build is tiny_masked.build else {}
    folder = build(tmp_path, kind, dropout=0.0, **more)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = load_classifier(folder, task_of("a", "b")).eval()
    tokens = torch.arange(5, 25).view(4, 5) % model.config.vocab_size

    def gradients() -> dict[str, torch.Tensor]:
        model.zero_grad()
        logits = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits
        torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 1, 1])).backward()
        found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
        return {"logits": logits.detach(), **found}

    plain = gradients()
    with in_bfloat16(model, "bfloat16"):
        lowered = gradients()
    assert lowered.keys() == plain.keys()
    assert not torch.equal(lowered["logits"], plain["logits"])
    whole = sum(float(gradient.norm()) for gradient in plain.values())
    for name, expected in plain.items():
        assert lowered[name].dtype == torch.float32
        error = (lowered[name] - expected).norm()
        assert error <= 0.15 * expected.norm() + 5e-3 * whole, name
    assert all(torch.equal(found, plain[name]) for name, found in gradients().items())


@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_and_its_gradients_are_float32s_but_for_rounding(bias: bool) -> None:
    numbers = torch.Generator().manual_seed(0)
    layer = torch.nn.Linear(48, 32, bias=bias)
    inputs = torch.randn(3, 7, 48, generator=numbers, requires_grad=True)
    toward = torch.randn(3, 7, 32, generator=numbers)

    def found(times: int) -> list[torch.Tensor]:
        layer.zero_grad()
        inputs.grad = None
        outputs = sum(layer(inputs) for _ in range(times))
        (outputs * toward).sum().backward()
        grads = [one.grad for one in (inputs, *layer.parameters())]
        return [outputs.detach(), *(grad.clone() for grad in grads if grad is not None)]

    plain = [found(1), found(2), found(1)]
    lowered = Lowered([layer])
    low = [found(1), found(2), found(1)]
    lowered.restore()
    for times, expected in zip(low, plain, strict=True):
        assert len(times) == 3 + bias
        for one, other in zip(times, expected, strict=True):
            assert (one - other).norm() < 0.01 * other.norm()
    assert not torch.equal(low[0][0], plain[0][0])
    assert torch.equal(found(1)[0], plain[0][0])


def test_changed_weights_count_once_they_are_refreshed(tiny: Path) -> None:
    model = load_classifier(tiny, task_of("a", "b")).eval()
    layer = model.base_model.encoder.layer[0].intermediate.dense
    inputs = torch.ones(1, layer.in_features)
    with in_bfloat16(model, "bfloat16") as lowered:
        before = layer(inputs)
        with torch.no_grad():
            layer.weight.zero_()
            layer.bias.fill_(2.0)
        assert torch.equal(layer(inputs), before)
        lowered.refresh()
        assert (layer(inputs) == 2.0).all()


def test_in_float32_nothing_is_touched(tiny: Path) -> None:
    model = load_classifier(tiny, task_of("a", "b"))
    with in_bfloat16(model, "float32") as lowered:
        assert not any("forward" in vars(module) for module in model.modules())
        lowered.refresh()
