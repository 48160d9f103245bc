"""Texts over an encoder's limit as overlapping windows, and what the windows say as one.

Source of reading long texts in overlapping segments whose results are pooled: Pappagari et al.
2019, Hierarchical Transformers for Long Document Classification, sections 3 and 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from activellm.encoders import Encoder, Vectors
from activellm.encoders.pairs import embed_contents
from activellm.encoders.tokens import CHARACTERS_A_TOKEN, Tokenizer
from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.progress import Progress

LongTexts: TypeAlias = Literal["cut", "windows"]
"""What happens to a text over the encoder's limit: "cut" reads its beginning only, "windows" all
of it, in overlapping windows."""

OVERLAP = 0.25
"""The part of a window that the next one repeats, so that no sentence is seen only in halves."""

MOST_WINDOWS = 32
"""Of a longer text so many windows are read, spread evenly from its beginning to its end."""

WORD_TOKENS = 8
"""So far a window's beginning moves to the beginning of a word."""

Floats: TypeAlias = npt.NDArray[np.float64]


def check_long_texts(long_texts: LongTexts) -> LongTexts:
    """Refuse what is neither.

    Raises:
        UsageError: With the two that are known.
    """
    if long_texts not in get_args(LongTexts):
        raise UsageError(f"long_texts must be cut or windows, not {long_texts!r}.")
    return long_texts


@dataclass(frozen=True)
class Windows:
    """The windows of n texts or pairs, at least one of each.

    Attributes:
        contents: The windows.
        owner: Which text each is of, shape (windows,), rising.
        shares: How much each counts in its text, shape (windows,): the windows of one text are
            equally long, so 1 by their number.
    """

    contents: tuple[Content, ...]
    owner: npt.NDArray[np.int64]
    shares: Floats

    @classmethod
    def whole(cls, contents: Sequence[Content]) -> Windows:
        """One window a text, as it is: an encoder reads its beginning."""
        return cls(tuple(contents), np.arange(len(contents)), np.ones(len(contents)))

    def weights(self, weights: Floats | None) -> Floats | None:
        """How much each window counts in training; None for 1 each.

        Args:
            weights: How much each text counts; None for 1 each.
        """
        if weights is None:
            return None if (self.shares == 1).all() else self.shares
        found: Floats = weights[self.owner] * self.shares
        return found

    def means(self, table: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """From something of each window, shape (windows, d), to its mean over each text's."""
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        if len(starts) == len(table):
            return table
        weighted = table * self.shares[:, None]
        return np.asarray(np.add.reduceat(weighted, starts, axis=0), dtype=table.dtype)

    def chances(self, chances: Floats, *, multi: bool) -> Floats:
        """Label probabilities of each text: those of the mean log-odds of its windows.

        Args:
            chances: Of the windows, shape (..., windows, labels).
            multi: Whether each label has a probability of its own.
        """
        from scipy.special import expit, logit, softmax

        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        if len(starts) == chances.shape[-2]:
            return chances
        with np.errstate(divide="ignore"):  # a label never seen has probability 0: log-odds -inf
            odds = logit(np.clip(chances, 1e-300, 1 - 1e-16)) if multi else np.log(chances)
        pooled = np.add.reduceat(odds * self.shares[:, None], starts, axis=-2)
        found: Floats = expit(pooled) if multi else softmax(pooled, axis=-1)
        return found


def windows(tokenizer: Tokenizer, contents: Sequence[Content]) -> Windows:
    """Cut the texts that are over the tokenizer's limit, at the borders of words or tokens.

    Of a pair, the longer text is cut, beside the beginning of the other one.

    Raises:
        UsageError: If the tokenizer does not tell where its tokens are.
    """
    if not tokenizer.inner.is_fast:
        raise UsageError(
            "This encoder's tokenizer does not say where in the text its tokens are.",
            where="long_texts=windows",
            remedy="Use long_texts=cut, or another encoder.",
        )
    cut = [_parts(tokenizer, content) for content in contents]
    counts = np.array([len(parts) for parts in cut], dtype=np.int64)
    return Windows(
        contents=tuple(part for parts in cut for part in parts),
        owner=np.repeat(np.arange(len(cut)), counts),
        shares=np.repeat(1 / counts, counts),
    )


def pooled_vectors(encoder: Encoder, contents: Sequence[Content], progress: Progress) -> Vectors:
    """As `Encoder.embed`, but a text's vector is the mean of its windows', scaled to length 1."""
    limit = int(encoder.identity()["max_length"])
    tokenizer = Tokenizer.load(encoder.folder, limit)

    def embed(texts: Sequence[str]) -> Vectors:
        cut = windows(tokenizer, texts)
        means = cut.means(encoder.embed(cut.contents, progress=progress))
        if len(cut.contents) > len(texts):
            means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        return means

    return embed_contents(contents, embed)


def _parts(tokenizer: Tokenizer, content: Content) -> list[Content]:
    room = tokenizer.max_length - tokenizer.inner.num_special_tokens_to_add(
        pair=not isinstance(content, str)
    )
    if isinstance(content, str):
        text = _Tokens.of(tokenizer, content)
        return [content] if len(text.places) <= room else list(text.windows(room))
    first, second = (_Tokens.of(tokenizer, text) for text in content)
    if len(first.places) + len(second.places) <= room:
        return [content]
    if len(first.places) <= len(second.places):
        beside = min(len(first.places), room // 2)
        return [(first.beginning(beside), part) for part in second.windows(room - beside)]
    beside = min(len(second.places), room // 2)
    return [(part, second.beginning(beside)) for part in first.windows(room - beside)]


@dataclass(frozen=True)
class _Tokens:
    """Where in a text its tokens are: each one's first character and the one after its last."""

    text: str
    places: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, tokenizer: Tokenizer, text: str) -> _Tokens:
        readable = text[: tokenizer.max_length * CHARACTERS_A_TOKEN * MOST_WINDOWS]
        readable = readable.encode("utf-8", "replace").decode("utf-8")
        coded = tokenizer.inner(
            readable, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        return cls(readable, coded["offset_mapping"])

    def beginning(self, tokens: int) -> str:
        return self.text[: self.places[tokens - 1][1]] if tokens else ""

    def windows(self, room: int) -> Iterator[str]:
        """Windows of `room` tokens, spread evenly over the whole text."""
        further = len(self.places) - room
        if further <= 0:
            yield self.text
            return
        step = max(1, round(room * (1 - OVERLAP)))
        count = min(MOST_WINDOWS, 1 + math.ceil(further / step))
        for start in np.linspace(0, further, count).astype(int).tolist():
            end = self.places[start + room - 1][1]
            yield self.text[self.places[self._word(start, room)][0] : end]

    def _word(self, start: int, room: int) -> int:
        """The next token that begins a word, if it is near."""
        near = range(start, min(start + WORD_TOKENS, start + room))
        begins = (token for token in near if self._begins(token))
        return next(begins, start)

    def _begins(self, token: int) -> bool:
        start = self.places[token][0]
        return not token or start > self.places[token - 1][1] or self.text[start].isspace()
