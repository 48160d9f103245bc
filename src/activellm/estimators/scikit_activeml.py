"""Our query strategies in the loops of scikit-activeml (`pip install scikit-activeml`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.errors import ActiveLLMError
from activellm.estimators.choosing import answers_of, choose, picked
from activellm.estimators.classes import task_of
from activellm.estimators.inputs import InputError, as_contents
from activellm.estimators.theirs import AskedByRow, GivenVectors, places_of
from activellm.pool.example import Content
from activellm.settings import Settings
from activellm.task import Task
from activellm.tools import Tools

try:
    from skactiveml.base import SingleAnnotatorPoolQueryStrategy
    from skactiveml.utils import MISSING_LABEL, is_labeled
    from sklearn.base import clone
except ImportError as error:
    raise ActiveLLMError(
        f"scikit-activeml cannot be used: {error}.",
        remedy="Install it with: pip install scikit-activeml",
    ) from None


class ScikitActivemlStrategy(SingleAnnotatorPoolQueryStrategy):  # type: ignore[misc]
    """A query strategy of ours for scikit-activeml's pool-based loops.

    The rows of `X` are the texts' vectors; strategies that ask a classifier ask the given one, or a
    logistic regression on these vectors.

    Args:
        strategy: A query strategy's name, with options of its own in brackets.
        texts: The texts of the rows of `X`; needed where an LLM reads them.
        task: What is to be decided; its labels are the classes as text. Needed where an LLM is
            asked, made from the classes if None.
        llm: The query model; "none" for none.
        sample: How many texts one query looks at, drawn at random; None for all.
        missing_label: What stands in `y` where there is no label.
        random_state: As everywhere in scikit-activeml.
    """

    def __init__(
        self,
        strategy: str = "kmeans",
        texts: Any = None,
        task: Task | None = None,
        llm: str = "none",
        sample: int | None = None,
        missing_label: Any = MISSING_LABEL,
        random_state: Any = None,
    ) -> None:
        super().__init__(missing_label=missing_label, random_state=random_state)
        self.strategy = strategy
        self.texts = texts
        self.task = task
        self.llm = llm
        self.sample = sample

    def query(
        self,
        X: Any,
        y: Any,
        clf: Any = None,
        fit_clf: bool = True,
        candidates: Any = None,
        batch_size: int = 1,
        return_utilities: bool = False,
    ) -> Any:
        """Choose rows to label next.

        Args:
            X: All texts' vectors, shape (n, d).
            y: Their classes, `missing_label` where there is none, shape (n,).
            clf: scikit-activeml's classifier, if one is to be asked.
            fit_clf: Whether to fit a copy of it to `X` and `y` first.
            candidates: Rows to choose from; None for all without a label.
            batch_size: How many to choose.
            return_utilities: Whether to return utilities, too.

        Returns:
            The rows, shape (batch_size,), in the order in which they should be labelled; with
            `return_utilities` also an array of shape (batch_size, n): 1 for the row that is chosen
            at this place, 0 for the others, NaN for those that cannot be.
        """
        X, y, candidates, batch_size, return_utilities = self._validate_data(
            X, y, candidates, batch_size, return_utilities, reset=True
        )
        _, rows = self._transform_candidates(candidates, X, y, enforce_mapping=True)
        contents = self._contents(len(X))
        known = np.flatnonzero(is_labeled(y, self.missing_label_))
        if clf is not None and fit_clf:
            clf = clone(clf).fit(X, y)
        classes = [_name(one) for one in (np.unique(y[known]) if clf is None else clf.classes_)]
        called = () if self.task else tuple(classes or ["one", "another"])
        task = self.task or task_of(called, multi=False, pair=not isinstance(contents[0], str))
        given = {int(row): _name(y[row]) for row in known if row not in {*rows}}
        answers = answers_of(task, given, called)
        asked = None
        if clf is not None:
            named = answers_of(task, dict(enumerate(classes)), called).values()
            columns = [task.label_names.index(name) for (name,) in named]
            asked = AskedByRow(
                lambda wanted: clf.predict_proba(X[wanted]),
                places_of(contents),
                columns,
                len(task.labels),
            )
        chosen = picked(
            choose(
                Tools(task, self._settings(), encoder=GivenVectors.of(contents, X)),
                contents,
                answers,
                batch_size,
                rows=[int(row) for row in rows],
                candidates=self.sample,
                open_successor=(lambda: asked) if asked is not None else None,
            )
        )
        indices = np.array(chosen, dtype=np.int64)
        return (indices, _utilities(indices, rows, len(X))) if return_utilities else indices

    def _contents(self, rows: int) -> list[Content]:
        if self.texts is None:
            if self.llm != "none":
                raise InputError("An LLM needs texts to read: ScikitActivemlStrategy(texts=...).")
            return [f"row {row}" for row in range(rows)]
        contents = as_contents(self.texts)
        if len(contents) != rows:
            raise InputError(f"There are {len(contents)} texts for {rows} rows of X.")
        return contents

    def _settings(self) -> Settings:
        if self.llm != "none" and self.task is None:
            raise InputError("An LLM must be told what is to be decided: give a task.")
        seed = int(self.random_state_.randint(2**31 - 1))
        settings = Settings.build(
            where="ScikitActivemlStrategy",
            **{"strategy": self.strategy, "llm": self.llm, "successor": "linear"},
            **{"seed": seed, "select": 1},
        )
        settings.check_names()
        return settings


def _name(value: Any) -> str:
    """A class as text: beside missing labels, numbers are kept as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _utilities(
    chosen: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], total: int
) -> npt.NDArray[np.float64]:
    table = np.full((len(chosen), total), np.nan)
    for place, row in enumerate(chosen):
        table[place, rows] = 0.0
        table[place, chosen[:place]] = np.nan
        table[place, row] = 1.0
    return table
