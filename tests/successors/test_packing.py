from pathlib import Path

import pytest
import tiny_encoder
import torch
from successor_contract import TEXTS, task_of
from transformers import AutoModelForSequenceClassification

from activellm.encoders.tokens import Tokenizer
from activellm.successors.heads import load_classifier
from activellm.successors.packing import can_pack, packed_logits, saves_work


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


@pytest.mark.parametrize(
    ("lengths", "width", "saves"),
    [
        # total 14 < padded 40: 14 * (60 + 14) = 1036 < 40 * (60 + 10) = 2800
        ([2, 2, 10, 0], 10, True),
        # no padding at all: packing only makes the attention longer
        ([10, 10, 10, 10], 10, False),
        # little padding, long texts: 390 * (60 + 390) > 400 * (60 + 100)
        ([90, 100, 100, 100], 10, False),
    ],
)
def test_it_is_used_where_it_saves_work(lengths: list[int], width: int, saves: bool) -> None:
    rows = [{"input_ids": [1] * length} for length in lengths]
    assert saves_work(rows, width) is saves
