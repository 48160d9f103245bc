"""The list that the listwise prompt shows: shuffled, numbered from 1, fitted to the context."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from activellm.errors import UsageError
from activellm.llm.protocol import Messages, QueryModel
from activellm.pool.example import Content
from activellm.selection.fitting import CountTokens, fair_limit, shorten, tokens_of

LEAST_TEXT_TOKENS = 24
"""Texts are not shortened below this; then the list gets shorter."""

ROOM_TOKENS = 64
"""For the chat template's own tokens."""

Render: TypeAlias = Callable[[Sequence[Content]], Messages]
"""Makes the prompt for contents that get the numbers 1, 2, 3, ... in their order."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one prompt shows.

    Attributes:
        rows: The candidates' rows, in the order of the prompt: number 1 is the first.
        messages: The prompt.
        warnings: How it was made to fit, as sentences.
    """

    rows: tuple[int, ...]
    messages: Messages
    warnings: tuple[str, ...] = ()


def show(
    model: QueryModel,
    contents: Sequence[Content],
    order: Sequence[int],
    n: int,
    reserve: int,
    render: Render,
) -> Shown:
    """Lay out candidates so that the prompt and its answers fit into the model's context.

    First the longest texts are shortened, all to one length; if that does not do, the last ones of
    the order are left out. Where the context's length is unknown, everything is shown whole.

    Args:
        model: Knows its context's length, and counts tokens.
        contents: The candidates' texts.
        order: Rows of `contents` in the order in which they are to be shown.
        n: How many must be shown at least.
        reserve: Tokens that must stay free for answers and follow-up questions.
        render: Makes the prompt.

    Raises:
        UsageError: If n texts do not fit.
    """
    ordered = [contents[row] for row in order]
    messages = render(ordered)
    if model.context_length is None:
        return Shown(tuple(order), messages)
    room = model.context_length - reserve - ROOM_TOKENS
    if _tokens(messages, model.count_tokens) <= room:
        return Shown(tuple(order), messages)
    sizes = [tokens_of(content, model.count_tokens) for content in ordered]
    for kept in _fewer_and_fewer(len(ordered), n):
        prompt = _tokens(render(ordered[:kept]), model.count_tokens)
        limit = fair_limit(sizes[:kept], room - prompt + sum(sizes[:kept]))
        if limit < min(LEAST_TEXT_TOKENS, max(sizes[:kept])):
            continue
        shortened = [shorten(content, limit, model.count_tokens) for content in ordered[:kept]]
        messages = render(shortened)
        if _tokens(messages, model.count_tokens) <= room:
            cut = sum(new != old for new, old in zip(shortened, ordered, strict=False))
            warnings = _warnings(model, cut, limit, kept, len(ordered))
            return Shown(tuple(order[:kept]), messages, warnings)
    raise UsageError(
        f"{n} texts do not fit into the {model.context_length} tokens that {model.name} reads.",
        where="--select",
        remedy="Ask for fewer picks, name a model with a longer context, or choose coverage.",
    )


def _fewer_and_fewer(most: int, least: int) -> Iterator[int]:
    """From `most` down to `least`, by a twentieth each time."""
    kept = most
    while kept > least:
        yield kept
        kept = max(least, min(kept - 1, int(kept * 0.95)))
    yield least


def _tokens(messages: Messages, count: CountTokens) -> int:
    return sum(count(message.content) for message in messages)


def _warnings(model: QueryModel, cut: int, limit: int, kept: int, of: int) -> tuple[str, ...]:
    context = f"to fit the {model.context_length} tokens that {model.name} reads"
    found = []
    if cut:
        found.append(f"{cut} texts were shortened to {limit} tokens ([...]) {context}.")
    if kept < of:
        found.append(f"Only {kept} of {of} candidates were shown, {context}.")
    return tuple(found)
