"""Texts as token numbers, in batches of like length, so that little is padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.pool.example import Content

if TYPE_CHECKING:
    from pathlib import Path

    import torch

Encoding: TypeAlias = dict[str, list[int]]
"""One text's token numbers, and its segment numbers where the model knows segments."""

WINDOW = 1024
"""How many texts are tokenised and sorted at a time: bounds the memory."""

CHARACTERS_A_TOKEN = 64
"""No more than this many characters a token are read: far beyond any language's mean, so only the
tail of a very long text, which is cut off anyway, is never tokenised."""

_PADDED_WITH = {"token_type_ids": 0, "attention_mask": 0}


@dataclass(frozen=True)
class Tokenizer:
    """A model folder's tokenizer, cutting at `max_length` tokens.

    Attributes:
        inner: The transformers tokenizer.
        max_length: Most tokens of a text (or of both texts of a pair), special tokens included.
    """

    inner: Any
    max_length: int

    @classmethod
    def load(cls, folder: Path, max_length: int) -> Tokenizer:
        """Read a folder's tokenizer; `max_length` is lowered to what the model can take."""
        from transformers import AutoTokenizer

        inner = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        inner.model_max_length = min(max_length, inner.model_max_length)
        return cls(inner, inner.model_max_length)

    def encode(self, contents: Sequence[Content]) -> list[Encoding]:
        """Token numbers of each text or pair (as two segments), without padding."""
        if not contents:
            return []
        limit = self.max_length * CHARACTERS_A_TOKEN
        first = [_readable(c if isinstance(c, str) else c[0], limit) for c in contents]
        second = [_readable(c[1], limit) for c in contents if not isinstance(c, str)]
        coded = self.inner(
            first,
            second or None,
            truncation=True,
            max_length=self.max_length,
            return_attention_mask=False,
            verbose=False,
        )
        return [dict(zip(coded, row, strict=True)) for row in zip(*coded.values(), strict=True)]

    def pad(self, rows: Sequence[Encoding]) -> dict[str, torch.Tensor]:
        """One batch as tensors of shape (rows, longest of them), with an attention mask."""
        import torch

        lengths = [len(row["input_ids"]) for row in rows]
        padding = {**_PADDED_WITH, "input_ids": self.inner.pad_token_id or 0}
        batch = {}
        for key in rows[0]:
            table = np.full((len(rows), max(lengths)), padding[key], dtype=np.int64)
            for line, row, length in zip(table, rows, lengths, strict=True):
                line[:length] = row[key]
            batch[key] = torch.from_numpy(table)
        mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
        return batch | {"attention_mask": torch.from_numpy(mask.astype(np.int64))}

    def batches(
        self, contents: Sequence[Content], tokens: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, torch.Tensor]]]:
        """All texts in batches of like length: the rows concerned, and their padded tensors.

        Args:
            contents: Texts or pairs, in any order.
            tokens: Most tokens of a batch, padding included (a longer single text goes alone).
        """
        for rows, encodings in self.encoded_batches(contents, tokens):
            yield rows, self.pad(encodings)

    def encoded_batches(
        self, contents: Sequence[Content], tokens: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], list[Encoding]]]:
        """As `batches`, but without padding them: each text's own encoding."""
        order = np.argsort([_characters(content) for content in contents], kind="stable")
        for start in range(0, len(order), WINDOW):
            window = order[start : start + WINDOW]
            encodings = self.encode([contents[row] for row in window])
            for rows in _by_length(encodings, tokens):
                yield window[rows], [encodings[row] for row in rows]


def _by_length(encodings: Sequence[Encoding], tokens: int) -> Iterator[list[int]]:
    """Rows sorted by length and cut into batches of at most `tokens` tokens after padding."""
    lengths = [len(encoding["input_ids"]) for encoding in encodings]
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[row] * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _characters(content: Content) -> int:
    return len(content) if isinstance(content, str) else len(content[0]) + len(content[1])


def _readable(text: str, limit: int) -> str:
    """The part of a text that can matter, with half characters (lone surrogates) replaced."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8")
