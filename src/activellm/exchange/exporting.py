"""A project's texts and annotations into another tool's file, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from activellm.errors import StoreError, UsageError
from activellm.exchange.collecting import collect
from activellm.exchange.contract import Format, Item
from activellm.files import atomic_path, write_text
from activellm.progress import Progress, silent
from activellm.project import Project
from activellm.project.folder import made_whole

LONGEST_CELL = 32_767
"""Characters that Excel shows of a cell; it cuts off the rest."""

_STEP = 1000


@dataclass
class Exported:
    """What an export wrote.

    Attributes:
        files: What was written, the main file or folder first.
        texts: How many texts.
        annotations: How many annotations, those taken back among them.
        predictions: How many texts have a prediction.
        longest: Characters of the longest text.
    """

    files: tuple[str, ...] = ()
    texts: int = 0
    annotations: int = 0
    predictions: int = 0
    longest: int = 0


def export_labels(
    project: Project,
    format: Format,
    to: Path,
    *,
    which: str = "asked",
    answers: bool = True,
    predictions: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Exported:
    """Write texts with everything that people said about them.

    Args:
        project: Whose.
        format: How.
        to: The file or folder. A folder must be new or empty.
        which: Which texts (`activellm.exchange.collecting.Which`).
        answers: Whether people's answers go along.
        predictions: Whether what the query model expects goes along.
        overwrite: Whether a file that exists is replaced.
        progress: Told the texts written.

    Raises:
        UsageError: If there is something at `to` already, or no text to write.
        StoreError: If it cannot be written.
    """
    items = collect(project, which, answers=answers, predictions=predictions)
    beside = {_beside(to, end): text for end, text in format.beside(project.task).items()}
    _check(format, to, [to, *beside], overwrite)
    done = Exported()
    counted = _counted(items, done, progress)
    first = next(counted, None)
    if first is None:
        raise UsageError(
            "There are no such texts yet.",
            where="--texts",
            remedy="Run activellm select first, or add --texts pool.",
        )
    try:
        if format.folder:
            with made_whole(to) as draft:
                format.write(_again(first, counted), project.task, draft)
        else:
            with atomic_path(to) as draft:
                format.write(_again(first, counted), project.task, draft)
            for path, text in beside.items():
                write_text(path, text)
    except OSError as error:
        raise StoreError(f"It cannot be written: {error.strerror}.", where=str(to)) from error
    progress("Writing", done.texts, done.texts)
    done.files = (str(to), *map(str, beside))
    return done


def _check(format: Format, to: Path, paths: Iterable[Path], overwrite: bool) -> None:
    """Refuse to write over what somebody may have worked on.

    Raises:
        UsageError: If there is something already.
    """
    if format.folder and to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError("There is something already.", where=str(to), remedy="Name a new folder.")
    for path in () if format.folder else paths:
        if path.is_dir() or (path.exists() and not overwrite):
            raise UsageError(
                "There is something already.",
                where=str(path),
                remedy="Name another file, or add --overwrite.",
            )
    if not to.parent.is_dir():
        raise UsageError("There is no such folder.", where=str(to.parent))


def _beside(to: Path, ending: str) -> Path:
    return to.with_name(to.name.removesuffix(to.suffix) + ending)


def _counted(items: Iterable[Item], done: Exported, progress: Progress) -> Iterator[Item]:
    for item in items:
        done.texts += 1
        done.annotations += len(item.events)
        done.predictions += item.prediction is not None
        done.longest = max(done.longest, len(item.text), len(item.pair or ""))
        if done.texts % _STEP == 0:
            progress("Writing", done.texts, None)
        yield item


def _again(first: Item, rest: Iterator[Item]) -> Iterator[Item]:
    yield first
    yield from rest
