"""An encoder is pooled as its own folder says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
import torch
from transformers import AutoModel, AutoTokenizer

from activellm.encoders import open_encoder
from activellm.encoders.names import check_encoder
from activellm.encoders.pooling import counted, pooling_of, write_pooling
from activellm.errors import DataError

TEXTS = ["the film was very good and so nice", "", "bad", "a road in the park " * 9]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_encoder.build(tmp_path)


def hidden(folder: Path, text: str) -> np.ndarray:
    """The token vectors of one text, without padding."""
    batch = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.inference_mode():
        found: np.ndarray = AutoModel.from_pretrained(folder)(**batch).last_hidden_state[0].numpy()
    return found


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("cls_token", "first"),
        ("lasttoken", "last"),
        ("mean_tokens", "mean"),
        ("mean_sqrt_len_tokens", "mean"),
    ],
)
def test_vectors_are_those_of_the_folders_way(folder: Path, mode: str, expected: str) -> None:
    tiny_encoder.pooled_by(folder, mode)
    encoder = open_encoder(str(folder), device="cpu")
    vectors = encoder.embed(TEXTS)
    assert pooling_of(folder) == encoder.identity()["pooling"] == expected
    for text, vector in zip(TEXTS, vectors, strict=True):
        tokens = hidden(folder, text)
        own = {"first": tokens[0], "last": tokens[-1], "mean": tokens.mean(axis=0)}[expected]
        np.testing.assert_allclose(vector, own / np.linalg.norm(own), atol=1e-5)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"pooling_mode": "cls"}, "first"),
        ({"pooling_mode": "lasttoken"}, "last"),
        ({"pooling_mode": ["mean"]}, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "first"),
        ({"word_embedding_dimension": 32}, "mean"),
    ],
)
def test_older_and_newer_files_are_read(
    folder: Path, config: dict[str, Any], expected: str
) -> None:
    tiny_encoder.pooled_by(folder, "mean_tokens")
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))
    assert pooling_of(folder) == expected


def test_a_folder_that_says_nothing_gets_the_mean(folder: Path) -> None:
    assert pooling_of(folder) == "mean"
    (folder / "modules.json").write_text(json.dumps([{"type": "x.Transformer", "path": ""}, 7]))
    assert pooling_of(folder) == "mean"


@pytest.mark.parametrize(
    ("modes", "said"),
    [(["max_tokens"], "max_tokens"), (["cls_token", "mean_tokens"], "and"), ([], "nothing")],
)
def test_other_ways_are_refused_before_anything_else(
    folder: Path, modes: list[str], said: str
) -> None:
    tiny_encoder.pooled_by(folder, *modes)
    with pytest.raises(DataError, match=said) as found:
        check_encoder(str(folder))
    assert "config.json" in str(found.value)


@pytest.mark.parametrize("content", ["{", "[]", None])
def test_what_cannot_be_read_is_told(folder: Path, content: str | None) -> None:
    tiny_encoder.pooled_by(folder, "mean_tokens")
    path = folder / "1_Pooling" / "config.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match="1_Pooling"):
        pooling_of(folder)


def test_no_file_outside_the_folder_is_read(folder: Path) -> None:
    tiny_encoder.pooled_by(folder, "cls_token")
    modules = [{"type": "a.Pooling", "path": "../../elsewhere/1_Pooling"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    assert pooling_of(folder) == "first"


@pytest.mark.parametrize("pooling", ["mean", "first", "last"])
def test_what_is_written_is_read_again(tmp_path: Path, pooling: Any) -> None:
    write_pooling(tmp_path, pooling, 32)
    assert pooling_of(tmp_path) == pooling
    config = json.loads((tmp_path / "1_Pooling" / "config.json").read_text())
    assert config["word_embedding_dimension"] == 32


def test_padding_counts_nowhere() -> None:
    mask = torch.tensor([[0, 1, 1, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert counted(mask, "mean").tolist() == mask.tolist()
    assert counted(mask, "first").argmax(dim=1).tolist()[:2] == [1, 0]
    assert counted(mask, "last").argmax(dim=1).tolist()[:2] == [3, 0]
    for way in ("first", "last"):
        assert counted(mask, way).sum(dim=1).tolist() == [1, 1, 0]
