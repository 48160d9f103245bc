"""Texts set into a pattern with a slot of some tokens, as token numbers of an encoder.

Only the texts are cut to the longest input; the pattern's own words and the slot never are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.encoders.tokens import CHARACTERS_A_TOKEN, WINDOW, Tokenizer
from activellm.errors import UsageError
from activellm.pool.example import Content

if TYPE_CHECKING:
    import torch

FIRST, SECOND, SLOT = "\0first", "\0second", "\0slot"
"""Where a template holds the first text, the second text of a pair, and the slot: no words."""

_MARKS = (FIRST, SECOND, SLOT)

Template: TypeAlias = tuple[str, ...]
"""FIRST, SECOND, SLOT, and the words between them, each with the blanks around it."""


class Item(NamedTuple):
    """One text (or pair) in one of the templates, cut to what fits.

    Attributes:
        template: Which template.
        first: The text's tokens.
        second: Those of a pair's second text.
    """

    template: int
    first: list[int]
    second: list[int]


class Filled(NamedTuple):
    """An item with something in its slot.

    Attributes:
        tokens: All token numbers, special tokens included.
        slot: Where the slot begins.
        texts: Where the tokens of the texts stand.
    """

    tokens: list[int]
    slot: int
    texts: list[int]


def read_template(written: str, *, pair: bool, mark: str = "{label}") -> Template:
    """A pattern as the user writes it, as a template.

    Args:
        written: Words with {text} (of a pair {first} and {second}) and `mark` in them; an
            underscore stands for a blank.
        pair: Whether there are two texts.
        mark: Where the slot is.

    Raises:
        UsageError: If one of these is missing, or is there twice, or is something else.
    """
    parts = [part for part in re.split(r"(\{[^{}]*\})", written.replace("_", " ")) if part]
    named = {"{text}": FIRST, "{first}": FIRST, "{second}": SECOND, mark: SLOT}
    wanted = ("{first}", "{second}", mark) if pair else ("{text}", mark)
    marks = [part for part in parts if part.startswith("{")]
    if sorted(marks) != sorted(wanted):
        raise UsageError(
            f"The pattern {written!r} cannot be used: it holds {', '.join(marks) or 'no marks'}.",
            where="--successor",
            remedy=f"Write each of {', '.join(wanted)} once, with words around them.",
        )
    return tuple(named.get(part, part) for part in parts)


def ask_about(template: Template, words: str) -> Template:
    """A template with words in its slot, and a slot behind that answers whether it is so."""
    said = [words if part == SLOT else part for part in template]
    joined: list[str] = []
    for part in (*said, "? ", SLOT):
        if joined and part not in _MARKS and joined[-1] not in _MARKS:
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


@dataclass(frozen=True)
class Clozes:
    """Several templates over the same texts, with slots of the same length.

    Attributes:
        tokenizer: The encoder's.
        templates: At least one.
        slot: How many tokens the slot has.
    """

    tokenizer: Tokenizer
    templates: tuple[Template, ...]
    slot: int

    def __post_init__(self) -> None:
        inner = self.tokenizer.inner
        needed = (inner.mask_token_id, inner.cls_token_id, inner.sep_token_id)
        if any(token is None for token in needed):
            raise UsageError(
                "The encoder's tokenizer has no mask, first or last token.",
                where="--encoder",
                remedy="Use an encoder of BERT's or RoBERTa's kind.",
            )
        if self._room < 1:
            raise UsageError(
                f"The pattern and its slot of {self.slot} tokens leave no room for the text.",
                where="--successor",
                remedy="Write a shorter pattern or shorter words, or raise max_length.",
            )

    def words(self, text: str) -> list[int]:
        """The tokens of some words as they stand in the slot of the first template."""
        template = self.templates[0]
        return self._tokens([text], self._after_blank(template, SLOT))[0]

    def items(self, contents: Sequence[Content]) -> list[Item]:
        """Each text in each template: text by text, in the templates' order."""
        first = [content if isinstance(content, str) else content[0] for content in contents]
        second = ["" if isinstance(content, str) else content[1] for content in contents]
        template = self.templates[0]
        heads = self._tokens(first, self._after_blank(template, FIRST))
        tails = self._tokens(second, self._after_blank(template, SECOND), any(second))
        found = []
        for head, tail in zip(heads, tails, strict=True):
            cut = _cut(head, tail, self._room)
            found += [Item(number, *cut) for number in range(len(self.templates))]
        return found

    def fill(self, item: Item, slot: Sequence[int] | None = None) -> Filled:
        """An item's tokens.

        Args:
            item: One of `items`.
            slot: What stands in the slot; mask tokens if nothing is given.
        """
        inner = self.tokenizer.inner
        inside = [inner.mask_token_id] * self.slot if slot is None else list(slot)
        holds = {FIRST: item.first, SECOND: item.second, SLOT: inside}
        tokens, place = [inner.cls_token_id], 0
        texts: list[int] = []
        for part in self._coded[item.template]:
            if part == SLOT:
                place = len(tokens)
            new = holds[part] if isinstance(part, str) else part
            if part in (FIRST, SECOND):
                texts += range(len(tokens), len(tokens) + len(new))
            tokens += new
        return Filled([*tokens, inner.sep_token_id], place, texts)

    def batch(self, filled: Sequence[Filled]) -> dict[str, torch.Tensor]:
        """Inputs of a model, with `places`: where each slot is, shape (rows, tokens of a slot)."""
        import torch

        batch = self.tokenizer.pad([{"input_ids": row.tokens} for row in filled])
        starts = torch.tensor([[row.slot] for row in filled])
        return {**batch, "places": starts + torch.arange(self.slot)}

    def batches(
        self, contents: Sequence[Content], tokens: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, torch.Tensor]]]:
        """All items of all texts in batches of like length: their numbers, and their inputs.

        Args:
            contents: Texts or pairs.
            tokens: Most tokens of a batch, padding included (a longer single one goes alone).
        """
        width, size = len(self.templates), max(1, WINDOW // len(self.templates))
        characters = [len(c) if isinstance(c, str) else sum(map(len, c)) for c in contents]
        order = np.argsort(characters, kind="stable")
        for start in range(0, len(order), size):
            texts = order[start : start + size]
            rows = [self.fill(item) for item in self.items([contents[text] for text in texts])]
            numbers = (texts[:, None] * width + np.arange(width)).ravel()
            for group in _alike([len(row.tokens) for row in rows], tokens):
                yield numbers[group], self.batch([rows[row] for row in group])

    @cached_property
    def _coded(self) -> list[list[str | list[int]]]:
        """The templates with their words as token numbers."""
        return [
            [part if part in _MARKS else self._literal(part) for part in template]
            for template in self.templates
        ]

    @property
    def _room(self) -> int:
        """How many tokens of text fit into every template."""
        fixed = max(sum(len(p) for p in coded if isinstance(p, list)) for coded in self._coded)
        return self.tokenizer.max_length - 2 - self.slot - fixed

    def _literal(self, words: str) -> list[int]:
        return self._tokens([words.rstrip()], blank=False)[0] if words.strip() else []

    def _tokens(self, texts: Sequence[str], blank: bool, some: bool = True) -> list[list[int]]:
        """Token numbers without special tokens, of texts after a blank or not."""
        if not (texts and some):
            return [[] for _ in texts]
        limit = self.tokenizer.max_length * CHARACTERS_A_TOKEN
        known = [text[:limit].encode("utf-8", "replace").decode("utf-8") for text in texts]
        coded = self.tokenizer.inner(
            [f" {text}" if blank and text else text for text in known],
            add_special_tokens=False,
            truncation=True,
            max_length=self.tokenizer.max_length,
            verbose=False,
        )
        tokens: list[list[int]] = coded["input_ids"]
        return tokens

    @staticmethod
    def _after_blank(template: Template, part: str) -> bool:
        """Whether a blank stands before a part of a template."""
        place = template.index(part) if part in template else 0
        before = template[place - 1] if place else ""
        return before in _MARKS or before.endswith(" ")


def _cut(first: list[int], second: list[int], room: int) -> tuple[list[int], list[int]]:
    """Both texts cut to `room` tokens together, the longer one first."""
    least = min(len(first), len(second), room // 2)
    if len(first) >= len(second):
        kept = max(least, room - len(second))
        return first[:kept], second[: room - min(kept, len(first))]
    kept = max(least, room - len(first))
    return first[: room - min(kept, len(second))], second[:kept]


def _alike(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Rows sorted by length, in groups of at most `tokens` tokens after padding."""
    group: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and lengths[row] * (len(group) + 1) > tokens:
            yield group
            group = []
        group.append(row)
    if group:
        yield group
