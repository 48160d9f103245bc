from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_encoder
import torch


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights."""
    return tiny_encoder.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small only lose by a second thread, most of all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
