"""JSON schemas for providers that know only some of the language."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

COMMON = frozenset(
    {
        *("type", "title", "description", "enum", "anyOf", "$ref", "$defs"),
        *("properties", "required", "additionalProperties", "items"),
    }
)
"""The keywords that every provider with JSON answers knows."""

_NAMED = ("properties", "$defs")
"""Keywords under which each key is a name, and each value a schema."""
_SEVERAL = ("anyOf", "allOf", "oneOf", "prefixItems")
"""Keywords that hold a list of schemas."""


def narrowed(schema: Mapping[str, Any], known: Set[str], *, closed: bool = False) -> dict[str, Any]:
    """A schema without the keywords that a provider would refuse.

    What it then no longer asks for is still checked when the answer is read: a schema is a help
    for the model, never what we trust in.

    Args:
        schema: The schema.
        known: The keywords that the provider knows.
        closed: Whether the provider wants every object to forbid further fields.
    """

    def part(value: Any) -> Any:
        return narrowed(value, known, closed=closed) if isinstance(value, Mapping) else value

    kept: dict[str, Any] = {}
    for word, value in schema.items():
        if word not in known:
            continue
        if word in _NAMED:
            kept[word] = {name: part(inner) for name, inner in value.items()}
        elif word in _SEVERAL:
            kept[word] = [part(inner) for inner in value]
        else:
            kept[word] = part(value) if word == "items" else value
    if closed and kept.get("type") == "object":
        kept["additionalProperties"] = False
    return kept
