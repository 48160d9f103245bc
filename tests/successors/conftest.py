from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_encoder
import tiny_masked
import torch


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights."""
    return tiny_encoder.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def masked_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with a masked-language head that knows the toy sentences."""
    return tiny_masked.build(tmp_path_factory.mktemp("masked-bert"), "bert")


@pytest.fixture(scope="session")
def masked_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of RoBERTa's kind, with a tokenizer of bytes."""
    return tiny_masked.build(tmp_path_factory.mktemp("masked-roberta"), "roberta")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small only lose by a second thread, most of all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
