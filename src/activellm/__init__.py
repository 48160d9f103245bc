"""From a heap of unlabelled texts to a trained, honestly measured classifier, with few labels.

The names below load on first use, so that `import activellm` is immediate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

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

__getattr__ = lazily(
    __name__,
    {
        "errors": "ActiveLLMError DataError UsageError",
        "learner": "ActiveLearner",
        "pool": "Example Pool",
        "project": "Project",
        "selection": "Selection",
        "settings": "Settings",
        "task": "Label Task",
    },
)
