"""doccano: JSON lines for text classification, or the archive that it exports.

doccano says neither who answered nor when, except by the archive's file names. A line carries what
is ours in the field `activellm`; doccano keeps it among the text's metadata, where its annotators
can see it.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from typing import Any, ClassVar

from activellm.errors import DataError
from activellm.exchange import json_stream
from activellm.exchange.carried import KEY, carried, carry
from activellm.exchange.contract import Entry, Findings, Item, Said, clip
from activellm.exchange.texts import halves, parted, shown
from activellm.task import Task

GONE = "texts without the labels that were exported (taken away, or not this annotator's)"
_NOBODY = ("all", "unknown")
"""File names in doccano's archive that are no people."""


class Doccano:
    """doccano's JSONL, or a ZIP archive of such files."""

    name: ClassVar[str] = "doccano"
    folder: ClassVar[bool] = False

    def beside(self, task: Task) -> Mapping[str, str]:
        """The labels, to be imported on doccano's page of labels."""
        labels = [{"text": one.name} for one in task.labels]
        return {".labels.json": json.dumps(labels, indent=1) + "\n"}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`. In ASCII, because doccano guesses a file's encoding."""
        with path.open("w", encoding="ascii", newline="\n") as file:
            file.writelines(json.dumps(_line(item, task)) + "\n" for item in items)

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`."""
        if not zipfile.is_zipfile(path):
            yield from _entries(path, str(path), "", task, found)
            return
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            for member in archive.infolist():
                name = PurePosixPath(member.filename)
                if name.suffix != ".jsonl":
                    found.note("files in the archive that are not JSONL", clip(member.filename))
                    continue
                copy = Path(folder) / "member.jsonl"
                with archive.open(member) as source, copy.open("wb") as target:
                    copyfileobj(source, target)
                annotator = "" if name.stem in _NOBODY else name.stem
                yield from _entries(copy, f"{path}, {name}", annotator, task, found)


def _line(item: Item, task: Task) -> dict[str, Any]:
    label = list(item.resolved or ())
    block = carry(item) | halves(item) | {"shown": label}
    line = {"text": shown(item, task), "label": label, KEY: block}
    if item.prediction:
        line["prediction"] = dict(item.prediction.probabilities)
    return line


def _entries(path: Path, name: str, annotator: str, task: Task, found: Findings) -> Iterator[Entry]:
    for where, values in json_stream.lines(path):
        place = f"{name}{where.removeprefix(str(path))}"
        block = values.get(KEY)
        id_, events = carried(block, place)
        if "text" not in values and "data" not in values:
            raise DataError("It is no line of doccano: it has no text.", where=place)
        text, pair = parted(values.get("text", values.get("data")), block, task)
        given = block.get("shown") if isinstance(block, dict) else None
        said = _said(place, values, given, annotator, found)
        yield Entry(place, id_, text, pair, events, () if said is None else (said,))


def _said(
    where: str, values: dict[str, Any], given: Any, annotator: str, found: Findings
) -> Said | None:
    """The labels, if they are others than those that were put there."""
    for name in ("entities", "relations"):
        if values.get(name):
            found.note(f"records with {name}", where)
    labels = values.get("label", values.get("labels", values.get("cats")))
    if isinstance(labels, str):
        labels = [labels]
    if not labels:
        if given:
            found.note(GONE, where)
        return None
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        found.note("labels that are not names (spans of a text?)", where)
        return None
    comments = values.get("Comments", values.get("comments"))
    notes = [one for one in comments if isinstance(one, str)] if isinstance(comments, list) else []
    if isinstance(given, list) and set(labels) == set(given):
        if notes:
            found.note("comments on answers that did not change", where, len(notes))
        return None
    return Said(labels=tuple(labels), annotator=annotator, note="\n".join(notes) or None)
