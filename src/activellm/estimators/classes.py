"""Between the classes of scikit-learn's users, which may be anything, and a task's labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from activellm.errors import UnknownNameError
from activellm.estimators.inputs import InputError
from activellm.successors.contract import Probabilities
from activellm.task import SEPARATOR, Targets, Task

DESCRIPTION = "Which label fits the text?"
"""What a task says where the user gave none; only query models read it."""

_KINDS = {"b": "bool", "i": "int64", "u": "uint64", "f": "float64", "U": "str", "O": "object"}
"""Types of classes that JSON holds, by numpy's letter."""


@dataclass(frozen=True)
class Classes:
    """A user's classes, and where each stands among a task's labels.

    Attributes:
        task: The task that the successor decides.
        values: The classes, sorted; of a multi-label task the columns' numbers.
        columns: Of each class its label's position in the task.
    """

    task: Task
    values: npt.NDArray[Any]
    columns: npt.NDArray[np.int64]

    @classmethod
    def of(cls, y: npt.NDArray[Any], task: Task | None, *, pair: bool) -> Self:
        """The classes of training data.

        Args:
            y: Shape (n,): a class each; or (n, labels) of 0 and 1.
            task: The user's, if given: its labels are the classes, or the columns of `y`.
            pair: Whether the texts are pairs.

        Raises:
            InputError: If the task does not fit the data.
        """
        multi = y.ndim == 2
        if task is None:
            values = np.arange(y.shape[1]) if multi else np.unique(y)
            task = task_of(values.tolist(), multi=multi, pair=pair)
            return cls(task, values, np.arange(len(values)))
        if (task.multi, task.pair) != (multi, pair):
            raise InputError("The task's kind (several labels, pairs) is not that of the data.")
        if multi:
            if y.shape[1] != len(task.labels):
                raise InputError(f"y has {y.shape[1]} columns, the task {len(task.labels)} labels.")
            return cls(task, np.arange(y.shape[1]), np.arange(y.shape[1]))
        names = np.array(task.label_names)
        order = np.argsort(names)
        return cls(task, names[order], order)

    def targets(self, y: npt.NDArray[Any]) -> Targets:
        """Answers in the task's form.

        Raises:
            InputError: If a class is none of the task's labels.
        """
        if self.task.multi:
            table = np.zeros((len(y), len(self.task.labels)), dtype=np.int64)
            table[:, self.columns] = y
            return table
        known = np.isin(y, self.values)
        if not known.all():
            unknown = UnknownNameError("label", str(y[~known][0]), self.task.label_names)
            raise InputError(str(unknown), where="y")
        return self.columns[np.searchsorted(self.values, y)]

    def proba(self, found: Probabilities) -> Probabilities:
        """A successor's probabilities, shape (n, labels), as those of the classes, in order."""
        chances = found[:, self.columns]
        if self.task.multi or chances.shape[1] == found.shape[1]:
            return chances
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def as_json(self) -> dict[str, Any]:
        """The classes as JSON values, with their type.

        Raises:
            InputError: If JSON cannot hold them.
        """
        kind, values = _KINDS.get(self.values.dtype.kind), self.values.tolist()
        if kind is None or (kind == "object" and not all(isinstance(one, str) for one in values)):
            raise InputError(f"Classes of the type {self.values.dtype} cannot be saved.")
        return {"kind": kind, "values": values, "columns": self.columns.tolist()}

    @classmethod
    def from_json(cls, task: Task, kept: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        values = np.array(kept["values"], dtype=kept["kind"])
        return cls(task, values, np.array(kept["columns"], dtype=np.int64))


def task_of(values: Iterable[Any], *, multi: bool, pair: bool) -> Task:
    """A task with a label for each class, and one more where there is only one."""
    names: list[str] = []
    for value in values:
        shown = "".join(char if char.isprintable() else " " for char in str(value))
        name = shown.replace(SEPARATOR, "/").strip() or "(empty)"
        number, taken = 2, {one.casefold() for one in names}
        distinct = name
        while distinct.casefold() in taken:
            distinct, number = f"{name} ({number})", number + 1
        names.append(distinct)
    if len(names) == 1:
        names.append(f"not {names[0]}")
    return Task.build(
        where="y",
        description=DESCRIPTION,
        labels=[{"name": name} for name in names],
        kind="multi" if multi else "single",
        pair=pair,
    )
