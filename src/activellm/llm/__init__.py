"""Ask a query model (LLM): one protocol, local files and servers, recorded and replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily
from activellm.llm.protocol import (
    Completion,
    Message,
    Messages,
    QueryModel,
    Scores,
    Usage,
)

if TYPE_CHECKING:
    from activellm.llm.guard import Guard, guarded
    from activellm.llm.open import MODELS, ModelOptions, open_model
    from activellm.llm.recording import RecordedModel
    from activellm.llm.scripted import ScriptedModel

__all__ = [
    "MODELS",
    "Completion",
    "Guard",
    "Message",
    "Messages",
    "ModelOptions",
    "QueryModel",
    "RecordedModel",
    "Scores",
    "ScriptedModel",
    "Usage",
    "guarded",
    "open_model",
]

__getattr__ = lazily(
    __name__,
    {
        "guard": "Guard guarded",
        "open": "MODELS ModelOptions open_model",
        "recording": "RecordedModel",
        "scripted": "ScriptedModel",
    },
)
