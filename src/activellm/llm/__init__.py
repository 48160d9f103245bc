"""Ask a query model (LLM): one protocol, local files and servers, recorded and replayed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from activellm.llm.protocol import (
    Completion,
    Message,
    Messages,
    QueryModel,
    Scores,
    Usage,
)

if TYPE_CHECKING:
    from activellm.llm.open import MODELS, open_model
    from activellm.llm.recording import RecordedModel
    from activellm.llm.scripted import ScriptedModel

__all__ = [
    "MODELS",
    "Completion",
    "Message",
    "Messages",
    "QueryModel",
    "RecordedModel",
    "Scores",
    "ScriptedModel",
    "Usage",
    "open_model",
]

_LAZY = {
    "MODELS": "activellm.llm.open",
    "RecordedModel": "activellm.llm.recording",
    "ScriptedModel": "activellm.llm.scripted",
    "open_model": "activellm.llm.open",
}


def __getattr__(name: str) -> Any:
    """Import what costs something only when it is asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
