"""From whatever holds texts, pairs and weights to what successors take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from activellm.errors import UsageError
from activellm.pool.example import Content


class InputError(UsageError, ValueError):
    """Data that an estimator cannot take; also a ValueError, as scikit-learn's callers expect."""


def as_contents(X: Any) -> list[Content]:
    """Texts, or pairs of texts.

    Args:
        X: n texts or n pairs: a list, an array, a column of pandas, polars, Arrow or `datasets`, a
            data frame of two columns.

    Raises:
        InputError: With the first row that is neither, or if there is none, or both are mixed.
    """
    if isinstance(X, str | bytes):
        raise InputError("X is one text; give a list of texts.")
    contents = [_content(row, number) for number, row in enumerate(_rows(X), 1)]
    if not contents:
        raise InputError(
            "X holds no text: found array with 0 sample(s), a minimum of 1 is required."
        )
    if len({isinstance(content, str) for content in contents}) > 1:
        raise InputError("X mixes texts and pairs of texts.")
    return contents


def _rows(X: Any) -> Sequence[Any]:
    if hasattr(X, "columns") and hasattr(X, "to_numpy"):
        return list(X.to_numpy().tolist())
    for name in ("to_pylist", "to_list", "tolist"):
        if hasattr(X, name):
            return list(getattr(X, name)())
    if hasattr(X, "toarray") or not hasattr(X, "__iter__"):
        raise InputError(f"X is no list of texts but {type(X).__name__}.")
    return list(X)


def _content(row: Any, number: int) -> Content:
    if isinstance(row, str):
        return row
    if isinstance(row, tuple | list) and len(row) == 2 and all(isinstance(one, str) for one in row):
        return (row[0], row[1])
    shape = f"{len(row)} cells" if isinstance(row, tuple | list) else type(row).__name__
    raise InputError(
        f"X must hold texts or pairs of texts, and number {number} is {shape}.",
        remedy="Give the column of texts itself, without missing ones.",
    )


def as_answers(y: Any) -> npt.NDArray[Any]:
    """Classes, shape (n,); in a multi-label task 0 and 1, shape (n, labels).

    Raises:
        ValueError: If they are no classes.
    """
    if y is None:
        raise InputError("TextClassifier requires y to be passed, but the target y is None.")
    if hasattr(y, "toarray"):
        y = y.toarray()
    elif hasattr(y, "to_pylist"):
        y = y.to_pylist()
    if getattr(y, "dtype", None) is not None and np.asarray(y).dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    if type_of_target(y) == "multilabel-indicator":
        return np.asarray(y).astype(np.int64)
    return np.asarray(column_or_1d(y, warn=True))


def as_weights(weights: Any, texts: int) -> npt.NDArray[np.float64]:
    """One weight a text, 0 or more; 1 each if none are given.

    Raises:
        InputError: If they are not, or all are 0.
    """
    if weights is None:
        return np.ones(texts)
    given = np.asarray(weights, dtype=np.float64)
    if given.ndim == 0:
        given = np.full(texts, float(given))
    if given.shape != (texts,):
        raise InputError(f"sample_weight has shape {given.shape}, expected ({texts},).")
    if not np.isfinite(given).all() or (given < 0).any():
        raise InputError("sample_weight must hold numbers of 0 or more.")
    if not given.any():
        raise InputError("All weights in sample_weight are zero.")
    return given
