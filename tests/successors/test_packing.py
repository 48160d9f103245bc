from pathlib import Path

import pytest
import tiny_encoder
import torch
from successor_contract import TEXTS, task_of
from transformers import AutoModelForSequenceClassification

from activellm.encoders.tokens import Tokenizer
from activellm.successors.heads import load_classifier
from activellm.successors.layers import first_vectors
from activellm.successors.layout import Layout
from activellm.successors.noise import Masks
from activellm.successors.packing import can_pack, packed_logits


@pytest.mark.parametrize("kind", ["bert", "electra", "roberta", "xlm-roberta", "camembert"])
def test_packed_logits_and_gradients_are_those_of_a_padded_batch(kind: str, tmp_path: Path) -> None:
    folder = tiny_encoder.build(tmp_path, kind)
    model = load_classifier(folder, task_of("a", "b", "c")).eval()
    tokenizer = Tokenizer.load(folder, 256)
    rows = tokenizer.encode([*TEXTS, "", "good " * 60])
    assert can_pack(model)
    results = []
    for logits in (packed_logits(model, rows), model(**tokenizer.pad(rows)).logits):
        model.zero_grad()
        logits.square().sum().backward()
        gradients = {name: p.grad.clone() for name, p in model.named_parameters()}
        results.append((logits, gradients))
    torch.testing.assert_close(results[0][0], results[1][0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(results[0][1], results[1][1], atol=1e-3, rtol=1e-3)


def test_pairs_keep_their_segments(tiny: Path) -> None:
    model = load_classifier(tiny, task_of("a", "b")).eval()
    tokenizer = Tokenizer.load(tiny, 256)
    rows = tokenizer.encode([("good film", "bad"), ("a", "the park was nice"), ("", "")])
    assert {segment for row in rows for segment in row["token_type_ids"]} == {0, 1}
    padded = model(**tokenizer.pad(rows)).logits
    torch.testing.assert_close(packed_logits(model, rows), padded, atol=1e-5, rtol=1e-4)


def test_what_is_not_known_is_padded(tmp_path: Path) -> None:
    folder = tiny_encoder.build(tmp_path, "distilbert")
    assert not can_pack(load_classifier(folder, task_of("a", "b")))
    (tmp_path / "bert").mkdir()
    folder = tiny_encoder.build(tmp_path / "bert")
    eager = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager")
    assert not can_pack(eager)


def test_packed_gradients_are_right_where_units_are_dropped(tmp_path: Path) -> None:
    """Against differences, with the same masks drawn each time; texts of several groups."""
    folder = tiny_encoder.build(tmp_path, dropout=0.3)
    model = load_classifier(folder, task_of("a", "b")).double().train()
    layers = model.base_model.encoder.layer
    layout = Layout.of([3, 1, 2, 40], heads=2, device=torch.device("cpu"))
    assert len(layout.groups) == 2
    hidden = torch.randn(46, 32, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda tokens: first_vectors(layers, tokens, layout, Masks(3)), hidden, fast_mode=True
    )


def test_packed_dropout_is_that_of_the_model_in_mean_and_spread(tmp_path: Path) -> None:
    """The masks are other ones than torch's, so only their distribution can be compared."""
    folder = tiny_encoder.build(tmp_path, dropout=0.3)
    model = load_classifier(folder, task_of("a", "b")).train()
    with torch.no_grad():
        model.classifier.weight.normal_()
    tokenizer = Tokenizer.load(folder, 256)
    rows = tokenizer.encode(["good", "the film was very good and not sad"])
    padded, draws = tokenizer.pad(rows), 400
    torch.manual_seed(0)
    with torch.no_grad():
        ours = torch.stack([packed_logits(model, rows) for _ in range(draws)])
        theirs = torch.stack([model(**padded).logits for _ in range(draws)])
        undropped = model.eval()(**padded).logits
    spread = theirs.std(dim=0)
    assert ((ours.mean(dim=0) - theirs.mean(dim=0)).abs() < 4 * spread * (2 / draws) ** 0.5).all()
    torch.testing.assert_close(ours.std(dim=0), spread, rtol=0.2, atol=0)
    assert (spread > 0.1 * undropped.abs()).all()


def test_on_a_gpu_torch_drops_and_computes_in_bfloat16(tmp_path: Path) -> None:
    """The path that a GPU takes, here on the CPU: no masks of our own, mixed precision."""
    folder = tiny_encoder.build(tmp_path, dropout=0.3)
    model = load_classifier(folder, task_of("a", "b")).train()
    layers = model.base_model.encoder.layer
    layout = Layout.of([3, 1, 2, 40], heads=2, device=torch.device("cpu"))
    hidden = torch.randn(46, 32, requires_grad=True)

    def vectors(seed: int, mixed: bool = False) -> torch.Tensor:
        torch.manual_seed(seed)
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            return first_vectors(layers, hidden, layout, None)

    assert torch.equal(vectors(1), vectors(1))
    assert ((vectors(1) - vectors(2)).abs().amax(dim=1) > 0.1).all()
    model.eval()
    torch.testing.assert_close(vectors(1, mixed=True), vectors(1), atol=0.1, rtol=0.1)
    vectors(1, mixed=True).square().sum().backward()
    assert hidden.grad is not None
    assert hidden.grad.isfinite().all()
