"""The labelled part of a user's own texts: of a file, or of a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from activellm.bench.tuning.likeness import Traits, traits_of
from activellm.errors import DataError, UsageError
from activellm.pool import Content, find_columns, open_source
from activellm.settings import Settings
from activellm.task import SEPARATOR, Answer, Task

DESCRIPTION = "Which label fits?"
"""Said where the user names no task: nobody reads it unless a query model is asked."""


@dataclass(frozen=True)
class LabelledPart:
    """Texts with labels, each text once.

    Attributes:
        source: The file or the project folder.
        task: What is decided.
        rows: Texts with their labels.
        traits: What the texts are like; of a project those of its whole pool.
        picked: How many of the texts a strategy chose: they are no random sample of the pool.
        settings: The project's; None for a file.
    """

    source: Path
    task: Task
    rows: tuple[tuple[Content, Answer], ...]
    traits: Traits
    picked: int = 0
    settings: Settings | None = None


def read_labelled(
    path: Path,
    *,
    label: str = "label",
    text: str | None = None,
    text_b: str | None = None,
    description: str = "",
    multi: bool = False,
) -> LabelledPart:
    """The rows of a file that have a label.

    Args:
        path: Of any kind that a pool may have.
        label: The column with labels.
        text, text_b: The columns with texts; by default they are found.
        description: What is to be decided.
        multi: Whether a text may have several labels, joined by "|".

    Raises:
        DataError: If it cannot be read, or has fewer than two labels.
    """
    source = open_source(str(path))
    columns = find_columns(source, text=text, text_b=text_b, label=label)
    given = {
        columns.content(record.values): record.values[label].strip() for record in source.records()
    }
    given = {content: value for content, value in given.items() if value}
    names = {name for value in given.values() for name in (value.split("|") if multi else [value])}
    if len(names) < 2:
        raise DataError(
            f"The column {label!r} holds {len(names)} different labels, and two are needed.",
            where=str(path),
            remedy="Name the column of labels with --label-column.",
        )
    task = Task.build(
        where=str(path),
        description=description or DESCRIPTION,
        labels=[{"name": name.strip()} for name in sorted(names)],
        kind="multi" if multi else "single",
        pair=columns.pair is not None,
    )
    rows = tuple((content, task.answer(value, where=str(path))) for content, value in given.items())
    return LabelledPart(path, task, rows, _traits(task, rows))


def labelled_of(folder: Path) -> LabelledPart:
    """What people have labelled in a project so far, the hold-out with it.

    Raises:
        UsageError: If it is no project folder.
    """
    from activellm.project import Project
    from activellm.project.rounds import given_ids, held_out, labelled

    project = Project(folder)
    known = labelled(project)
    given = set(given_ids(project))
    answers = {one.example.content: one.answer for one in [*held_out(project), *known]}
    rows = tuple((content, answer) for content, answer in answers.items())
    first = [example.content for batch in project.pool.batches() for example in batch][:2000]
    texts = traits_of("", project.task, first, [])
    return LabelledPart(
        folder,
        project.task,
        rows,
        replace(_traits(project.task, rows), words=texts.words, name="yours"),
        picked=sum(one.example.id not in given for one in known),
        settings=project.settings,
    )


def written(answer: Answer) -> str:
    """A label as files hold it."""
    return SEPARATOR.join(answer)


def check_enough(part: LabelledPart) -> None:
    """Refuse what no learner can be trained on.

    Raises:
        UsageError: If all texts have the same label.
    """
    counts = Counter(answer for _, answer in part.rows)
    if len(counts) < 2:
        raise UsageError(
            f"{len(part.rows)} labelled texts with {len(counts)} different labels: there is "
            "nothing to learn from yet.",
            where=str(part.source),
            remedy="Label more texts, or use data sets like yours: --like.",
        )


def _traits(task: Task, rows: Iterable[tuple[Content, Answer]]) -> Traits:
    rows = list(rows)
    return traits_of("yours", task, [text for text, _ in rows], [answer for _, answer in rows])
