"""What the tests of query strategies share: tasks, texts, embeddings by hash, a knowing judge."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from activellm.llm.protocol import Messages
from activellm.llm.scripted import ScriptedModel
from activellm.pool.example import Content, Example
from activellm.progress import Progress, silent
from activellm.selection import Labelled, SelectionContext
from activellm.task import Label, Task

TASK = Task(
    description="Which topic is the text about?",
    labels=(Label(name="cats", definition="about felines"), Label(name="dogs"), Label(name="cars")),
)
MULTI = TASK.model_copy(update={"kind": "multi"})
PAIR = TASK.model_copy(update={"pair": True, "pair_names": ("Premise", "Hypothesis")})


def embed(contents: Sequence[Content]) -> np.ndarray:
    """A unit-length vector for each text, from its hash, near the axis of the topic it names."""
    rows = []
    for content in contents:
        words = " ".join(content) if isinstance(content, tuple) else content
        seed = int.from_bytes(hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:8])
        row = np.random.default_rng(seed).normal(size=16) * 0.3
        row[
            [name in words for name in TASK.label_names].index(True) if topic_of(words) else 15
        ] += 2
        rows.append(row / np.linalg.norm(row))
    return np.array(rows, dtype=np.float32)


def topic_of(words: str) -> str:
    """The first topic that a text names, or nothing."""
    return next((name for name in TASK.label_names if name in words), "")


def texts(count: int, *, pair: bool = False) -> tuple[Example, ...]:
    """Texts that name one of the three topics each, in turn; the first topic twice as often."""
    topics = ("cats", "dogs", "cats", "cars")
    return tuple(
        Example(
            id=f"id-{index}",
            text=f"Text {index} tells of {topics[index % 4]} and number {index * index}",
            pair=f"It is about {topics[index % 4]}" if pair else None,
        )
        for index in range(count)
    )


def knowing(prompt: Messages, label: str) -> float:
    """Log-probabilities of a judge that reads the topic off the text, with a liking for cars."""
    text = prompt[-1].content.rpartition("Text")[2]
    bias = 1.0 if label == "cars" else 0.0
    return -1.0 + bias if label in text else -7.0 + bias


def clueless(prompt: Messages, label: str) -> float:
    """Log-probabilities that have nothing to do with the text, and say little."""
    digest = hashlib.sha256((prompt[-1].content + label).encode()).digest()
    return -2.0 - digest[0] / 512


def first_odd(messages: Messages) -> str:
    """An answer to the listwise prompt: uneven, valid numbers, enough of them."""
    words = messages[-1].content
    wanted = int(words.partition("exactly ")[2].split()[0])
    shown = words.count('"\n') - words.count('","\n')
    numbers = sorted(range(1, shown + 1), key=lambda number: (number * 7919) % 104729 % 101)
    return "I looked at all.\n" + ", ".join(str(number) for number in numbers[:wanted])


def model(**changes: object) -> ScriptedModel:
    """A scripted model that judges well by score and answers the listwise prompt."""
    settings = {"score": knowing, "respond": first_odd} | changes
    return ScriptedModel(**settings)  # type: ignore[arg-type]


GIVEN = tuple(
    Labelled(Example(id=f"given-{name}", text=f"A first word of {name}"), (name,))
    for name in ("cats", "dogs", "cats", "cars", "dogs")
)
"""What is labelled before, for strategies that go on from labels."""


class Scripted:
    """A trained successor that reads probabilities and features off the embeddings."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def predict_proba(self, contents: Sequence[Content], *, progress: Progress = silent):
        odds = 3 * embed(contents).astype(np.float64)[:, : len(self.task.labels)]
        if self.task.multi:
            return 1 / (1 + np.exp(-odds))
        powers = np.exp(odds)
        return powers / powers.sum(axis=1, keepdims=True)

    def sample_proba(
        self, contents: Sequence[Content], passes: int, *, seed: int, progress: Progress = silent
    ):
        vectors = embed(contents).astype(np.float64)
        rng = np.random.default_rng(seed)
        weights = 3 * np.eye(16)[:, : len(self.task.labels)]
        odds = np.stack(
            [vectors @ (weights + rng.normal(size=weights.shape)) for _ in range(passes)]
        )
        if self.task.multi:
            return 1 / (1 + np.exp(-odds))
        powers = np.exp(odds)
        return powers / powers.sum(axis=2, keepdims=True)

    def features(self, contents: Sequence[Content], *, progress: Progress = silent):
        return embed(contents)


def surprise(contents: Sequence[Content]) -> np.ndarray:
    """Surprisals of eight tokens, by the text's hash."""
    return np.abs(embed(contents)[:, :8])


def context(
    count: int = 40, *, seed: int = 0, task: Task = TASK, **changes: object
) -> SelectionContext:
    """A context with everything a strategy may ask for."""
    settings: dict[str, object] = {
        "task": task,
        "candidates": texts(count, pair=task.pair),
        "rng": np.random.default_rng(seed),
        "open_model": model,
        "embed": embed,
        "open_successor": lambda: Scripted(task),
        "surprise": surprise,
    } | changes
    return SelectionContext(**settings)  # type: ignore[arg-type]
