"""scikit-activeml's query strategies beside ours on the same numbers, for strategy_speed.py.

Both choose only: embeddings, probabilities and the classifier's draws are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import skactiveml.pool as sk
from bench_data import Bench
from skactiveml.classifier import SklearnClassifier
from sklearn.linear_model import LogisticRegression

from activellm.task import Task

PASSES, SEED = 10, 0

Pair = tuple[str, Callable[[], list[int]], Callable[[], list[int]]]


class Answers:
    """A successor whose answers for all examples are known already."""

    def __init__(self, p: np.ndarray, sampled: np.ndarray, features: np.ndarray) -> None:
        self.p, self.sampled, self.read = p, sampled, features

    def predict_proba(self, contents: Any, **_: Any) -> np.ndarray:
        return self.p[_rows(contents)]

    def sample_proba(self, contents: Any, passes: int, **_: Any) -> np.ndarray:
        return self.sampled[:passes, _rows(contents)]

    def features(self, contents: Any, **_: Any) -> np.ndarray:
        return self.read[_rows(contents)]


def _rows(contents: Any) -> np.ndarray:
    return np.array([int(key[1:-1]) for key in contents])


def pairs(task: Task, x: np.ndarray, answers: np.ndarray, picks: int) -> Iterator[Pair]:
    """(strategy, ours, theirs): each gives the rows that it picks.

    Args:
        task: A single-label task.
        x: Unit-length embeddings, shape (texts, d), the labelled ones first.
        answers: The labels of these, as numbers.
        picks: How many to pick.
    """
    known, left = np.arange(len(answers)), np.arange(len(answers), len(x))
    gold = np.zeros(len(x), dtype=np.int64)
    gold[known] = answers
    y = np.full(len(x), np.nan)
    y[known] = answers
    classes = list(range(len(task.labels)))
    model = SklearnClassifier(LogisticRegression(C=10.0, max_iter=1000), classes=classes).fit(x, y)
    p = model.predict_proba(x)
    noise = np.random.default_rng(SEED).dirichlet(np.ones(len(classes)), (PASSES, len(x)))
    sampled = (0.3 * noise + p) / 1.3
    bench, learner = Bench(task, x, gold, x[:1], gold[:1]), Answers(p, sampled, x)

    def mine(name: str, **options: Any) -> Callable[[], list[int]]:
        return lambda: bench.pick(name, left, picks, SEED, known, learner, **options).tolist()

    def theirs(kind: Any, **options: Any) -> Callable[[], list[int]]:
        return lambda: np.asarray(kind.query(x, y, batch_size=picks, **options)).tolist()

    def by_batch_bald() -> list[int]:
        gains = sk.batch_bald(sampled[:, left], picks, n_MC_samples=1000, random_state=SEED)
        return left[np.nanargmax(gains, axis=1)].tolist()

    trained = {"clf": model, "fit_clf": False}
    other = SklearnClassifier(LogisticRegression(max_iter=1000), classes=[0, 1])
    seeded = {"random_state": SEED}
    near = {"n_neighbors": 10}
    peers = {
        "entropy": theirs(sk.UncertaintySampling("entropy", **seeded), **trained),
        "cal": theirs(sk.ContrastiveAL(near, **seeded), **trained),
        "badge": theirs(sk.Badge(**seeded), **trained),
        "batchbald": by_batch_bald,
        "coreset": theirs(sk.CoreSet(**seeded)),
        "typiclust": theirs(sk.TypiClust(k=20, **seeded)),
        "probcover": theirs(sk.ProbCover(n_classes=len(classes), **seeded)),
        "discriminative": theirs(sk.DiscriminativeAL(**seeded), discriminator=other),
    }
    for name, peer in peers.items():
        # scikit-activeml trains its discriminator anew after every pick.
        yield name, mine(name, **({"rounds": picks} if name == "discriminative" else {})), peer
