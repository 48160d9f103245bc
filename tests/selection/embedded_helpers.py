"""Embeddings for the tests of strategies that read them, and contexts that give them."""

from __future__ import annotations

import numpy as np
from selection_helpers import context

from activellm.pool.example import Example
from activellm.selection import Labelled, Selection, SelectionContext, open_strategy


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def cloud(rows: int, *, seed: int = 0, topics: int = 6, width: int = 10) -> np.ndarray:
    """Unit vectors around a few directions; the first topics have more of them."""
    rng = np.random.default_rng(seed)
    topic = np.minimum(rng.geometric(0.35, size=rows) - 1, topics - 1)
    return unit(2 * np.eye(topics, width)[topic] + rng.normal(size=(rows, width)))


def angles(*degrees: float) -> np.ndarray:
    turned = np.radians(degrees)
    return unit(np.stack([np.cos(turned), np.sin(turned)], axis=1))


def placed(
    vectors: np.ndarray, labelled: np.ndarray | None = None, seed: int = 0
) -> SelectionContext:
    """A context whose candidates and labelled examples have these embeddings."""
    before = vectors[:0] if labelled is None else labelled
    places = {f"c{i}": row for i, row in enumerate(vectors)}
    places |= {f"l{i}": row for i, row in enumerate(before)}
    return context(
        seed=seed,
        candidates=tuple(Example(id=f"c{i}", text=f"c{i}") for i in range(len(vectors))),
        labelled=tuple(
            Labelled(Example(id=f"l{i}", text=f"l{i}"), ("cats",)) for i in range(len(before))
        ),
        embed=lambda contents: np.array([places[one] for one in contents], dtype=np.float32),
    )


def rows_of(chosen: Selection) -> list[int]:
    return [int(id_[1:]) for id_ in chosen.ids]


def select(name: str, given: SelectionContext, n: int, **options: object) -> Selection:
    return open_strategy(name, **options).select(given, n)


def together(vectors: np.ndarray, labelled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All vectors and their labels, for scikit-activeml: not a number where there is none."""
    none = np.full(len(vectors), np.nan)
    return np.concatenate([vectors, labelled]), np.append(none, np.arange(len(labelled)) % 2)


class Clustered:
    """A clustering for scikit-activeml that says what it was told to say."""

    says: np.ndarray

    def __init__(self, n_clusters: int):
        self.n_clusters = n_clusters

    def fit_predict(self, vectors: np.ndarray) -> np.ndarray:
        assert len(vectors) == len(self.says)
        return self.says
