from pathlib import Path

import pytest

from activellm.encoders.names import encoder_folder, licence_of
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
