"""The variants of the listwise prompt, by the paper's names, and what a later prompt recalls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Literal, TypeAlias

from activellm.errors import UnknownNameError

Steps: TypeAlias = Literal["list", "think", "explain"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to ask for picks.

    Attributes:
        name: A letter and a digit, as in the paper: a, b or c, then 1, 2 or 3.
        advice: Whether the prompt says what makes a set of picks good (a).
        steps: What comes before the picks: "list": nothing (1); "think": thoughts, step by step
            (2); "explain": a reason for each pick (3).
        guidelines: Whether the annotators' guidelines are shown (c).
    """

    name: str
    advice: bool
    steps: Steps
    guidelines: bool


_LETTERS = {"a": (True, False), "b": (False, False), "c": (False, True)}
_DIGITS: Mapping[str, Steps] = {"1": "list", "2": "think", "3": "explain"}

VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        letter + digit: Variant(letter + digit, _LETTERS[letter][0], steps, _LETTERS[letter][1])
        for letter, (digit, steps) in product(_LETTERS, _DIGITS.items())
    }
)
"""All variants by name: "a1" to "c3".

Source: Bayer, Lutz and Reuter, ActiveLLM (TACL 14, 2026; arXiv 2405.10808), prompt variants; the
words are ours.
"""

RECAPS = ("none", "text", "index", "classes")
"""What a prompt tells of the examples that are labelled already: nothing; their texts; their texts
in the numbered list with the numbers that are taken; or (ours) their texts by label with counts."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """How a query model is asked for picks.

    Attributes:
        variant: One of `VARIANTS`.
        recap: One of `RECAPS`.
        json: Whether one JSON object is asked for in place of free words.

    Raises:
        UnknownNameError: For an unknown variant or recap.
    """

    variant: str = "b2"
    recap: str = "classes"
    json: bool = False

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise UnknownNameError("prompt", self.variant, VARIANTS, where="--prompt")
        if self.recap not in RECAPS:
            raise UnknownNameError("recap", self.recap, RECAPS, where="--recap")

    @property
    def parts(self) -> Variant:
        """What the variant's prompt is made of."""
        return VARIANTS[self.variant]
