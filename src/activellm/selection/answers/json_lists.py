"""Picks in a JSON answer, whatever its keys are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from activellm.selection.answers.json_text import Found, Value, json_in
from activellm.selection.answers.lists import Listed
from activellm.selection.answers.numbers import NAME, NUMBER, counting, numbers_in

Named: TypeAlias = tuple[int, str]
"""A pick, and the LLM's words on it; empty if there are none."""

_PICK = re.compile(rf"\s*[#\[(]?\s?(?:{NAME})?({NUMBER})[\])]?\s*", re.IGNORECASE)
_PLAIN_LIST = re.compile(r"[\s\d,;\[\]()]{3,}")
_REJECTED = re.compile(r"not|reject|exclud|skip|discard|omit|already|unselect", re.IGNORECASE)
_NUMBER_KEY = re.compile(r"number|index|idx|id$|id_|pick|text|instance|example|^n$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class JsonPicks:
    """What the JSON of an answer names.

    Attributes:
        lists: Each list of picks with the LLM's words on each, and where it stands.
        spans: Start and end of all JSON: numbers there are nothing but what the lists hold.
    """

    lists: tuple[tuple[Listed, tuple[Named, ...]], ...] = ()
    spans: tuple[tuple[int, int], ...] = ()


def json_picks(text: str, shown: Collection[int]) -> JsonPicks:
    """The lists of picks in all JSON of a text, in its order.

    A list is an array of numbers (also written as texts, "12" or "Text 12"), an array of objects
    with a number each, such objects one after the other, or an object whose keys are numbers.
    Numbers inside longer texts are words, no picks. A number alone in brackets is no JSON.
    """
    found = [one for one in json_in(text) if isinstance(one.value, dict) or _many(one.value)]
    singles: list[Found] = []
    lists: list[tuple[Found, list[Named]]] = []
    for one in found:
        if isinstance(one.value, dict) and _is_entry(one.value):
            singles.append(one)
        else:
            lists += [(one, named) for named in _lists(one.value, shown)]
    if singles:
        whole = Found(None, singles[0].start, singles[-1].end)
        lists.append((whole, _entries([one.value for one in singles], shown)))
    return JsonPicks(
        tuple(
            (Listed(tuple(number for number, _ in named), one.start, one.end, "json"), tuple(named))
            for one, named in lists
            if named
        ),
        tuple((one.start, one.end) for one in found),
    )


def _many(value: Value) -> bool:
    return isinstance(value, list) and (len(value) > 1 or any(map(_many, value)) or _nested(value))


def _nested(value: Sequence[Value]) -> bool:
    return any(isinstance(part, dict) for part in value)


def _number(value: Value) -> int | None:
    """The pick that a single value names."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e9 else None
    found = _PICK.fullmatch(value) if isinstance(value, str) and len(value) < 60 else None
    return int(found.group(1)) if found else None


def _lists(value: Value, shown: Collection[int]) -> Iterator[list[Named]]:
    """The lists of picks inside a value, in the order in which they are written."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, str) and _is_plain_list(top):
            yield [(number, "") for number in numbers_in(top)]
        elif isinstance(top, list):
            named = _of_array(top, shown)
            if named:
                yield named
            else:
                stack += reversed(top)
        elif isinstance(top, dict):
            named = _of_keys(top)
            if named:
                yield named
            else:
                parts = [part for key, part in top.items() if not _REJECTED.match(key)]
                stack += reversed(parts)


def _is_plain_list(text: str) -> bool:
    return _PLAIN_LIST.fullmatch(text) is not None and len(numbers_in(text)) > 1


def _of_keys(value: Mapping[str, Value]) -> list[Named]:
    """The picks of an object like {"3": "why"}; its values where the keys only count."""
    keys = [number for key in value if (number := _number(key)) is not None]
    if not keys or len(keys) < len(value):
        return []
    numbers = [number for part in value.values() if (number := _number(part)) is not None]
    if len(numbers) == len(keys) and all(counting(keys)):
        return [(number, "") for number in numbers]
    return [
        (number, part if isinstance(part, str) else "")
        for number, part in zip(keys, value.values(), strict=True)
        if part is not False
    ]


def _of_array(array: Sequence[Value], shown: Collection[int]) -> list[Named]:
    """The picks of an array: its numbers, its objects' numbers, or its pairs' first numbers."""
    plain = [(number, "") for part in array if (number := _number(part)) is not None]
    if plain:
        return plain
    pairs = [part for part in array if isinstance(part, list) and len(part) == 2]
    if pairs and all(isinstance(part[1], str) and _number(part[0]) is not None for part in pairs):
        return [(_number(first) or 0, str(words)) for first, words in pairs]
    objects = [part for part in array if isinstance(part, dict)]
    return _entries(objects, shown) if any(map(_is_entry, objects)) else []


def _is_entry(value: Mapping[str, Value]) -> bool:
    """Whether an object speaks of one candidate: it holds a number, and no lists."""
    parts = value.values()
    if any(isinstance(part, list | dict) for part in parts) or _of_keys(value):
        return False
    return any(_number(part) is not None for part in parts) and not any(
        isinstance(part, str) and _is_plain_list(part) for part in parts
    )


def _entries(objects: Sequence[Value], shown: Collection[int]) -> list[Named]:
    """One number an object, and the longest text beside it.

    Objects that say they are not selected are left out.
    """
    chosen = [one for one in objects if isinstance(one, dict) and not _declined(one)]
    key = _number_key(chosen, shown)
    named: list[Named] = []
    for entry in chosen:
        number = _number(entry.get(key))
        if number is not None:
            words = (part for name, part in entry.items() if name != key and isinstance(part, str))
            named.append((number, max(words, key=len, default="")))
    return named


def _number_key(entries: Sequence[Mapping[str, Value]], shown: Collection[int]) -> str:
    """The key under which entries name candidates.

    Best one that is called like a number, then one with more different numbers that were shown,
    then one that does not only count 1, 2, 3, ... (a rank), then the first.
    """
    columns: dict[str, list[int]] = {}
    for entry in entries:
        for key, value in entry.items():
            number = _number(value)
            if number is not None:
                columns.setdefault(key, []).append(number)

    def worth(key: str) -> tuple[bool, int, bool]:
        numbers = columns[key]
        return (
            _NUMBER_KEY.search(key) is not None,
            len(set(numbers).intersection(shown)),
            not all(counting(numbers)),
        )

    return max(columns, key=worth, default="")


def _declined(entry: Mapping[str, Value]) -> bool:
    return any(value is False for key, value in entry.items() if not _REJECTED.match(key))
