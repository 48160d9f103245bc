"""Labelled texts from files and from the Hub, pairs in one string parted."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from activellm.bench.entry import DataEntry
from activellm.bench.hub_data import read_hub
from activellm.bench.presets import HubPlace, Preset
from activellm.errors import DataError, UsageError
from activellm.pool import Content, find_columns, open_source

Rows: TypeAlias = list[tuple[Content, str]]
"""Texts with their labels, as the data call them."""


def read_pool(entry: DataEntry, known: Preset | None, base: Path) -> Rows:
    """The texts to choose from."""
    if entry.hub:
        place = _place(entry, known)
        return read_hub(place, place.pool)
    return _from_file(base / entry.pool, entry, known)


def read_test(entry: DataEntry, known: Preset | None, base: Path) -> Rows:
    """The texts to measure on; none where they are to be set aside."""
    if entry.test:
        return _from_file(base / entry.test, entry, known)
    if entry.hub:
        place = _place(entry, known)
        return read_hub(place, place.test)
    return []


def _place(entry: DataEntry, known: Preset | None) -> HubPlace:
    place = known.hub if entry.hub is True and known else entry.hub
    if not isinstance(place, HubPlace):
        raise UsageError(
            "It is not known where the Hub has this data set.",
            where=entry.called,
            remedy='Name the place: hub = { path = "owner/name" }, or a pool file.',
        )
    return place


def _from_file(path: Path, entry: DataEntry, known: Preset | None) -> Rows:
    pair = known.pair if known else None
    source = open_source(path)
    joined = pair is not None and entry.text_b is None and len(source.columns) < 3
    columns = find_columns(
        source,
        text=entry.text,
        text_b=entry.text_b,
        label=entry.label,
        pair=pair is not None and not joined,
    )
    rows: Rows = []
    for record in source.records():
        content: Content = columns.content(record.values)
        if joined and pair and isinstance(content, str):
            content = parted(content, pair, f"{path}, row {record.row}")
        rows.append((content, record.values[entry.label].strip()))
    return rows


def parted(text: str, names: tuple[str, str], where: str) -> tuple[str, str]:
    """The two texts of a pair that a file holds as one: two lines that begin with their names."""
    first, found, second = text.partition(f"\n {names[1]}: ")
    if not found or not first.startswith(f"{names[0]}: "):
        raise DataError(
            f"This is no pair of the form '{names[0]}: ... \\n {names[1]}: ...'.", where=where
        )
    return first.removeprefix(f"{names[0]}: ").strip(), second.strip()
