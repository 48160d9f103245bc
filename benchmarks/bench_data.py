"""What the benchmarks of query strategies share: data sets, embeddings, judgements, a learner.

A bench knows its examples by number. What a strategy or a learner reads of one (its embedding, a
judge's opinion) is looked up by that number, so thousands of runs read each text once.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t
from sklearn.metrics import accuracy_score, f1_score

from activellm.encoders import CachedEncoder, open_encoder
from activellm.files import atomic_path
from activellm.llm import open_model
from activellm.llm.protocol import Scores
from activellm.llm.scoring import token_scores
from activellm.llm.surprise import causal_surprisals
from activellm.pool.example import Content, Example
from activellm.selection import SelectionContext, open_strategy
from activellm.selection.context import Labelled
from activellm.successors.linear import Linear
from activellm.task import Task
from activellm.weights import LLM

SETS, BATCH, TEST_TEXTS = 5, 200, 600
"""Candidate sets of a data set, candidates of a set, and the most test texts."""

JUDGES = {"1.5B": "judgements.jsonl.gz", "135M": "judgements_135m.jsonl.gz"}
PAIRS = {
    "mrpc": ("Sentence 1: ", " \n Sentence 2: "),
    "qnli": ("Question: ", " \n Sentence: "),
    "rte": ("Sentence 1: ", " \n Sentence 2: "),
    "wnli": ("Sentence 1: ", " \n Sentence 2: "),
}
TUNED = {"ag_news", "cola", "cti", "enron_spam", "qnli", "sst2", "tweet_offensive"}
"""Data sets on which thresholds of `auto` and `coverage` were chosen (see judge_check.py)."""

_KEY = re.compile(r"§(\d+)§")

Rows = npt.NDArray[np.int64]
Surprisals = npt.NDArray[np.float32]
Embed = Callable[[Sequence[Content]], npt.NDArray[np.float32]]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSONL.gz file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def content_of(name: str, text: str) -> Content:
    """The text, or in a pair task its two texts."""
    if name not in PAIRS:
        return text
    first, second = PAIRS[name]
    one, _, two = text.removeprefix(first).partition(second)
    return one, two


@dataclass(frozen=True)
class Labels:
    """Labelled texts of a data set.

    Attributes:
        contents: The texts or pairs.
        labels: The label of each, as its number in the task.
    """

    contents: list[Content]
    labels: Rows

    def __len__(self) -> int:
        return len(self.contents)


@dataclass(frozen=True)
class DataSet:
    """A public data set.

    Attributes:
        name: Its folder.
        task: With stand-in words: no judge is asked here.
        pool, test: Its texts with gold labels, as in the files.
    """

    name: str
    task: Task
    pool: Labels
    test: Labels


def read_data_set(shared: Path, name: str, *, test: int = TEST_TEXTS) -> DataSet:
    """A data set's whole pool and its first test texts."""
    pool = list(lines(shared / "data" / name / "pool.jsonl.gz"))
    tests = list(lines(shared / "data" / name / "test.jsonl.gz"))[:test]
    names = sorted({row["label"] for row in pool})
    task = Task.build(
        description=name, labels=[{"name": label} for label in names], pair=name in PAIRS
    )

    def labelled(rows: Sequence[Mapping[str, str]]) -> Labels:
        numbers = np.array([names.index(row["label"]) for row in rows], dtype=np.int64)
        return Labels([content_of(name, row["text"]) for row in rows], numbers)

    return DataSet(name, task, labelled(pool), labelled(tests))


def data_sets(shared: Path) -> list[str]:
    """All data sets by name."""
    return sorted(path.parent.name for path in (shared / "data").glob("*/pool.jsonl.gz"))


@dataclass(frozen=True)
class CandidateSet:
    """Candidates, and what judges said of them.

    Attributes:
        texts: The candidates.
        judged: Judge -> its label probabilities, shape (candidates, labels), in the task's order.
    """

    texts: Labels
    judged: Mapping[str, npt.NDArray[np.float64]]


def candidate_sets(shared: Path, data: DataSet) -> list[CandidateSet]:
    """The judged candidate sets of a data set; five drawn at random where none are judged."""
    judged: list[dict[str, Any]] = []
    texts: list[Labels] = []
    for judge, file in JUDGES.items():
        found = [one for one in lines(shared / "judgements" / file) if one["dataset"] == data.name]
        judged = judged or [{} for _ in found]
        for number, one in enumerate(found):
            if "candidates" in one:
                texts.append(_labelled(data, one["candidates"]))
            p = np.array(one["p"] if "p" in one else [row["p"] for row in one["candidates"]])
            judged[number][judge] = p[:, [one["labels"].index(n) for n in data.task.label_names]]
    if texts:
        return [CandidateSet(*pair) for pair in zip(texts, judged, strict=True)]
    draws = [np.random.default_rng([7, number]) for number in range(SETS)]
    return [
        CandidateSet(_part(data.pool, draw.choice(len(data.pool), BATCH, replace=False)), {})
        for draw in draws
    ]


def _labelled(data: DataSet, rows: Sequence[Mapping[str, str]]) -> Labels:
    names = data.task.label_names
    numbers = np.array([names.index(row["label"]) for row in rows], dtype=np.int64)
    return Labels([content_of(data.name, row["text"]) for row in rows], numbers)


def _part(texts: Labels, rows: Rows) -> Labels:
    return Labels([texts.contents[row] for row in rows], texts.labels[rows])


def embedder(cache: Path) -> Embed:
    """The embedded encoder; what it has embedded is kept in the cache folder."""
    cache.mkdir(parents=True, exist_ok=True)
    return CachedEncoder(open_encoder(device="cpu"), cache / "vectors.db").embed


