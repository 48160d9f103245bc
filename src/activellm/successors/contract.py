"""The contract of a successor: the classifier that is trained on people's labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from activellm.encoders.contract import Encoder
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.task import Targets, Task

Probabilities: TypeAlias = npt.NDArray[np.float64]
"""Shape (texts, labels), columns in the task's label order. Single-label: rows sum to 1.
Multi-label: each entry is that label's own probability."""

Weights: TypeAlias = npt.NDArray[np.float64]
"""How much each training example counts, shape (examples,), above 0."""


Judge: TypeAlias = Callable[[Sequence[Content], Progress], Probabilities]
"""Asks the query model for the label probabilities of texts, as it comes by them without any
label: shape (texts, labels), in the task's order. A row that got no usable answer is NaN."""


class Classifier(Protocol):
    """What can be asked of any trained classifier, however it computes."""

    task: Task

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities, shape (n, labels)."""
        ...


class Successor(Protocol):
    """A text classifier with scikit-learn's fit / predict / predict_proba over a task's labels.

    It may do two things more, which some query strategies ask for; both leave it as it is:

    - `sample_proba(contents, passes, *, seed, progress)`: label probabilities by several draws
      from the classifiers that the labels allow, shape (passes, n, labels); one pass is one
      classifier for all texts, and the same seed gives the same draws.
    - `features(contents, *, progress)`: what its last, linear layer reads, shape (n, d), float32.

    Attributes:
        name: How the user asks for it ("linear").
        source: Where the method comes from: paper and section.
        task: The task whose labels it predicts.
        seed: Decides everything random in `fit`: the same seed gives the same classifier.
        warnings: What the last `fit` found wanting (a label without examples, ...), as sentences.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    task: Task
    seed: int
    warnings: tuple[str, ...]

    def fit(
        self,
        contents: Sequence[Content],
        targets: Targets,
        *,
        weights: Weights | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Train from the beginning on labelled texts; what an earlier `fit` learned is forgotten.

        One label only, or one example of a label, gives a working classifier and a warning.

        Args:
            contents: n texts, or n pairs in a pair task; n is at least 1.
            targets: As `Task.targets` makes them.
            weights: How much each example counts, shape (n,), above 0; 1 each if not given.
            progress: Told how far it is.

        Raises:
            UsageError: If there is nothing to train on, or lengths differ, or a weight is not
                above 0.
        """
        ...

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities, shape (n, labels).

        A label never seen in `fit` has probability 0, but for a successor that knows it from
        elsewhere (`zero-shot`).
        """
        ...

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """The most probable label's position, shape (n,); multi-label: 0/1 by probability 0.5."""
        ...

    def temper(self, temperature: float) -> None:
        """Divide the log-odds of the trained classifier by a temperature, also in what is saved.

        Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2. The most
        probable label stays the same; a label never seen keeps probability 0. The next `fit`
        forgets it.

        Raises:
            UsageError: If it is not trained, or the temperature is not above 0.
        """
        ...

    def settings(self) -> Mapping[str, Any]:
        """Everything that decides the result besides the data: encoder, epochs, rates, seed.

        Values are JSON; equal settings on equal data give an equal classifier on one machine.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write the trained classifier into an existing, empty folder. Nothing is pickled."""
        ...

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None, device: str = "auto") -> Self:
        """Read back what `save` wrote: the same predictions.

        Args:
            folder: What `save` wrote.
            encoder: An open encoder to use, if it is the one trained with; a successor that keeps
                its own weights ignores it.
            device: Where it is to compute.

        Raises:
            DataError: If the folder holds no such classifier.
        """
        ...


@runtime_checkable
class TellsDisagreement(Protocol):
    """A successor of several classifiers that shows how far they differ."""

    def proba_and_disagreement(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> tuple[Probabilities, npt.NDArray[np.float64]]:
        """As `predict_proba`, and the share of members that vote otherwise, shape (n,), 0 to 1."""
        ...
