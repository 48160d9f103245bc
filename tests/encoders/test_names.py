import hashlib
import os
from pathlib import Path

import pytest

from activellm.encoders.names import encoder_folder, fingerprints, licence_of
from activellm.weights import ENCODER


@pytest.mark.weights
def test_embedded_is_the_verified_folder() -> None:
    assert encoder_folder("embedded") == ENCODER.path().parent


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model", "apache-2.0"),
        ("---\nlicense:   mit  \ntags: [x]\n---\n", "mit"),
        ("---\ntags: [x]\n---\nlicense: gpl", ""),
        ("# Model\nlicense: mit\n", ""),
        ("", ""),
    ],
)
def test_the_licence_is_read_from_the_cards_header(tmp_path: Path, card: str, licence: str) -> None:
    (tmp_path / "README.md").write_text(card)
    assert licence_of(str(tmp_path), tmp_path) == licence


def test_no_card_no_licence(tmp_path: Path) -> None:
    assert licence_of(str(tmp_path), tmp_path) == ""


def test_fingerprints_are_hashed_once_until_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(path: Path) -> str:
        read.append(path.name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr("activellm.encoders.names.sha256_of", counted)
    weights = tmp_path / "model.safetensors"
    (tmp_path / "tokenizer.json").write_bytes(b"words")
    weights.write_bytes(b"old")
    before = fingerprints(tmp_path)
    assert fingerprints(tmp_path) == before
    assert read == ["model.safetensors", "tokenizer.json"]
    weights.write_bytes(b"new")
    os.utime(weights, ns=(1, 1))  # whatever the clock's resolution
    after = fingerprints(tmp_path)
    assert after["weights"] == hashlib.sha256(b"new").hexdigest() != before["weights"]
    assert after["tokenizer"] == before["tokenizer"]
    assert read[2:] == ["model.safetensors"]