def surprisals(cache: Path, data: DataSet, number: int, texts: Labels) -> Surprisals:
    """How surprising each token of a candidate set is to the embedded query model, kept."""
    target = cache / f"surprisals-{data.name}-{number}.npy"
    if not target.exists():
        # transformers reads many tokens at once, llama.cpp one: minutes less.
        reader = token_scores(open_model(f"transformers/{LLM.path()}", threads=1))
        assert reader is not None
        plain = [one if isinstance(one, str) else "\n".join(one) for one in texts.contents]
        with atomic_path(target) as part, part.open("wb") as file:
            np.save(file, causal_surprisals(reader, plain))
    return np.load(target)


@dataclass(frozen=True)
class Bench:
    """Examples by number, a test set, and a learner.

    Attributes:
        task: The task.
        vectors: The examples' embeddings, shape (examples, d).
        gold: Their labels.
        test_vectors, test_gold: The same of the test texts.
        judged: A judge's label probabilities, shape (examples, labels); None without a judge.
        surprise: The examples' token surprisals, shape (examples, longest); None without.
    """

    task: Task
    vectors: npt.NDArray[np.float32]
    gold: Rows
    test_vectors: npt.NDArray[np.float32]
    test_gold: Rows
    judged: npt.NDArray[np.float64] | None = None
    surprise: npt.NDArray[np.float32] | None = None

    def example(self, row: int) -> Example:
        """An example whose text is its number only."""
        key = f"§{row}§"
        return Example(str(row), key, pair=key if self.task.pair else None)

    def learner(self, rows: Rows) -> Linear:
        """Logistic regression on the labels of some examples."""
        contents = [self.example(int(row)).content for row in rows]
        return Linear(self.task, seed=0, encoder=self.encoder).fit(contents, self.gold[rows])

    def measure(self, rows: Rows) -> tuple[float, float]:
        """Accuracy and macro-F1, in per cent, of the learner trained on some examples."""
        tests = range(len(self.gold), len(self.gold) + len(self.test_gold))
        guess = self.learner(rows).predict([self.example(row).content for row in tests])
        f1 = f1_score(self.test_gold, guess, average="macro", zero_division=0)
        return 100 * float(accuracy_score(self.test_gold, guess)), 100 * float(f1)

    @cached_property
    def encoder(self) -> Any:
        """Knows the vectors of the examples and, numbered after them, of the test texts."""
        return _Lookup(np.concatenate([self.vectors, self.test_vectors]))

    def pick(
        self,
        strategy: str,
        candidates: Rows,
        n: int,
        seed: int,
        labelled: Rows | None = None,
        learner: Any = None,
        **options: Any,
    ) -> Rows:
        """What a strategy picks of some examples.

        Args:
            strategy: Its name.
            candidates, labelled: Rows to choose from, and rows that are labelled.
            n: How many picks.
            seed: Of the context's generator.
            learner: A trained classifier; without one it is trained on the labelled rows.
            options: The strategy's own.
        """
        known = np.array([], dtype=np.int64) if labelled is None else labelled
        answers = [(self.task.label_names[label],) for label in self.gold[known]]
        context = SelectionContext(
            self.task,
            tuple(self.example(int(row)) for row in candidates),
            np.random.default_rng(seed),
            labelled=tuple(
                Labelled(self.example(int(row)), answer)
                for row, answer in zip(known, answers, strict=True)
            ),
            open_model=None if self.judged is None else lambda: StoredJudge(self.task, self.judged),
            embed=self.encoder.embed,
            open_successor=(lambda: learner or self.learner(known)) if len(known) else None,
            surprise=None if self.surprise is None else lambda them: self.surprise[_rows(them)],
        )
        chosen = open_strategy(strategy, **options).select(context, n)
        return np.array([int(id) for id in chosen.ids], dtype=np.int64)


def _rows(contents: Sequence[Content]) -> Rows:
    keys = [one if isinstance(one, str) else one[0] for one in contents]
    return np.array([int(key[1:-1]) for key in keys], dtype=np.int64)


class _Lookup:
    """An encoder that knows all vectors already."""

    spec = "embedded"
    folder = Path()

    def __init__(self, vectors: npt.NDArray[np.float32]) -> None:
        self.vectors = vectors

    def identity(self) -> Mapping[str, str]:
        return {}

    def embed(self, contents: Sequence[Content], **_: Any) -> npt.NDArray[np.float32]:
        return self.vectors[_rows(contents)]


class StoredJudge:
    """A query model whose opinion of every example is known already."""

    name, context_length, runs_here, can_score, parallel = "stored", None, True, True, 1

    def __init__(self, task: Task, judged: npt.NDArray[np.float64]) -> None:
        self.columns = {name: judged[:, i] for i, name in enumerate(task.label_names)}

    def identity(self) -> Mapping[str, str]:
        return {}

    def count_tokens(self, text: str) -> int:
        return len(text)

    def complete(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("Only label probabilities are stored.")

    def score(self, prompts: Sequence[Any], continuations: Sequence[str], **_: Any) -> Scores:
        """The logarithm of the stored probabilities."""
        rows = [int(_KEY.findall(prompt[-1].content)[-1]) for prompt in prompts]
        table = np.stack([self.columns[name][rows] for name in continuations], axis=1)
        return Scores(np.log(np.clip(table, 1e-6, 1.0)), np.ones(len(continuations), dtype=int))


def interval(differences: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean and 95 % t-interval of some differences."""
    n = len(differences)
    half = t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n) if n > 1 else np.inf
    mean = float(differences.mean())
    return mean, mean - float(half), mean + float(half)
