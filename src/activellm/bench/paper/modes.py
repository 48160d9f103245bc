"""What recorded sessions call a way of asking, in words for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

PROMPTS: Mapping[str, str] = MappingProxyType(
    dict(zip("1234567", ("a2", "a1", "a3", "b2", "b1", "b3", "c2"), strict=True))
)
"""Modes that stand for prompts; all texts that fit were shown."""

SHOWN: Mapping[str, int] = MappingProxyType({"8": 50, "9": 100, "10": 200, "11": 400})
"""Modes that stand for how many texts were shown, by prompt b2."""

OTHER_SYSTEM_PROMPT = "12"

ASSUMED_SHOWN = 200
"""Where a mode does not say how many texts were shown."""


def shown_in(mode: str) -> int:
    """How many texts a mode shows: by its number, or by the number behind an LLM's name."""
    if mode in SHOWN:
        return SHOWN[mode]
    found = re.search(r"_(\d{2,})$", mode)
    return int(found[1]) if found else ASSUMED_SHOWN


def mode_in_words(mode: str) -> str:
    """A mode for people; a word that is none of the paper's is given back as it is."""
    if mode in PROMPTS:
        return f"prompt {PROMPTS[mode]}"
    if mode in SHOWN:
        return f"prompt b2, {SHOWN[mode]} shown"
    if mode == OTHER_SYSTEM_PROMPT:
        return "prompt b2, another system prompt"
    return f"prompt b2, {shown_in(mode)} shown" if re.search(r"_(\d{2,})$", mode) else mode
