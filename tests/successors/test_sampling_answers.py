"""How successors draw from what they do not know: dropout masks, and refits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
import torch
from sklearn.linear_model import LogisticRegression
from successor_contract import MULTI, SENTIMENT, TARGETS, TEXTS, UNSEEN, multi_targets, task_of

from activellm.encoders import open_encoder
from activellm.encoders.tokens import Tokenizer
from activellm.errors import UsageError
from activellm.seeding import generator
from activellm.successors import network
from activellm.successors.finetune import FineTune
from activellm.successors.heads import layer_input, load_classifier, output_layer
from activellm.successors.linear import Linear

KINDS = ["bert", "electra", "roberta", "xlm-roberta", "camembert", "distilbert", "mpnet"]


@pytest.fixture
def finetuned(tiny: Path) -> FineTune:
    model = FineTune(
        SENTIMENT, seed=0, encoder=str(tiny), device="cpu", epochs=4, learning_rate=1e-3
    )
    return model.fit(TEXTS, TARGETS)


def ordinary_dropout(model: Any, text: str, passes: int) -> np.ndarray:
    """The text's probabilities with the dropout layers in training mode, shape (passes, labels)."""
    inner, batch = model._model, model._tokenizer.pad(model._tokenizer.encode([text] * passes))
    dropped = [module for module in inner.modules() if isinstance(module, torch.nn.Dropout)]
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for module in dropped:
            module.train()
        chances = inner(**batch).logits.softmax(1).numpy()
        inner.eval()
    return chances


