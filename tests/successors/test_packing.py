from pathlib import Path

import pytest
import tiny_encoder
import torch
from hypothesis import given
from hypothesis import strategies as st
from successor_contract import TEXTS, task_of
from transformers import AutoModelForSequenceClassification

from activellm.encoders.tokens import Tokenizer
from activellm.successors.heads import load_classifier
from activellm.successors.packing import arrange, can_pack, packed_logits


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
    ("lengths", "width", "rows"),
    [
        # Narrow texts, wide model: one row of 14 (14 * (200 + 14) = 2996) beats
        # rows of 10 (20 * 210 = 4200).
        ([2, 2, 10], 100, [[2, 0, 1]]),
        # Nothing to save: one row of 40 only makes the attention longer.
        ([10, 10, 10, 10], 10, [[0], [1], [2], [3]]),
        # Long texts, narrow model: the short ones share the room beside the middle ones.
        ([100, 60, 60, 40, 40], 10, [[0], [1, 3], [2, 4]]),
    ],
)
def test_texts_share_rows_where_that_costs_least(
    lengths: list[int], width: int, rows: list[list[int]]
) -> None:
    assert arrange(lengths, width) == rows


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), st.integers(1, 1024))
def test_every_text_has_its_place_and_it_never_costs_more_than_padding(
    lengths: list[int], width: int
) -> None:
    rows = arrange(lengths, width)
    assert sorted(text for row in rows for text in row) == list(range(len(lengths)))
    longest = max(sum(lengths[text] for text in row) for row in rows)
    padded = len(lengths) * max(lengths) * (2 * width + max(lengths))
    assert len(rows) * longest * (2 * width + longest) <= padded
