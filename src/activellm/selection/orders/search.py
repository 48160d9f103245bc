"""All rules, ready for use."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from activellm.selection.orders.english import ENGLISH
from activellm.selection.orders.languages import LANGUAGES
from activellm.selection.orders.rule import Rule
from activellm.selection.orders.shapes import SHAPES

RULES = (*ENGLISH, *SHAPES, *LANGUAGES)

FURTHER = (
    r"(?:ignor|disregard|forget|overrid|choos|chosen|select|\bpick|label|answer|instruct|\bmust\b|"
    r"number|only|classif|reply|respond|output|elig|escog|wahl|nimm|nummer|choisi|numero|scegli|"
    r"escolh|kies|выб|номер|اختر|رقم|选|選|番号|选择|선택)"
)
"""Words of a sentence that goes with an order, where the text has given one."""


def folded(pattern: str) -> str:
    """Letters without accents and compatibility forms, as texts are folded before the search."""
    decomposed = unicodedata.normalize("NFKD", pattern)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready for use: as it is, and for words whose letters were spaced out."""

    rule: Rule
    needs: tuple[str, ...]
    pattern: re.Pattern[str]
    loose: re.Pattern[str]


@cache
def compiled() -> tuple[Compiled, ...]:
    """All rules, compiled at first use."""
    return tuple(
        Compiled(
            rule,
            tuple(folded(need) for need in rule.needs),
            re.compile(_expanded(rule.pattern).replace(" ", r"\s+").replace(r"\s+?", r"\s*")),
            re.compile(
                _expanded(rule.pattern).replace(r"\b", "").replace(" ?", " ").replace(" ", r"\s*")
            ),
        )
        for rule in RULES
    )


@cache
def further() -> re.Pattern[str]:
    """Finds the words of `FURTHER`."""
    return re.compile(folded(FURTHER))


def _expanded(pattern: str) -> str:
    return folded(pattern).replace("~", r"(?: [\w'’.-]+){0,3}?")
