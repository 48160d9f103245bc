"""A model that has read half of the shipped messages, and the two halves."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from activellm.data import civic_messages

if TYPE_CHECKING:
    from leaked_model import Leak


@pytest.fixture(scope="session")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Leak:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    import leaked_model

    with civic_messages().open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    leaked, fresh = tuple(texts[:48]), tuple(texts[48:96])
    folder = tmp_path_factory.mktemp("leak") / "model"
    leaked_model.train(folder, leaked, fresh, steps=150)
    return leaked_model.Leak(folder, leaked, fresh)
