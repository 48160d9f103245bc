"""Fixtures for query models."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same tiny random language model as a GGUF file and as a Hugging Face folder."""
    import tiny_llama

    return tiny_llama.build(tmp_path_factory.mktemp("tiny-llama"))


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the keys of whoever runs it."""
    for name in ("OPENAI_API_KEY", "ACTIVELLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("activellm.llm.keys.has_keyring", lambda: False)
