"""What a later prompt tells of the examples that are labelled already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from activellm.pool.example import Content
from activellm.selection.context import Labelled
from activellm.task import Answer, Task


@dataclass(frozen=True, slots=True)
class Recap:
    """What the prompt shows of them.

    Attributes:
        kind: One of `prompts.variants.RECAPS`.
        total: How many are labelled.
        counts: How often each label was given, in the task's order.
        groups: Texts under a heading: by label for "classes", else one group; none for "index",
            whose texts stand in the numbered list.
        left_out: How many of the labelled ones are not shown.
    """

    kind: str
    total: int = 0
    counts: tuple[tuple[str, int], ...] = ()
    groups: tuple[tuple[str, tuple[Content, ...]], ...] = ()
    left_out: int = 0


def most_telling_first(labelled: Sequence[Labelled], kind: str) -> tuple[Labelled, ...]:
    """The labelled examples that a recap shows, those that are kept longest in front.

    The newest come first; for "classes" the newest of each label in turn.

    Args:
        labelled: In the order in which they were labelled.
        kind: One of `prompts.variants.RECAPS`.
    """
    newest = tuple(reversed(labelled))
    if kind == "none":
        return ()
    if kind != "classes":
        return newest
    by_answer: dict[Answer, list[Labelled]] = {}
    for one in newest:
        by_answer.setdefault(one.answer, []).append(one)
    in_turn = chain.from_iterable(zip_longest(*by_answer.values()))
    return tuple(one for one in in_turn if one is not None)


def recall(
    task: Task,
    kind: str,
    labelled: Sequence[Labelled],
    shown: Sequence[tuple[Labelled, Content]],
) -> Recap:
    """Put a recap together.

    Args:
        task: Whose labels are counted.
        kind: One of `prompts.variants.RECAPS`.
        labelled: All that are labelled.
        shown: Those of them that are shown, with the text as it is shown.
    """
    if kind == "none" or not labelled:
        return Recap("none")
    counts = tuple((name, sum(name in one.answer for one in labelled)) for name in task.label_names)
    left_out = len(labelled) - len(shown)
    return Recap(kind, len(labelled), counts, _groups(task, kind, shown), left_out)


def _groups(
    task: Task, kind: str, shown: Sequence[tuple[Labelled, Content]]
) -> tuple[tuple[str, tuple[Content, ...]], ...]:
    if kind == "index" or not shown:
        return ()
    if kind == "text":
        return (("", tuple(content for _, content in shown)),)
    answers = sorted({one.answer for one, _ in shown}, key=lambda answer: _place(task, answer))
    return tuple(
        (
            ", ".join(answer) or "no label",
            tuple(content for one, content in shown if one.answer == answer),
        )
        for answer in answers
    )


def _place(task: Task, answer: Answer) -> list[int]:
    return [task.label_names.index(name) for name in answer]
