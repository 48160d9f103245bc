"""All that a query strategy may look at; what costs something is made on first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from activellm.errors import ActiveLLMError, UsageError
from activellm.llm.protocol import QueryModel
from activellm.pool.example import Content, Example
from activellm.progress import Progress, silent
from activellm.selection.fitted import (
    Features,
    FittedSuccessor,
    GivesFeatures,
    Probabilities,
    ReadsFeatures,
    SamplesProbabilities,
)
from activellm.task import Answer, Task

Vectors: TypeAlias = npt.NDArray[np.float32]
Floats = TypeVar("Floats", Features, Probabilities)


@dataclass(frozen=True, slots=True)
class Labelled:
    """An example with the answer that people gave."""

    example: Example
    answer: Answer


@dataclass(frozen=True)
class SelectionContext:
    """All that a query strategy may look at. What costs something is made on first use.

    Attributes:
        task: What is to be decided.
        candidates: The unlabelled examples to choose from, distinct ids.
        rng: The only source of randomness.
        labelled: What is labelled so far.
        open_model: Gives the query model; None where none is configured.
        open_committee: Gives further query models that vote with it; None where there are none.
        embed: Gives one unit-length vector a text, shape (n, d); None where there is no encoder.
        open_successor: Gives the classifier trained on `labelled`; None where nothing is trained.
        surprise: Gives how surprising each token of a text is to a language model, shape
            (n, longest text); None where there is no such model.
        progress: Told how far long work is.
    """

    task: Task
    candidates: tuple[Example, ...]
    rng: np.random.Generator
    labelled: tuple[Labelled, ...] = ()
    open_model: Callable[[], QueryModel] | None = None
    open_committee: Callable[[], tuple[QueryModel, ...]] | None = None
    embed: Callable[[Sequence[Content]], Vectors] | None = None
    open_successor: Callable[[], FittedSuccessor] | None = None
    surprise: Callable[[Sequence[Content]], Features] | None = None
    progress: Progress = silent

    @property
    def contents(self) -> list[Content]:
        """The candidates' texts or pairs, in their order."""
        return [example.content for example in self.candidates]

    @property
    def labelled_contents(self) -> list[Content]:
        """The labelled examples' texts or pairs, in their order."""
        return [one.example.content for one in self.labelled]

    @cached_property
    def model(self) -> QueryModel:
        """The query model.

        Raises:
            UsageError: If none is configured.
        """
        if self.open_model is None:
            raise UsageError(
                "This query strategy asks an LLM, and none is configured.",
                where="--llm",
                remedy="Name one with --llm, or choose the strategy kmeans or random.",
            )
        return self.open_model()

    @cached_property
    def committee(self) -> tuple[QueryModel, ...]:
        """All query models that vote: the query model first, then the others.

        Raises:
            UsageError: If no query model is configured.
        """
        others = self.open_committee() if self.open_committee is not None else ()
        return (self.model, *others)

    @cached_property
    def vectors(self) -> Vectors:
        """The candidates' embeddings, shape (candidates, d), rows of length 1, in their order.

        Raises:
            UsageError: If there is no encoder.
        """
        return self._embedded(self.contents)

    @cached_property
    def labelled_vectors(self) -> Vectors:
        """The labelled examples' embeddings, shape (labelled, d), in their order.

        Raises:
            UsageError: If there is no encoder.
        """
        return self._embedded(self.labelled_contents)

    @cached_property
    def surprisals(self) -> Features:
        """How surprising each token of each candidate is, shape (candidates, longest), 0 beyond.

        Raises:
            UsageError: If there is no language model.
        """
        if self.surprise is None:
            raise UsageError(
                "This query strategy needs a language model that reads the texts, and none is "
                "configured.",
                where="--encoder",
                remedy="Name an encoder with a masked-language head, such as bert-base-uncased.",
            )
        return _finite(self.surprise(self.contents), "The language model")

    @cached_property
    def successor(self) -> FittedSuccessor:
        """The classifier trained on what is labelled so far.

        Raises:
            UsageError: If nothing is trained.
        """
        if self.open_successor is None:
            raise UsageError(
                "This query strategy needs a trained classifier, and nothing is labelled yet.",
                where="--strategy",
                remedy="Schedule another one before it, such as --schedule 'coverage*2, bald'.",
            )
        return self.open_successor()

    @cached_property
    def probabilities(self) -> Probabilities:
        """The successor's label probabilities of the candidates, shape (candidates, labels).

        Raises:
            UsageError: If nothing is trained.
            ActiveLLMError: If some are no numbers.
        """
        return self._probabilities_of(self.contents, self.__dict__.get("features"))

    @cached_property
    def labelled_probabilities(self) -> Probabilities:
        """The successor's label probabilities of the labelled examples, shape (labelled, labels).

        Raises:
            UsageError: If nothing is trained.
            ActiveLLMError: If some are no numbers.
        """
        return self._probabilities_of(
            self.labelled_contents, self.__dict__.get("labelled_features")
        )

    def sampled_probabilities(self, passes: int) -> Probabilities:
        """Label probabilities by several draws, shape (passes, candidates, labels).

        Raises:
            UsageError: If nothing is trained, or the successor cannot draw.
            ActiveLLMError: If some are no numbers.
        """
        successor = self.successor
        if not isinstance(successor, SamplesProbabilities):
            raise UsageError(
                "This query strategy asks how sure the classifier's weights are, and this kind of "
                "classifier cannot say.",
                where="--successor",
                remedy="Use --successor finetune or linear, or the strategy entropy.",
            )
        seed = int(self.rng.integers(2**31 - 1))
        found = successor.sample_proba(self.contents, passes, seed=seed, progress=self.progress)
        return _finite(found, "The classifier")

    @cached_property
    def features(self) -> Features:
        """What the successor's last layer reads of the candidates, shape (candidates, d).

        Raises:
            UsageError: If nothing is trained, or the successor has no such layer.
            ActiveLLMError: If some are no numbers.
        """
        return self._features_of(self.contents)

    @cached_property
    def labelled_features(self) -> Features:
        """The same of the labelled examples, shape (labelled, d)."""
        return self._features_of(self.labelled_contents)

    def _probabilities_of(
        self, contents: Sequence[Content], features: Features | None
    ) -> Probabilities:
        """Label probabilities, from the texts' features where these were computed already."""
        successor = self.successor
        if features is not None and isinstance(successor, ReadsFeatures):
            return _finite(successor.proba_of(features), "The classifier")
        found = successor.predict_proba(contents, progress=self.progress)
        return _finite(found, "The classifier")

    def _features_of(self, contents: Sequence[Content]) -> Features:
        successor = self.successor
        if not isinstance(successor, GivesFeatures):
            raise UsageError(
                "This query strategy looks into the classifier's last layer, and this kind of "
                "classifier does not show it.",
                where="--successor",
                remedy="Use --successor finetune or linear, or the strategy entropy.",
            )
        return _finite(successor.features(contents, progress=self.progress), "The classifier")

    def _embedded(self, contents: Sequence[Content]) -> Vectors:
        if self.embed is None:
            raise UsageError(
                "This query strategy needs text embeddings, and no encoder is configured.",
                where="--encoder",
            )
        return self.embed(contents)


def _finite(numbers: Floats, who: str) -> Floats:
    """Refuse what cannot be ranked.

    Raises:
        ActiveLLMError: If some of it is no number.
    """
    bad = ~np.isfinite(numbers)
    if not bad.any():
        return numbers
    axis = tuple(range(numbers.ndim))
    texts = int(bad.any(axis=tuple(a for a in axis if a != numbers.ndim - 2)).sum())
    raise ActiveLLMError(
        f"{who} gave values that are no numbers for {texts} of {numbers.shape[-2]} texts.",
        remedy="Train it again with another seed or a lower learning rate.",
    )


def check_request(context: SelectionContext, n: int) -> None:
    """Refuse a number of picks that the candidates cannot give.

    Raises:
        UsageError: With both numbers.
    """
    available = len(context.candidates)
    if not 1 <= n <= available:
        raise UsageError(
            f"{n} picks were asked for, and there are {available} candidates.",
            where="--select",
            remedy="Ask for fewer picks, or give a larger pool.",
        )
