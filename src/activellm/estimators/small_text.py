"""Our query strategies in the loops of small-text (`pip install small-text`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.errors import ActiveLLMError
from activellm.estimators.choosing import choose, picked
from activellm.estimators.classes import task_of
from activellm.estimators.inputs import InputError, as_contents
from activellm.estimators.theirs import AskedByRow, places_of
from activellm.pool.example import Content
from activellm.selection import Selection
from activellm.settings import Settings
from activellm.task import Answer, Task
from activellm.tools import Tools

try:
    from small_text.query_strategies.strategies import QueryStrategy
except ImportError as error:
    raise ActiveLLMError(
        f"small-text cannot be used: {error}.", remedy="Install it with: pip install small-text"
    ) from None


class SmallTextStrategy(QueryStrategy):  # type: ignore[misc]
    """A query strategy of ours for small-text's `PoolBasedActiveLearner`.

    Strategies that ask a classifier ask small-text's own, as it is at that moment.

    Args:
        strategy: A query strategy's name, with options of its own in brackets; also a schedule.
        texts: The texts of the data set's rows; None where it holds texts (`TextDataset`).
        task: What is to be decided, its labels in the order of the class numbers; needed where
            an LLM is asked. Made of the class numbers if None.
        llm: The query model; "none" for none.
        encoder: "embedded", a folder or a hub id.
        candidates: How many texts one query looks at, drawn at random; None for all.
        seed: Decides all that is random.

    Attributes:
        selection: The last selection, with the reason for each pick.
    """

    def __init__(
        self,
        strategy: str = "auto",
        *,
        texts: Any = None,
        task: Task | None = None,
        llm: str = "none",
        encoder: str = "embedded",
        candidates: int | None = 200,
        seed: int = 0,
    ) -> None:
        self.settings = Settings.build(
            where="SmallTextStrategy",
            **{"schedule": strategy, "llm": llm, "encoder": encoder, "seed": seed, "select": 1},
        )
        self.settings.check_names()
        if llm != "none" and task is None:
            raise InputError("An LLM must be told what is to be decided: give a task.")
        self.texts, self.task, self.candidates = texts, task, candidates
        self.selection: Selection | None = None
        self._round = 0

    def query(
        self,
        clf: Any,
        dataset: Any,
        indices_unlabeled: npt.NDArray[np.int64],
        indices_labeled: npt.NDArray[np.int64],
        y: Any,
        n: int = 10,
    ) -> npt.NDArray[np.int64]:
        """Choose rows to label next, as small-text's own strategies do.

        Args:
            clf: small-text's classifier.
            dataset: All texts.
            indices_unlabeled: The rows to choose from.
            indices_labeled: The rows that are labelled.
            y: Their class numbers, or a sparse table of 0 and 1.
            n: How many to choose.

        Returns:
            The rows, shape (n,), in the order in which they should be labelled.
        """
        self._validate_query_input(indices_unlabeled, n)
        contents = self._contents(dataset)
        multi = hasattr(y, "toarray")
        task = self.task or self._task(
            clf, dataset, y, multi, pair=not isinstance(contents[0], str)
        )
        rows = np.asarray(indices_labeled).tolist()
        answers = dict(zip(rows, _answers(task, y), strict=True))
        self._round += 1
        asked = AskedByRow(
            lambda wanted: clf.predict_proba(dataset[np.array(wanted)]),
            places_of(contents),
            _columns(clf, task),
            len(task.labels),
        )
        self.selection = choose(
            Tools(task, self.settings),
            contents,
            answers,
            n,
            rows=np.asarray(indices_unlabeled).tolist(),
            number=self._round,
            candidates=self.candidates,
            open_successor=(lambda: asked) if clf is not None else None,
        )
        return np.array(picked(self.selection), dtype=np.int64)

    def _contents(self, dataset: Any) -> list[Content]:
        given = self.texts if self.texts is not None else getattr(dataset, "x", dataset)
        if not isinstance(given, list) and self.texts is None:
            raise InputError(
                "This data set holds no texts.", remedy="Give them: SmallTextStrategy(texts=...)."
            )
        contents = as_contents(given)
        if len(contents) != len(dataset):
            raise InputError(f"There are {len(contents)} texts for {len(dataset)} rows.")
        return contents

    def _task(self, clf: Any, dataset: Any, y: Any, multi: bool, *, pair: bool) -> Task:
        """A task of class numbers, as many as the classifier or the data set knows."""
        targets = np.asarray(getattr(dataset, "target_labels", []), dtype=np.int64)
        known = [getattr(clf, "num_classes", None) or 0, int(targets.max(initial=-1)) + 1]
        known.append(y.shape[1] if multi else int(np.max(y, initial=-1)) + 1)
        return task_of([str(number) for number in range(max(known))], multi=multi, pair=pair)

    def __str__(self) -> str:
        return f"SmallTextStrategy({self.settings.strategies})"


def _answers(task: Task, y: Any) -> list[Answer]:
    if hasattr(y, "toarray"):
        return task.answers(np.asarray(y.toarray(), dtype=np.int64))
    return task.answers(np.asarray(y, dtype=np.int64))


def _columns(clf: Any, task: Task) -> list[int]:
    """The label of each class that the classifier tells of: scikit-learn's omit the unseen."""
    seen = getattr(getattr(clf, "model", None), "classes_", None)
    if task.multi or seen is None:
        return list(range(len(task.labels)))
    return [int(number) for number in seen]
