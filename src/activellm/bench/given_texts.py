"""From a data set's entry to the candidate sets that its files give."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from activellm.bench.entry import DataEntry
from activellm.bench.given import GivenTexts
from activellm.bench.judged_sets import read_judged
from activellm.bench.presets import Preset
from activellm.bench.recorded_sets import read_recorded
from activellm.bench.rows import parted
from activellm.pool import Content
from activellm.task import SEPARATOR


def read_given(entry: DataEntry, known: Preset | None, base: Path) -> GivenTexts:
    """The candidate sets that a data set's sessions or judgements give.

    Raises:
        DataError: If a file cannot be used.
    """
    content = partial(_content, pair=known.pair if known else None)
    label = partial(_usable, entry=entry, known=known)
    name = entry.preset or entry.called
    if entry.sessions:
        tasks = entry.session_tasks or (name,)
        file, modes = base / entry.sessions, entry.session_modes
        return read_recorded(file, tasks, modes=modes, content=content, label=label)
    files = {judge: base / file for judge, file in entry.judgements.items()}
    return read_judged(files, name, content=content, label=label)


def _content(text: str, where: str, *, pair: tuple[str, str] | None) -> Content:
    return parted(text, pair, where) if pair else text


def _usable(label: str, *, entry: DataEntry, known: Preset | None) -> str:
    """The task's name of a label of a given text; empty if the task has no such label."""
    name = known.label(label) if known else label
    labels = known.labels if known else entry.labels
    parts = name.split(SEPARATOR) if entry.multi else [name]
    return name if labels is None or all(part.strip() in labels for part in parts) else ""
