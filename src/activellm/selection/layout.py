"""Fits a prompt into a query model's context, with few questions about token counts.

Long texts are shortened first, all to one length; then the recap gets shorter; the list of
candidates does so last. Lengths are measured in bytes, and the whole prompt is counted in tokens a
few times, because a count can be a call to a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from activellm.errors import UsageError
from activellm.llm.protocol import Messages, QueryModel
from activellm.pool.example import Content
from activellm.selection.fitting import fair_limit, shorten, tokens_of

LEAST_TEXT_TOKENS = 24
"""Texts are not shortened below this; then fewer are shown."""

ROOM_TOKENS = 64
"""For the chat template's own tokens."""

LINE_BYTES = 10
"""For a text's number and quotation marks."""

MOST_COUNTS = 4
"""So often a layout is shortened further before fewer texts are tried."""


class Write(Protocol):
    """Writes the prompt for the first candidates and the first recalled examples."""

    def __call__(self, candidates: Sequence[Content], recalled: Sequence[Content]) -> Messages:
        """The prompt."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """A prompt that fits.

    Attributes:
        messages: The prompt.
        candidates: How many candidates it shows, from the first.
        recalled: How many labelled examples it shows, from the first.
        warnings: How it was made to fit, as sentences.
    """

    messages: Messages
    candidates: int
    recalled: int
    warnings: tuple[str, ...] = ()


def lay_out(
    model: QueryModel,
    candidates: Sequence[Content],
    recalled: Sequence[Content],
    write: Write,
    *,
    least: int,
    reserve: int,
) -> Layout:
    """Make a prompt fit into the model's context. Where that is unknown, all is shown whole.

    Args:
        model: Knows its context's length, and counts tokens.
        candidates: Texts in the order in which they are kept.
        recalled: Labelled texts in the order in which they are kept.
        write: Makes the prompt.
        least: How many candidates must be shown.
        reserve: Tokens that must stay free for answers and further questions.

    Raises:
        UsageError: If so many do not fit.
    """
    whole = write(candidates, recalled)
    layout = Layout(whole, len(candidates), len(recalled))
    if model.context_length is None:
        return layout
    room = model.context_length - reserve - ROOM_TOKENS
    if _bytes(whole) <= room or (tokens := _tokens(model, whole)) <= room:
        return layout
    per_byte = tokens / _bytes(whole)
    sizes = [tokens_of(content, _size) for content in candidates]
    recalled_sizes = [tokens_of(content, _size) for content in recalled]
    lines = LINE_BYTES * (len(sizes) + len(recalled_sizes))
    frame = _bytes(whole) - sum(sizes) - sum(recalled_sizes) - lines
    for kept, told in _fewer_and_fewer(len(candidates), len(recalled), least):
        left = room / per_byte - frame - LINE_BYTES * (kept + told)
        limit = fair_limit(sizes[:kept] + recalled_sizes[:told], int(left))
        found = _shortened(model, candidates[:kept], recalled[:told], write, limit, per_byte, room)
        if found is not None:
            messages, limit = found
            cut = sum(size > limit for size in sizes[:kept] + recalled_sizes[:told])
            warnings = _warnings(
                model, (cut, round(limit * per_byte)), (kept, len(sizes)), (told, len(recalled))
            )
            return Layout(messages, kept, told, warnings)
    raise UsageError(
        f"{least} texts do not fit into the {model.context_length} tokens that {model.name} reads.",
        where="--select",
        remedy="Ask for fewer picks, name a model with a longer context, or choose coverage.",
    )


def _shortened(
    model: QueryModel,
    candidates: Sequence[Content],
    recalled: Sequence[Content],
    write: Write,
    limit: int,
    per_byte: float,
    room: int,
) -> tuple[Messages, int] | None:
    """The prompt with its texts cut to one length that fits, and that length in bytes."""
    longest = max(tokens_of(content, _size) for content in (*candidates, *recalled))
    for _ in range(MOST_COUNTS):
        if limit < min(LEAST_TEXT_TOKENS / per_byte, longest):
            return None
        messages = write(
            [shorten(content, limit, _size) for content in candidates],
            [shorten(content, limit, _size) for content in recalled],
        )
        tokens = _tokens(model, messages)
        if tokens <= room:
            return messages, limit
        limit = int(min(limit, longest) * (1 - 1.5 * (tokens - room) / tokens)) - 1
    return None


def _fewer_and_fewer(most: int, recalled: int, least: int) -> Iterator[tuple[int, int]]:
    """First fewer recalled ones, by a tenth each time; then fewer candidates, by a twentieth."""
    while recalled > 0:
        yield most, recalled
        recalled = min(recalled - 1, int(recalled * 0.9))
    while most > least:
        yield most, 0
        most = max(least, min(most - 1, int(most * 0.95)))
    yield least, 0


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _bytes(messages: Messages) -> int:
    return sum(_size(message.content) for message in messages)


def _tokens(model: QueryModel, messages: Messages) -> int:
    return model.count_tokens("\n".join(message.content for message in messages))


def _warnings(
    model: QueryModel, cut: tuple[int, int], kept: tuple[int, int], told: tuple[int, int]
) -> tuple[str, ...]:
    context = f"to fit the {model.context_length} tokens that {model.name} reads"
    found = []
    if cut[0]:
        found.append(f"{cut[0]} texts were shortened to about {cut[1]} tokens ([...]) {context}.")
    if told[0] < told[1]:
        found.append(f"The recap shows {told[0]} of {told[1]} labelled texts, {context}.")
    if kept[0] < kept[1]:
        found.append(f"Only {kept[0]} of {kept[1]} candidates were shown, {context}.")
    return tuple(found)
