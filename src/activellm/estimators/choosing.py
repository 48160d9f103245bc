"""What all adapters share: choose among the rows of given texts, by a query strategy of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from activellm.estimators.inputs import InputError
from activellm.pool.example import Content, Example
from activellm.pool.identity import digest
from activellm.seeding import generator
from activellm.selection import Labelled, Selection
from activellm.selection.fitted import FittedSuccessor
from activellm.task import Answer, Task
from activellm.tools import Tools


def choose(
    tools: Tools,
    contents: Sequence[Content],
    answers: Mapping[int, Answer],
    n: int,
    *,
    rows: Sequence[int],
    number: int = 1,
    candidates: int | None = None,
    open_successor: Callable[[], FittedSuccessor] | None = None,
) -> Selection:
    """Choose n rows to label next; the picks' ids are the rows' numbers.

    A text that stands in several rows, or is labelled in another one, is chosen only where too few
    others are left.

    Args:
        tools: The strategy and what it needs.
        contents: All texts or pairs.
        answers: Row -> its labels, of the labelled rows.
        n: How many.
        rows: The rows to choose from.
        number: Which round, 1 is the first: decides what is drawn, and the schedule's strategy.
        candidates: How many rows to look at, drawn at random; None for all.
        open_successor: Gives the classifier trained on the labels; None to train the settings'.

    Raises:
        InputError: If there are fewer rows than n, or nothing to look at in a row.
        QueryModelError: If the query model failed.
    """
    if not 1 <= n <= len(rows):
        raise InputError(f"{n} picks were asked for, and {len(rows)} unlabelled texts are left.")
    found = _distinct(contents, rows, answers)
    left = found if len(found) >= n else list(rows)
    if candidates is not None and len(left) > (wanted := max(candidates, n)):
        rng = generator(tools.settings.seed, "candidates", number)
        left = sorted(rng.choice(left, wanted, replace=False).tolist())
    labelled = [Labelled(_example(contents, row), answer) for row, answer in answers.items()]
    if open_successor is None and labelled:
        open_successor = _trainer(tools, labelled)
    examples = [_example(contents, row) for row in left]
    return tools.select(examples, labelled, n, number=number, open_successor=open_successor)


def picked(selection: Selection) -> list[int]:
    """The chosen rows, in the order in which they should be labelled."""
    return [int(id_) for id_ in selection.ids]


def answers_of(
    task: Task, labels: Mapping[int, object], called: Sequence[str] = ()
) -> dict[int, Answer]:
    """Row -> answer, of a label or several labels for each.

    Args:
        task: Its labels.
        labels: Row -> label, or several.
        called: What the labels are called outside, in the task's order, if not the same.

    Raises:
        DataError: For an unknown label.
    """
    names = dict(zip(called, task.label_names, strict=False))

    def answer(label: object, row: int) -> Answer:
        several = label if isinstance(label, list | tuple | set) else [label]
        given = [names.get(str(one), str(one)) for one in several]
        return task.answer(given, where=f"row {row}")

    return {row: answer(label, row) for row, label in labels.items()}


def _example(contents: Sequence[Content], row: int) -> Example:
    content = contents[row]
    first, second = (content, None) if isinstance(content, str) else content
    return Example(id=str(row), text=first, pair=second, row=row + 1)


def _distinct(
    contents: Sequence[Content], rows: Sequence[int], labelled: Mapping[int, Answer]
) -> list[int]:
    """The rows whose text is neither empty nor that of an earlier or a labelled row."""
    seen = {digest(contents[row]) for row in labelled} | {None}
    kept = []
    for row in rows:
        if (key := digest(contents[row])) not in seen:
            seen.add(key)
            kept.append(int(row))
    return kept


def _trainer(tools: Tools, labelled: Sequence[Labelled]) -> Callable[[], FittedSuccessor]:
    def trained() -> FittedSuccessor:
        targets = tools.task.targets([one.answer for one in labelled])
        made = tools.successor(tools.settings.seed)
        return made.fit([one.example.content for one in labelled], targets)

    return trained
