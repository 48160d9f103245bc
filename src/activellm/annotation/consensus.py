"""One label from several people's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np

from activellm.annotation.contract import Annotation
from activellm.annotation.crowdlab import Consensus, crowdlab
from activellm.annotation.reliability import Floats, dawid_skene
from activellm.annotation.votes import decisions, standing
from activellm.errors import UsageError
from activellm.task import Answer, Task

Method: TypeAlias = Literal["majority", "dawid-skene", "crowdlab"]
Source: TypeAlias = Literal["decision", "agreed", "majority", "reliability", "tie"]

Answers: TypeAlias = Mapping[str, Answer]
"""A text's answers, by annotator."""

Row: TypeAlias = tuple[tuple[tuple[int, Answer], ...], Answer | None]
"""A text's answers by annotator's number, and what was decided."""

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
            "reliability": by how reliable those are who say it, and a classifier ("crowdlab");
            "tie".
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
            "crowdlab", the majority with a classifier that decides ties. Where all agree, or one
            person answered, all methods give that answer.
        probabilities: For "crowdlab": a classifier's label probabilities of texts that it was not
            trained on, in the task's order. Texts without them are resolved by "dawid-skene", as
            are all while no two people agree on any of the others.

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
    decided = {id_: one.labels for id_, one in decisions(events).items()}
    found = _by_majority(votes, task)
    if method != "majority":
        split = [id_ for id_, one in found.items() if one.source != "agreed" and id_ not in decided]
        found |= _weighed(
            votes, decided, split, task, probabilities if method == "crowdlab" else None
        )
    for id_, labels in decided.items():
        shares = _shares([labels], task)
        found[id_] = Resolution(id_, labels, shares, "decision", len(votes.get(id_, ())))
    return found


def _by_majority(votes: Mapping[str, Answers], task: Task) -> dict[str, Resolution]:
    """Each text by itself; the same answers are looked at once."""
    known: dict[tuple[Answer, ...], tuple[Answer | None, tuple[float, ...], Source]] = {}
    found = {}
    for id_, by in votes.items():
        answers = tuple(sorted(by.values()))
        if answers not in known:
            known[answers] = _majority(answers, task)
        found[id_] = Resolution(id_, *known[answers], len(answers))
    return found


def _majority(
    answers: Sequence[Answer], task: Task
) -> tuple[Answer | None, tuple[float, ...], Source]:
    shares = _shares(answers, task)
    if len(set(answers)) == 1:
        return answers[0], shares, "agreed"
    labels = _most_probable(shares, task)
    return labels, shares, "tie" if labels is None else "majority"


def _shares(answers: Sequence[Answer], task: Task) -> tuple[float, ...]:
    """How many of the answers hold each label, as a share."""
    counts = Counter(label for answer in answers for label in answer)
    return tuple(counts[name] / len(answers) for name in task.label_names)


def _most_probable(shares: Sequence[float], task: Task) -> Answer | None:
    """The most probable label, or the labels above one half; None if that is tied."""
    names = task.label_names
    if task.multi:
        if any(abs(share - 0.5) < EVEN for share in shares):
            return None
        return tuple(name for name, share in zip(names, shares, strict=True) if share > 0.5)
    top = max(shares)
    best = [name for name, share in zip(names, shares, strict=True) if share > top - EVEN]
    return (best[0],) if len(best) == 1 else None


def _weighed(
    votes: Mapping[str, Answers],
    decided: Mapping[str, Answer],
    split: Sequence[str],
    task: Task,
    probabilities: Mapping[str, Sequence[float]] | None,
) -> dict[str, Resolution]:
    """The texts on which people differ, by their reliability over all texts."""
    if not split:
        return {}
    estimate = dict(zip(votes, _reliability(votes, decided, task), strict=True))
    ids = [id_ for id_ in votes if id_ in (probabilities or {})]
    chosen: dict[str, Answer] = {}
    if probabilities and any(len(set(votes[id_].values())) < len(votes[id_]) for id_ in ids):
        heard = _with_classifier(ids, votes, task, probabilities)
        estimate |= zip(ids, heard.posterior, strict=True)
        chosen |= zip(ids, task.answers(heard.labels), strict=True)
    found = {}
    for id_ in split:
        shares = tuple(float(share) for share in estimate[id_])
        labels = chosen[id_] if id_ in chosen else _most_probable(shares, task)
        source: Source = "tie" if labels is None else "reliability"
        found[id_] = Resolution(id_, labels, shares, source, len(votes[id_]))
    return found


def _reliability(votes: Mapping[str, Answers], decided: Mapping[str, Answer], task: Task) -> Floats:
    """Each text's label probabilities; with several labels a text, a model of yes and no for each.

    What was decided is known: it tells how reliable those are who answered.
    """
    people = {name: row for row, name in enumerate(sorted({name for by in votes.values()
                                                           for name in by}))}  # fmt: skip
    flat = [(tuple((people[name], answer) for name, answer in sorted(by.items())),
             decided.get(id_)) for id_, by in votes.items()]  # fmt: skip
    if not task.multi:
        return _estimated(flat, _places(task), len(task.labels))
    columns = [_estimated(flat, partial(_holds, name), 2)[:, 1] for name in task.label_names]
    return np.column_stack(columns)


def _places(task: Task) -> Callable[[Answer], int]:
    """From an answer of one label to the label's position."""
    place = {name: column for column, name in enumerate(task.label_names)}
    return lambda answer: place[answer[0]]


def _holds(name: str, answer: Answer) -> int:
    return int(name in answer)


def _estimated(flat: Sequence[Row], code: Callable[[Answer], int], count: int) -> Floats:
    """Dawid and Skene's estimate of each text; texts answered alike are looked at once."""
    rows: dict[Any, int] = {}
    which = []
    for votes, decided in flat:
        known = -1 if decided is None else code(decided)
        row = (tuple((person, code(answer)) for person, answer in votes), known)
        which.append(rows.setdefault(row, len(rows)))
    answers = [(text, *vote) for text, (votes, _) in enumerate(rows) for vote in votes]
    texts, annotators, labels = np.array(answers, dtype=np.int64).T
    found = dawid_skene(
        texts,
        annotators,
        labels,
        count,
        often=np.bincount(which),
        known=np.array([known for _, known in rows], dtype=np.int64),
    )
    return found.posterior[which]


def _with_classifier(
    ids: Sequence[str],
    votes: Mapping[str, Answers],
    task: Task,
    probabilities: Mapping[str, Sequence[float]],
) -> Consensus:
    place = _places(task)
    people = {name: column for column, name in enumerate(dict.fromkeys(
        name for id_ in ids for name in votes[id_]))}  # fmt: skip
    table = np.full((len(ids), len(people)), -1)
    for row, id_ in enumerate(ids):
        for name, answer in votes[id_].items():
            table[row, people[name]] = place(answer)
    return crowdlab(table, np.array([probabilities[id_] for id_ in ids], dtype=np.float64))
