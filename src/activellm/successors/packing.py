"""A batch of texts in fewer, fuller rows: the same logits with less padding to compute.

Several texts share a row, one after another; each keeps its own positions, and the attention mask
lets tokens see their own text only. Known for BERT's family, whose classifying head reads each
text's first token; every other architecture is padded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from activellm.encoders.tokens import Encoding

_FROM_ZERO = ("bert", "electra")
_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert")
_FILLER = -1


def can_pack(model: Any) -> bool:
    """Whether `packed_logits` knows this model."""
    config = model.config
    return (
        config.model_type in (*_FROM_ZERO, *_AFTER_PADDING)
        and config._attn_implementation == "sdpa"
        and not getattr(config, "is_decoder", False)
    )


def arrange(lengths: Sequence[int], width: int) -> list[list[int]]:
    """Which texts share a row: the cheapest of some arrangements.

    A token costs work proportional to two hidden widths for the layers, plus its row's length for
    the attention (measured on a CPU, training). Long rows waste attention, short ones padding.

    Args:
        lengths: Tokens of each text.
        width: The model's hidden width.

    Returns:
        For each row the texts in it.
    """
    longest = max(lengths)
    ways = [_fill(lengths, capacity) for capacity in (longest, 2 * longest, sum(lengths))]

    def cost(rows: list[list[int]]) -> int:
        row_length = max(sum(lengths[text] for text in row) for row in rows)
        return len(rows) * row_length * (2 * width + row_length)

    return min(ways, key=cost)


def packed_logits(model: Any, encodings: Sequence[Encoding]) -> torch.Tensor:
    """The model's logits, shape (texts, labels), as from a padded batch.

    Args:
        model: A sequence classifier that `can_pack` accepts.
        encodings: The batch.
    """
    inputs, _, firsts = _packed(model, encodings)
    with only_tokens(model, *firsts):
        logits: torch.Tensor = model(**_tensors(model, inputs)).logits
    return logits


def packed_tokens(model: Any, encodings: Sequence[Encoding]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model makes of each token, and whose token it is.

    Args:
        model: A bare encoder that `can_pack` accepts.
        encodings: The batch.

    Returns:
        The last layer's output, shape (rows, length, hidden width), and the text that each place
        belongs to, shape (rows, length), -1 for none.
    """
    inputs, owner, _ = _packed(model, encodings)
    hidden: torch.Tensor = model(**_tensors(model, inputs)).last_hidden_state
    return hidden, torch.from_numpy(owner).to(hidden.device)


@contextmanager
def only_tokens(model: Any, rows: Any, columns: Any) -> Iterator[None]:
    """Within it, nothing but these tokens goes on after the last attention: less to compute.

    Args:
        model: A sequence classifier that `can_pack` accepts.
        rows: The row of each text's first token; a slice for all rows.
        columns: Its place there.
    """

    def cut(_module: Any, _inputs: Any, output: Any) -> Any:
        return output[0][rows, columns].unsqueeze(1), *output[1:]

    hook = model.base_model.encoder.layer[-1].attention.register_forward_hook(cut)
    try:
        yield
    finally:
        hook.remove()


def _fill(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Longest first, each text into the first row with room for it (first-fit decreasing)."""
    rows: list[list[int]] = []
    room: list[int] = []
    for text in sorted(range(len(lengths)), key=lambda text: -lengths[text]):
        fits = (row for row, left in enumerate(room) if left >= lengths[text])
        row = next(fits, len(rows))
        if row == len(rows):
            rows.append([])
            room.append(capacity)
        rows[row].append(text)
        room[row] -= lengths[text]
    return rows


def _packed(model: Any, encodings: Sequence[Encoding]) -> tuple[dict[str, Any], Any, Any]:
    """The model's inputs, whose each place is, and row and place of each text's first token."""
    lengths = [len(encoding["input_ids"]) for encoding in encodings]
    rows = arrange(lengths, model.config.hidden_size)
    shape = (len(rows), max(sum(lengths[text] for text in row) for row in rows))
    inputs = {key: np.zeros(shape, dtype=np.int64) for key in encodings[0]}
    owner, positions = np.full(shape, _FILLER), np.zeros(shape, dtype=np.int64)
    firsts = np.zeros((2, len(encodings)), dtype=np.int64)
    for number, row in enumerate(rows):
        start = 0
        for text in row:
            place = slice(start, start + lengths[text])
            for key, values in encodings[text].items():
                inputs[key][number, place] = values
            owner[number, place], positions[number, place] = text, np.arange(lengths[text])
            firsts[:, text] = number, start
            start += lengths[text]
    inputs["position_ids"] = positions + _first_position(model)
    inputs["attention_mask"] = (owner[:, :, None] == owner[:, None, :])[:, None]
    return inputs, owner, firsts


def _tensors(model: Any, inputs: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {key: torch.from_numpy(values).to(model.device) for key, values in inputs.items()}


def _first_position(model: Any) -> int:
    """RoBERTa's kind counts positions from the padding token's number on."""
    config = model.config
    return 0 if config.model_type in _FROM_ZERO else int(config.pad_token_id) + 1