@pytest.mark.parametrize("text", [TEXTS[0], "the water was so nice and not bad", ""])
def test_one_text_sees_what_ordinary_dropout_gives(finetuned: FineTune, text: str) -> None:
    passes = 2000
    plain = ordinary_dropout(finetuned, text, passes)[:, 0]
    drawn = finetuned.sample_proba([text], passes, seed=0)[:, 0, 0]
    # Five standard errors of a mean, and of a standard deviation.
    assert abs(drawn.mean() - plain.mean()) < 5 * plain.std() * (2 / passes) ** 0.5
    assert 0.85 < drawn.std() / plain.std() < 1.15
    assert np.percentile(drawn, 90) == pytest.approx(np.percentile(plain, 90), abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_passes_in_one_forward_are_those_one_by_one(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = str(tiny_encoder.build(tmp_path, kind))
    model = FineTune(SENTIMENT, seed=0, encoder=encoder, device="cpu", epochs=1)
    model.fit(TEXTS, TARGETS)
    together = model.sample_proba(TEXTS, 5, seed=3)
    assert together.std(axis=0).min() > 0
    monkeypatch.setitem(network._TOKENS_A_BATCH, "cpu", 1)
    np.testing.assert_allclose(model.sample_proba(TEXTS, 5, seed=3), together, atol=1e-5)


def test_no_layer_changes_its_mode_and_no_hook_stays(
    finetuned: FineTune, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = finetuned._model
    weights = {name: tensor.clone() for name, tensor in inner.state_dict().items()}
    finetuned.sample_proba(TEXTS, 2, seed=0)
    finetuned.features(TEXTS)

    def broken(*_args: object, **_options: object) -> None:
        raise ArithmeticError

    with monkeypatch.context() as patched:
        patched.setattr(output_layer(inner, 2), "forward", broken)
        for ask in (
            lambda: finetuned.sample_proba(TEXTS, 2, seed=0),
            lambda: finetuned.features(TEXTS),
        ):
            with pytest.raises(ArithmeticError):
                ask()
    for module in inner.modules():
        assert not module.training
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    for name, tensor in inner.state_dict().items():
        assert torch.equal(tensor, weights[name])


def test_an_encoder_without_dropout_is_refused(tmp_path: Path) -> None:
    folder = tiny_encoder.build(tmp_path, "roberta", dropout=0.0)
    model = FineTune(SENTIMENT, seed=0, encoder=str(folder), device="cpu", epochs=1)
    model.fit(TEXTS, TARGETS)
    with pytest.raises(UsageError, match="no dropout"):
        model.sample_proba(TEXTS, 2, seed=0)


def test_a_loaded_network_draws_the_same(finetuned: FineTune, tmp_path: Path) -> None:
    finetuned.save(tmp_path)
    again = FineTune.load(tmp_path, device="cpu")
    for model in (finetuned, again):
        assert model.features(TEXTS).shape == (12, 32)
    np.testing.assert_array_equal(
        again.sample_proba(UNSEEN, 3, seed=1), finetuned.sample_proba(UNSEEN, 3, seed=1)
    )
    np.testing.assert_array_equal(again.features(UNSEEN), finetuned.features(UNSEEN))


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_layer_makes_the_logits_of_the_features(kind: str, tmp_path: Path) -> None:
    folder = tiny_encoder.build(tmp_path, kind)
    model = load_classifier(folder, task_of("a", "b", "c")).eval()
    layer = output_layer(model, 3)
    tokenizer = Tokenizer.load(folder, 64)
    batch = tokenizer.pad(tokenizer.encode(TEXTS))
    features = layer_input(model, layer, batch)
    torch.testing.assert_close(layer(features), model(**batch).logits)


@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("labels", [2, 3])
def test_refits_equal_scikit_learns_under_the_same_weights(
    tiny: Path, weights: Any, labels: int
) -> None:
    encoder = open_encoder(str(tiny), device="cpu")
    targets = np.array([0, 0, 0, 0, 0, 1, 1, 1, 0, 2, 1, 2]) % labels
    names = ("a", "b", "c")[:labels]
    model = Linear(task_of(*names), seed=0, encoder=encoder, C=7.0, class_weights=weights)
    samples = model.fit(TEXTS, targets).sample_proba(UNSEEN, 4, seed=6)
    rng = generator(6, "bootstrap")
    for sample in samples:
        drawn = rng.exponential(size=12)
        reference = LogisticRegression(C=7.0, class_weight=None if weights == "none" else weights)
        reference.set_params(max_iter=1000).fit(
            encoder.embed(TEXTS).astype(float), targets, sample_weight=drawn * 12 / drawn.sum()
        )
        expected = reference.predict_proba(encoder.embed(UNSEEN).astype(float))
        np.testing.assert_allclose(sample, expected, atol=1e-6)


def test_more_labels_leave_less_open(tiny: Path) -> None:
    encoder = open_encoder(str(tiny), device="cpu")
    spread = []
    for times in (1, 100):
        # C makes up for the penalty's smaller share, so that both have the same best fit.
        model = Linear(SENTIMENT, seed=0, encoder=encoder, C=100 / times)
        model.fit(TEXTS * times, np.tile(TARGETS, times))
        spread.append(model.sample_proba(UNSEEN, 20, seed=0).std(axis=0).mean())
    assert spread[1] < spread[0] / 5


def test_a_label_with_one_example_never_vanishes(tiny: Path) -> None:
    model = Linear(SENTIMENT, seed=0, encoder=str(tiny), device="cpu")
    model.fit(TEXTS, np.array([0] * 11 + [1]))
    assert (model.sample_proba(UNSEEN, 50, seed=0) > 0).all()


def test_no_vector_of_a_labelled_text_is_saved(tiny: Path, tmp_path: Path) -> None:
    model = Linear(MULTI, seed=0, encoder=str(tiny), device="cpu").fit(TEXTS, multi_targets())
    model.save(tmp_path)
    with np.load(tmp_path / "linear.npz") as arrays:
        assert sorted(arrays) == ["bias", "weights"]
    loaded = Linear.load(tmp_path, device="cpu")
    np.testing.assert_array_equal(loaded.features(UNSEEN), model.features(UNSEEN))
    with pytest.raises(UsageError, match="Train it again"):
        loaded.sample_proba(UNSEEN, 2, seed=0)


def test_the_callers_answers_may_change_after_training(tiny: Path) -> None:
    targets = TARGETS.copy()
    model = Linear(SENTIMENT, seed=0, encoder=str(tiny), device="cpu").fit(TEXTS, targets)
    before = model.sample_proba(UNSEEN, 2, seed=0)
    targets[:] = 0
    np.testing.assert_array_equal(model.sample_proba(UNSEEN, 2, seed=0), before)
