"""What another library's loop brings along, as ours: its vectors, and its classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.encoders import Vectors
from activellm.errors import UsageError
from activellm.estimators.inputs import InputError
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.contract import Probabilities


@dataclass(frozen=True)
class GivenVectors:
    """An encoder that knows the vectors of some texts, and of no others.

    Attributes:
        vectors: Shape (texts, d).
        places: Text or pair -> its row.
    """

    vectors: Vectors
    places: Mapping[Content, int]
    spec: str = "given"

    @classmethod
    def of(cls, contents: Sequence[Content], X: npt.NDArray[Any]) -> GivenVectors:
        """The rows of `X`, made of length 1, are the vectors of the contents."""
        lengths = np.linalg.norm(X, axis=1, keepdims=True)
        vectors = np.asarray(X / np.where(lengths == 0, 1, lengths), dtype=np.float32)
        return cls(vectors, {content: row for row, content in enumerate(contents)})

    @property
    def folder(self) -> Path:
        """It has none.

        Raises:
            UsageError: Always.
        """
        raise UsageError("The vectors were given: there is no encoder's folder.")

    def identity(self) -> Mapping[str, str]:
        """They are not the same next time: for no cache."""
        return {"vectors": "given"}

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """The contents' vectors, shape (n, d)."""
        return self.vectors[[self.places[content] for content in contents]]


@dataclass(frozen=True)
class AskedByRow:
    """A foreign classifier, fitted, that is asked about rows of its own data.

    Attributes:
        ask: From rows to probabilities, shape (n, its classes).
        places: Text or pair -> its row.
        columns: Of each of its classes the label's position in the task.
        labels: How many labels the task has.
    """

    ask: Callable[[list[int]], npt.NDArray[Any]]
    places: Mapping[Content, int]
    columns: Sequence[int]
    labels: int

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities, shape (n, labels); 0 for a label that it does not know.

        Raises:
            InputError: If it gives another number of classes than it says.
        """
        found = np.asarray(self.ask([self.places[content] for content in contents]), np.float64)
        if found.shape != (len(contents), len(self.columns)):
            raise InputError(
                f"The classifier gave probabilities of shape {found.shape} for {len(contents)} "
                f"texts and {len(self.columns)} classes."
            )
        chances = np.zeros((len(contents), self.labels))
        chances[:, list(self.columns)] = found
        return chances


def places_of(contents: Sequence[Content]) -> dict[Content, int]:
    """The row of each text; of several with the same text the last."""
    return {content: row for row, content in enumerate(contents)}
