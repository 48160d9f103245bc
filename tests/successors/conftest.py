from pathlib import Path

import pytest
import tiny_encoder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights."""
    return tiny_encoder.build(tmp_path_factory.mktemp("tiny"))
