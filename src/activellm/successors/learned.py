"""Which labels a classifier can learn from given answers, and what it says of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from activellm.successors.contract import Probabilities
from activellm.task import Targets, Task


@dataclass(frozen=True)
class Learned:
    """Labels that some texts have and others have not.

    Attributes:
        multi: Whether a text may have several labels.
        labels: How many labels the task has.
        active: The labels that are learned, in the task's order.
        always: Multi-label: those that every text has.
    """

    multi: bool
    labels: int
    active: tuple[int, ...]
    always: tuple[int, ...]

    @classmethod
    def of(cls, counts: npt.NDArray[np.int64], texts: int, task: Task) -> Learned:
        """From the number of examples of each label, and of texts."""
        full = counts == texts if task.multi else np.zeros(len(counts), dtype=bool)
        active = np.flatnonzero((counts > 0) & ~full).tolist()
        return cls(task.multi, len(counts), tuple(active), tuple(np.flatnonzero(full).tolist()))

    @property
    def learns(self) -> bool:
        """Whether there is anything to tell apart."""
        return len(self.active) > (0 if self.multi else 1)

    def goals(self, targets: Targets) -> npt.NDArray[np.int64]:
        """The answers as positions in `active`, shape (n,); multi-label: 0/1, (n, active)."""
        if self.multi:
            return np.asarray(targets[:, list(self.active)], dtype=np.int64)
        return np.searchsorted(self.active, targets).astype(np.int64)

    def probabilities(self, scores: npt.NDArray[np.float64]) -> Probabilities:
        """From log-odds of the active labels, shape (..., active), to all labels' probabilities."""
        table = torch.from_numpy(scores)
        chances = np.zeros((*scores.shape[:-1], self.labels))
        found = table.sigmoid() if self.multi else table.softmax(dim=-1)
        chances[..., list(self.active)] = found.numpy()
        chances[..., list(self.always)] = 1.0
        return chances
