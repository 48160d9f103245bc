"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import headless
import hypothesis
import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models: more threads only wait

# A busy machine takes its time, and that is no bug.
hypothesis.settings.register_profile("patient", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("patient")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell's background jobs ignore Ctrl-C, and so would the processes that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public data sets and recorded answers beside the repository, if it is there."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the public data sets (../shared) are not on this machine")
    return folder


@pytest.fixture(scope="module")  # longer, its event loop would reach into other tests
def chromium() -> Iterator[Any]:
    """A headless Chromium; skips where none is installed."""
    with headless.started() as browser:
        yield browser


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face model folder with random weights, small enough to train in a moment."""
    import tiny_encoder

    return tiny_encoder.build(tmp_path_factory.mktemp("tiny"))
