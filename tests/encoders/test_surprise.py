from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer

from activellm.encoders import open_encoder
from activellm.encoders.masked_head import has_masked_head
from activellm.encoders.names import encoder_folder
from activellm.encoders.surprise import surprisals
from activellm.errors import DataError, UsageError
from activellm.successors.heads import load_classifier
from activellm.task import Task

KINDS = ["bert", "electra", "roberta", "distilbert", "mpnet"]
TEXTS = [
    "the film was very good and so nice",
    "",
    "bad 世界",
    "a road in the park! a tree, a bus, the light? this and that " * 3,
    "bad",
    "half \ud83d a character",
]
PAIRS = [("good film", "bad"), ("", ""), ("a", "the park was very nice")]


def reference(folder: Path, contents: list[Any], max_length: int = 256) -> list[np.ndarray]:
    """One text at a time: no padding, no batches, log-softmax over the vocabulary."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder).eval()
    rows = []
    for content in contents:
        texts = [content] if isinstance(content, str) else content
        texts = [text.encode("utf-8", "replace").decode() for text in texts]
        coded = tokenizer(
            *texts,
            truncation=True,
            max_length=max_length,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        special = coded.pop("special_tokens_mask")[0].bool()
        with torch.no_grad():
            chances = model(**coded).logits[0].log_softmax(-1)
        own = -chances[torch.arange(len(special)), coded["input_ids"][0]]
        rows.append(own.masked_fill(special, 0.0).numpy())
    return rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("contents", [TEXTS, PAIRS], ids=["texts", "pairs"])
def test_it_equals_one_text_at_a_time(
    kind: str, contents: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_encoder.build(tmp_path, kind, masked_head=True)
    expected = reference(folder, contents)
    monkeypatch.setitem(
        __import__("activellm.encoders.surprise", fromlist=["x"]).LOGITS_A_BATCH, "cpu", 4000
    )
    table = surprisals(str(folder), contents, device="cpu")
    assert table.dtype == np.float32
    assert table.shape == (len(contents), max(map(len, expected)))
    for row, surprise in zip(table, expected, strict=True):
        np.testing.assert_allclose(row[: len(surprise)], surprise, atol=1e-4)
        assert (row[len(surprise) :] == 0).all()
    assert (table[1] == 0).all()
    assert (table[0, 1:3] > 0).all()


def test_an_unknown_token_counts_and_a_written_special_one_does_not(tmp_path: Path) -> None:
    folder = tiny_encoder.build(tmp_path, masked_head=True)
    unknown, written = surprisals(str(folder), ["世", "[SEP]"], device="cpu")
    assert unknown[1] > 0
    assert (written == 0).all()


def test_the_longest_text_is_cut_and_nothing_gives_nothing(tmp_path: Path) -> None:
    folder = str(tiny_encoder.build(tmp_path, masked_head=True))
    table = surprisals(folder, ["good film " * 10_000, "bad"], device="cpu", max_length=16)
    assert table.shape == (2, 16)
    np.testing.assert_allclose(table[0], reference(tmp_path, ["good film " * 20], 16)[0], atol=1e-4)
    assert surprisals(folder, [], device="cpu").shape == (0, 0)


def test_random_state_screen_and_progress(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = str(tiny_encoder.build(tmp_path, masked_head=True))
    capfd.readouterr()
    before, told = torch.random.get_rng_state(), []
    first = surprisals(folder, TEXTS, device="cpu", progress=lambda *news: told.append(news))
    assert told[-1] == ("Reading texts", 6, 6)
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(surprisals(folder, TEXTS, device="cpu"), first)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", [*KINDS, "xlm-roberta", "albert", "deberta-v2", "modernbert"])
def test_a_head_is_seen_where_there_is_one(kind: str, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("bare", "head", "classifier")}
    for folder in folders.values():
        folder.mkdir()
    tiny_encoder.build(folders["bare"], kind)
    tiny_encoder.build(folders["head"], kind, masked_head=True)
    AutoModelForSequenceClassification.from_pretrained(folders["bare"]).save_pretrained(
        folders["classifier"]
    )
    assert {name: has_masked_head(folder) for name, folder in folders.items()} == {
        "bare": False,
        "head": True,
        "classifier": False,
    }


def test_an_encoder_with_such_a_head_embeds_and_classifies_like_others(tmp_path: Path) -> None:
    folder = tiny_encoder.build(tmp_path, masked_head=True)
    assert open_encoder(str(folder), device="cpu").embed(["good", "bad"]).shape == (2, 32)
    task = Task.build(description="x", labels=({"name": "a"}, {"name": "b"}))
    assert load_classifier(folder, task).config.num_labels == 2


def test_an_encoder_without_a_head_is_refused(tiny: Path) -> None:
    with pytest.raises(UsageError, match="no masked-language head") as caught:
        surprisals(str(tiny), ["good"], device="cpu")
    assert "bert-base-uncased" in str(caught.value)


@pytest.mark.weights
def test_the_embedded_encoder_has_no_head() -> None:
    assert not has_masked_head(encoder_folder("embedded"))
    with pytest.raises(UsageError, match="The embedded encoder"):
        surprisals("embedded", ["good"])


def test_half_a_head_and_damaged_weights_are_clear_errors(tmp_path: Path) -> None:
    folder = tiny_encoder.build(tmp_path, masked_head=True)
    weights = load_file(folder / "model.safetensors")
    del weights["cls.predictions.transform.LayerNorm.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(DataError, match="not all there"):
        surprisals(str(folder), ["good"], device="cpu")
    for damage in (b"", b"damaged, by all means", (5).to_bytes(8, "little") + b"[[1]]"):
        (folder / "model.safetensors").write_bytes(damage)
        with pytest.raises(DataError, match="cannot be read"):
            has_masked_head(folder)
