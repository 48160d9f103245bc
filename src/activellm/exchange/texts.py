"""Where a foreign record has its texts, and how tools with one field for a text show a pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activellm.exchange.contract import Item
from activellm.pool.columns import PAIR_NAMES, TEXT_NAMES
from activellm.task import Task

OUR_PAIR = ("text", "pair")
"""What we call the two texts of a pair."""


def find_texts(values: Mapping[str, Any], task: Task) -> tuple[str | None, str | None]:
    """The text, or the two texts of a pair, by the names that a pool's columns are known by.

    Returns:
        None where there is none.
    """
    strings = {name.casefold(): one for name, one in values.items() if isinstance(one, str)}
    if task.pair:
        for first, second in (OUR_PAIR, *PAIR_NAMES):
            if first in strings and second in strings:
                return strings[first], strings[second]
        return None, None
    named = next((name for name in TEXT_NAMES if name in strings), None)
    if named is None and len(strings) == 1:
        named = next(iter(strings))
    return (strings[named] if named else None), None


def shown(item: Item, task: Task) -> str:
    """A text as a tool with one field for it shows it: of a pair both, with their names."""
    return item.text if item.pair is None else joined(item.text, item.pair, task)


def joined(text: str, pair: str, task: Task) -> str:
    """The two texts of a pair as one."""
    first, second = task.pair_names
    return f"{first}: {text}\n\n{second}: {pair}"


def halves(item: Item) -> dict[str, str]:
    """What a record carries besides, so that a joined pair can be taken apart again."""
    return {} if item.pair is None else {"text": item.text, "pair": item.pair}


def parted(text: Any, block: Any, task: Task) -> tuple[str | None, str | None]:
    """The inverse of `shown`: the pair that the record carries, if it is still what it shows."""
    if not isinstance(text, str):
        return None, None
    if task.pair and isinstance(block, dict):
        first, second = block.get("text"), block.get("pair")
        if isinstance(first, str) and isinstance(second, str):
            if joined(first, second, task) == text:
                return first, second
            return text, ""
    return text, None
