"""From a heap of unlabelled texts to a trained, honestly measured classifier, with few labels.

The names below load on first use, so that `import activellm` is immediate.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from activellm.errors import ActiveLLMError, DataError, UsageError
    from activellm.learner import ActiveLearner
    from activellm.pool import Pool
    from activellm.pool.example import Example
    from activellm.project import Project
    from activellm.selection import Selection
    from activellm.settings import Settings
    from activellm.task import Label, Task

__version__ = "0.1.0"

_HOMES = {
    "ActiveLLMError": "activellm.errors",
    "ActiveLearner": "activellm.learner",
    "DataError": "activellm.errors",
    "Example": "activellm.pool.example",
    "Label": "activellm.task",
    "Pool": "activellm.pool",
    "Project": "activellm.project",
    "Selection": "activellm.selection",
    "Settings": "activellm.settings",
    "Task": "activellm.task",
    "UsageError": "activellm.errors",
}

__all__ = [
    "ActiveLLMError",
    "ActiveLearner",
    "DataError",
    "Example",
    "Label",
    "Pool",
    "Project",
    "Selection",
    "Settings",
    "Task",
    "UsageError",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
