from pathlib import Path
from typing import Any

import pytest
import tiny_encoder
import tiny_masked
import torch
from safetensors.torch import load_file, save_file
from successor_contract import TEXTS

from activellm.encoders.masked_head import load_masked_lm
from activellm.encoders.tokens import Tokenizer
from activellm.errors import DataError
from activellm.successors.masked_lm import (
    hidden_at,
    log_probabilities_at,
    logits_at,
)


def batch_of(folder: Path) -> dict[str, torch.Tensor]:
    tokenizer = Tokenizer.load(folder, 40)
    return tokenizer.pad([{"input_ids": row["input_ids"]} for row in tokenizer.encode(TEXTS)])


@pytest.mark.parametrize(
    ("builder", "kind"),
    [
        *((tiny_masked.build, kind) for kind in ("bert", "roberta", "modernbert", "deberta-v2")),
        *((tiny_encoder.build, kind) for kind in ("distilbert", "mpnet", "electra")),
    ],
)
def test_some_places_are_as_in_the_whole_text(builder: Any, kind: str, tmp_path: Path) -> None:
    options = {"steps": 0} if builder is tiny_masked.build else {"masked_head": True}
    model = load_masked_lm(builder(tmp_path, kind, **options)).eval()
    batch = batch_of(tmp_path)
    places = torch.tensor([[1, 0, 2]] * len(TEXTS))
    rows = torch.arange(len(TEXTS))[:, None]
    with torch.no_grad():
        whole = model(**batch, output_hidden_states=True)
        logits = logits_at(model, batch, places)
        torch.testing.assert_close(logits, whole.logits[rows, places])
        torch.testing.assert_close(
            hidden_at(model, batch, places), whole.hidden_states[-1][rows, places]
        )
        torch.testing.assert_close(model(**batch).logits, whole.logits)
        tokens = torch.tensor([[[5, 6]] * 3] * len(TEXTS))
        chances = log_probabilities_at(model, batch, places, tokens)
        expected = whole.logits.log_softmax(dim=2)[rows, places][:, :, [5, 6]]
        torch.testing.assert_close(chances, expected)


def test_a_head_of_which_a_part_is_missing_is_refused(tmp_path: Path) -> None:
    weights = load_file(tiny_masked.build(tmp_path, "bert", steps=0) / "model.safetensors")
    del weights["cls.predictions.transform.LayerNorm.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match="not all there"):
        load_masked_lm(tmp_path)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    tiny_masked.build(tmp_path, "bert", steps=0)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(DataError, match="Cannot load"):
        load_masked_lm(tmp_path)
