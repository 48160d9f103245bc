"""CSV for spreadsheets: a row an annotation, and one for each text that has none.

What a spreadsheet would take for a formula gets an apostrophe before it, and so does what begins
with an apostrophe: so it is taken off again without loss.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from activellm.annotation.contract import Annotation
from activellm.annotation.votes import decisions, standing
from activellm.errors import DataError
from activellm.exchange import rows
from activellm.exchange.carried import event_of, finite
from activellm.exchange.contract import Entry, Findings, Item, Said, clip
from activellm.exchange.texts import find_texts
from activellm.pool.sources.delimited import find_dialect
from activellm.pool.sources.encoding import detect_encoding, evident_encoding
from activellm.pool.sources.raw import RawInput, readable
from activellm.pool.sources.sniff import refuse_binary
from activellm.task import SEPARATOR, Task

COUNTS = "counts"
"""The column that says whether an answer counts, or was taken back, superseded or overruled."""

_EVENT = ("annotator", "action", "unsure", "discuss", "revealed", "note", "seconds", "at",
          "oracle", "event")  # fmt: skip
_FLAGS = ("unsure", "discuss")
_PREDICTION = ("predicted_label", "predicted_probability", "predicted_by")
_RISKY = re.compile("['=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_LONGEST_CELL = 1 << 26
_SAMPLE = 1 << 16


class CsvTable:
    """A table for spreadsheets, a row an answer; no cell of it is a formula."""

    name: ClassVar[str] = "csv"
    folder: ClassVar[bool] = False

    def beside(self, task: Task) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`."""
        names = ["id", "text", *(["pair"] if task.pair else []), "label", *_EVENT, COUNTS]
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow([*names, *_PREDICTION])
            for item in items:
                for cells in _rows(item, task):
                    writer.writerow([harmless(one) for one in cells])

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`."""
        raw = RawInput(path)
        encoding = evident_encoding(raw.head())
        refuse_binary(raw, encoding)
        encoding = encoding or detect_encoding(raw)
        with readable(raw.name), io.TextIOWrapper(raw.open(), encoding, newline="") as lines:
            header, table = _opened(raw, encoding, lines)
            _check_columns(header, task, raw.name)
            ours = "event" in header and COUNTS in header
            for number, cells in table:
                where = f"{raw.name}, row {number}"
                if len(cells) != len(header):
                    raise DataError(
                        f"It has {len(cells)} cells, the header {len(header)}.", where=where
                    )
                values = dict(zip(header, map(unescaped, cells) if ours else cells, strict=True))
                yield _entry(where, values, task, found)


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and _RISKY.match(cell) else cell


def unescaped(cell: str) -> str:
    """The inverse of `harmless`."""
    return cell[1:] if cell.startswith("'") else cell


def _rows(item: Item, task: Task) -> Iterator[list[Any]]:
    head = [item.id, item.text, *([item.pair or ""] if task.pair else [])]
    tail: list[Any] = ["", "", ""]
    if (said := item.prediction) is not None:
        tail = [said.label, said.probabilities[said.label], said.model]
    decided = decisions(item.events).get(item.id)
    counting = {one.event for one in standing(item.events).get(item.id, {}).values()}
    counting = counting if decided is None else {decided.event}
    for event in item.events:
        label = SEPARATOR.join(event.labels)
        if not label and event.action not in ("skip", "undo"):
            label = SEPARATOR
        yield [*head, label, *_cells(event), "yes" if event.event in counting else "no", *tail]
    if not item.events:
        yield [*head, "", *("" for _ in _EVENT), "", *tail]


def _cells(event: Annotation) -> Iterator[Any]:
    for name in _EVENT:
        value = getattr(event, name)
        if name in _FLAGS:
            value = "yes" if value else ""
        yield "" if value is None else value


def _opened(
    raw: RawInput, encoding: str, lines: Iterable[str]
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header in small letters, and the rows with their numbers, empty ones left out."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    sample = raw.head(_SAMPLE).decode(encoding, errors="replace")
    dialect = find_dialect(sample[: sample.rfind("\n") + 1] or sample, "csv")
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)

    def table() -> Iterator[tuple[int, list[str]]]:
        try:
            yield from enumerate((cells for cells in reader if cells), start=0)
        except csv.Error as error:
            raise DataError(
                f"Not a CSV file: {error}.", where=f"{raw.name}, line {reader.line_num}"
            ) from None

    rest = table()
    header = [name.strip().lower() for name in next(rest, (0, []))[1]]
    if not header:
        raise DataError("It is empty.", where=raw.name)
    if len(set(header)) < len(header):
        raise DataError("Two columns have the same name.", where=raw.name)
    return header, rest


def _check_columns(header: list[str], task: Task, name: str) -> None:
    """Refuse a table that cannot hold labels of texts.

    Raises:
        DataError: If there is neither a column id nor one of texts, or no label.
    """
    texts = [name for name in header if name not in rows.LABELS]
    known = "id" in header or find_texts(dict.fromkeys(texts, ""), task)[0] is not None
    if not known or not {*header} & {*rows.LABELS}:
        raise DataError(
            f"It needs columns id or text{' and pair' if task.pair else ''}, and label; there are: "
            f"{', '.join(clip(one) for one in header[:20])}.",
            where=name,
        )


def _entry(where: str, values: dict[str, str], task: Task, found: Findings) -> Entry:
    """A row; with an event of ours, the event too, and what the row now says."""
    known = {*_EVENT, COUNTS, *_PREDICTION}
    if values.get("predicted_label"):
        found.note("predictions (they are no annotations)", where)
    plain: dict[str, Any] = {
        name: value
        for name, value in values.items()
        if name not in known - {"annotator", "unsure", "discuss", "note", "at"} and value != ""
    }
    for name in ("text", "pair"):
        if name in values:
            plain[name] = values[name]
    seconds = _number(values.get("seconds", ""))
    if seconds is not None:
        plain["seconds"] = seconds
    if not (values.get("event") and values.get("id") and values.get("action")):
        skipped = values.get("action", "") == "skip"
        return _with_action(rows.entry(where, plain, task, found), skipped)
    answer = {name: values[name] for name in _EVENT if values.get(name) and name != "seconds"}
    flags = {name: rows.yes(values.get(name), name, where, found) for name in _FLAGS}
    labels = [name for name in values.get("label", "").split(SEPARATOR) if name]
    event = event_of(
        {**answer, **flags, "annotator": values.get("annotator", ""), "labels": labels,
         "seconds": seconds}, values["id"], where)  # fmt: skip
    told = rows.entry(where, {k: v for k, v in plain.items() if k in ("id", "text", "pair")},
                      task, found)  # fmt: skip
    return Entry(where, told.id, told.text, told.pair, (event,))


def _with_action(entry: Entry, skipped: bool) -> Entry:
    if not skipped:
        return entry
    said = entry.said[0] if entry.said else Said(())
    return replace(entry, said=(replace(said, labels=(), action="skip"),))


def _number(cell: str) -> float | None:
    try:
        return finite(float(cell)) if cell else None
    except ValueError:
        return None
