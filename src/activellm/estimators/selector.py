"""Which texts to label next, for Python programs that keep texts and labels themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from activellm.errors import UsageError
from activellm.estimators.choosing import answers_of, choose, picked
from activellm.estimators.classes import task_of
from activellm.estimators.inputs import InputError, as_contents
from activellm.selection import Selection
from activellm.settings import Settings
from activellm.task import Task
from activellm.tools import Tools


class Selector(BaseEstimator):  # type: ignore[misc]
    """A query strategy over texts by row: `Selector("kmeans").select(texts, 32)`.

    Args:
        strategy: A query strategy's name, with options of its own in brackets; also a schedule.
        task: What is to be decided; needed where an LLM is asked. Made from the labels if None.
        llm: The query model; "none" for none.
        encoder: "embedded", a folder or a hub id.
        successor: The classifier that strategies ask which go on from labels.
        device: "auto", "cpu", "cuda" ...
        candidates: How many texts one selection looks at, drawn at random; None for all.
        random_state: The seed; at least 0.

    Attributes:
        selection_: The last selection, with the reason for each pick.
    """

    def __init__(
        self,
        strategy: str = "auto",
        *,
        task: Task | None = None,
        llm: str = "none",
        encoder: str = "embedded",
        successor: str = "auto",
        device: str = "auto",
        candidates: int | None = 200,
        random_state: int = 0,
    ) -> None:
        self.strategy = strategy
        self.task = task
        self.llm = llm
        self.encoder = encoder
        self.successor = successor
        self.device = device
        self.candidates = candidates
        self.random_state = random_state

    def select(
        self, X: Any, n: int, labelled: Mapping[int, Any] | None = None, *, number: int = 1
    ) -> npt.NDArray[np.int64]:
        """Choose texts to label next.

        Args:
            X: All texts or pairs; as `TextClassifier.fit` takes them.
            n: How many to choose.
            labelled: Row -> label (or several), of the rows that are labelled already.
            number: Which round, 1 is the first. Another round draws other candidates.

        Returns:
            The rows, shape (n,), in the order in which they should be labelled.

        Raises:
            InputError: If a row does not exist, or fewer than n are left.
            UsageError: For an unknown name, or an LLM without a task.
            QueryModelError: If the query model failed.
        """
        contents, given = as_contents(X), dict(labelled or {})
        if beyond := [row for row in given if not 0 <= row < len(contents)]:
            raise InputError(f"There is no row {beyond[0]}: X has {len(contents)}.")
        pair = not isinstance(contents[0], str)
        called = () if self.task else self._called(given)
        several = any(isinstance(label, list | tuple | set) for label in given.values())
        task = self.task or task_of(called, multi=several, pair=pair)
        left = [row for row in range(len(contents)) if row not in given]
        self.selection_: Selection = choose(
            Tools(task, self._settings()),
            contents,
            answers_of(task, given, called),
            n,
            rows=left,
            number=number,
            candidates=self.candidates,
        )
        return np.array(picked(self.selection_), dtype=np.int64)

    def _called(self, given: Mapping[int, Any]) -> tuple[str, ...]:
        """The given labels, as text; two others where there are none."""
        if self.llm != "none":
            raise UsageError(
                "An LLM must be told what is to be decided.",
                where="Selector",
                remedy="Give it a task: Selector(task=Task(...)).",
            )
        several = (
            label if isinstance(label, list | tuple | set) else [label] for label in given.values()
        )
        names = sorted({str(one) for labels in several for one in labels})
        return tuple(names) or ("one", "another")

    def _settings(self) -> Settings:
        settings = Settings.build(
            where="Selector",
            schedule=self.strategy,
            llm=self.llm,
            encoder=self.encoder,
            successor=self.successor,
            device=self.device,
            seed=self.random_state,
            select=1,
        )
        settings.check_names()
        return settings
