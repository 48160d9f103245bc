"""One label from several people's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from activellm.annotation.contract import Annotation
from activellm.annotation.crowdlab import crowdlab
from activellm.annotation.reliability import Floats, dawid_skene
from activellm.annotation.votes import decisions, standing
from activellm.errors import UsageError
from activellm.task import Answer, Task

Method: TypeAlias = Literal["majority", "dawid-skene", "crowdlab"]
Source: TypeAlias = Literal["decision", "agreed", "majority", "reliability", "tie"]

EVEN = 1e-6
"""Labels whose probabilities differ by less are tied."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the answers to a text say together.

    Attributes:
        example_id: The text.
        labels: The answer; None if the answers are tied.
        distribution: In the task's label order. Single-label: shares that sum to 1. Multi-label:
            each label's own probability.
        source: "decision": an adjudicator's; "agreed": all say the same; "majority": most do;
            "reliability": by how reliable those are who say it; "tie".
        voters: How many people labelled it.
    """

    example_id: str
    labels: Answer | None
    distribution: tuple[float, ...]
    source: Source
    voters: int


def resolve(
    events: Sequence[Annotation],
    task: Task,
    method: Method = "majority",
    *,
    probabilities: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, Resolution]:
    """Find one answer for each text that somebody labelled or decided. Skips are no votes.

    Args:
        events: All of them, in the order in which they arrived.
        task: Whose labels they are.
        method: "majority"; "dawid-skene", which weighs people by their estimated reliability; or
            "crowdlab", which weighs a classifier too. Where all agree, or one person answered, all
            methods give that answer.
        probabilities: For "crowdlab": a classifier's label probabilities of texts that it was not
            trained on, in the task's order. Texts without them are resolved by "dawid-skene".

    Raises:
        UsageError: If "crowdlab" is asked for in a multi-label task.
        MissingExtraError: If "crowdlab" is asked for and cleanlab is not installed.
    """
    if method == "crowdlab" and task.multi:
        raise UsageError(
            "crowdlab is for tasks with one label a text.",
            where="--consensus",
            remedy="Take dawid-skene, which has a model for each label.",
        )
    votes = {
        id_: {name: one.labels for name, one in by.items() if one.action == "label"}
        for id_, by in standing(events).items()
    }
    votes = {id_: by for id_, by in votes.items() if by}
    split = {id_: by for id_, by in votes.items() if len(set(by.values())) > 1}
    found = {id_: _agreed(id_, by, task) for id_, by in votes.items() if id_ not in split}
    if method == "majority":
        found |= {id_: _majority(id_, by, task) for id_, by in split.items()}
    elif split:
        found |= _weighed(votes, split, task, probabilities if method == "crowdlab" else None)
    for id_, decision in decisions(events).items():
        found[id_] = _decided(decision, len(votes.get(id_, ())), task)
    return found


def _decided(decision: Annotation, voters: int, task: Task) -> Resolution:
    shares = _shares([decision.labels], task)
    return Resolution(decision.example_id, decision.labels, shares, "decision", voters)


def _agreed(id_: str, votes: Mapping[str, Answer], task: Task) -> Resolution:
    labels = next(iter(votes.values()))
    return Resolution(id_, labels, _shares([labels], task), "agreed", len(votes))


def _majority(id_: str, votes: Mapping[str, Answer], task: Task) -> Resolution:
    shares = _shares(list(votes.values()), task)
    labels = _most_probable(shares, task)
    source: Source = "tie" if labels is None else "majority"
    return Resolution(id_, labels, shares, source, len(votes))


def _shares(answers: Sequence[Answer], task: Task) -> tuple[float, ...]:
    """How many of the answers hold each label, as a share."""
    counts = Counter(label for answer in answers for label in answer)
    return tuple(counts[name] / len(answers) for name in task.label_names)


def _most_probable(shares: Sequence[float], task: Task) -> Answer | None:
    """The most probable label, or the labels above one half; None if that is tied."""
    if task.multi:
        if any(abs(share - 0.5) < EVEN for share in shares):
            return None
        return tuple(
            name for name, share in zip(task.label_names, shares, strict=True) if share > 0.5
        )
    top = max(shares)
    best = [
        name for name, share in zip(task.label_names, shares, strict=True) if share > top - EVEN
    ]
    return (best[0],) if len(best) == 1 else None


def _weighed(
    votes: Mapping[str, Mapping[str, Answer]],
    split: Mapping[str, Mapping[str, Answer]],
    task: Task,
    probabilities: Mapping[str, Sequence[float]] | None,
) -> dict[str, Resolution]:
    """The texts on which people differ, by their reliability over all texts."""
    ids = list(votes)
    estimate = _multi(votes, task) if task.multi else _single(votes, task)
    if probabilities is not None:
        known = [row for row, id_ in enumerate(ids) if id_ in probabilities]
        if known:
            estimate[known] = _with_classifier([ids[row] for row in known], votes, task,
                                               probabilities)  # fmt: skip
    found = {}
    for id_, row in zip(ids, estimate, strict=True):
        if id_ in split:
            shares = tuple(float(share) for share in row)
            labels = _most_probable(shares, task)
            source: Source = "tie" if labels is None else "reliability"
            found[id_] = Resolution(id_, labels, shares, source, len(votes[id_]))
    return found


def _single(votes: Mapping[str, Mapping[str, Answer]], task: Task) -> Floats:
    place = {name: number for number, name in enumerate(task.label_names)}
    texts, people, answers = _flat(votes)
    labels = np.array([place[answer[0]] for answer in answers])
    return dawid_skene(texts, people, labels, len(place)).posterior


def _multi(votes: Mapping[str, Mapping[str, Answer]], task: Task) -> Floats:
    """A model of yes and no for each label."""
    texts, people, answers = _flat(votes)
    columns = []
    for name in task.label_names:
        said = np.array([int(name in answer) for answer in answers])
        columns.append(dawid_skene(texts, people, said, 2).posterior[:, 1])
    return np.column_stack(columns)


def _flat(
    votes: Mapping[str, Mapping[str, Answer]],
) -> tuple[np.ndarray, np.ndarray, list[Answer]]:
    """Row by row: which text, which annotator, which answer."""
    names = sorted({name for by in votes.values() for name in by})
    number = {name: row for row, name in enumerate(names)}
    texts = [row for row, by in enumerate(votes.values()) for _ in by]
    people = [number[name] for by in votes.values() for name in by]
    answers = [answer for by in votes.values() for answer in by.values()]
    return np.array(texts), np.array(people), answers


def _with_classifier(
    ids: Sequence[str],
    votes: Mapping[str, Mapping[str, Answer]],
    task: Task,
    probabilities: Mapping[str, Sequence[float]],
) -> Floats:
    place = {name: number for number, name in enumerate(task.label_names)}
    texts, people, answers = _flat({id_: votes[id_] for id_ in ids})
    table = np.full((len(ids), people.max() + 1), -1)
    table[texts, people] = [place[answer[0]] for answer in answers]
    return crowdlab(table, np.array([probabilities[id_] for id_ in ids], dtype=np.float64))
