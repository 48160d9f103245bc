"""A batch of texts as one row without padding: the same logits, fewer tokens to compute.

The texts stand one after another; each keeps its own positions, and the attention mask lets tokens
see their own text only. Known for BERT's family, whose classifying head reads each text's first
token; every other architecture is padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from activellm.encoders.tokens import Encoding

_FROM_ZERO = ("bert", "electra")
_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert")


def can_pack(model: Any) -> bool:
    """Whether `packed_logits` knows this model."""
    config = model.config
    return (
        config.model_type in (*_FROM_ZERO, *_AFTER_PADDING)
        and config._attn_implementation == "sdpa"
        and not getattr(config, "is_decoder", False)
    )


def saves_work(encodings: Sequence[Encoding], width: int) -> bool:
    """Whether packing a batch costs less than padding it.

    A token costs work proportional to 6 widths for the layers' matrices, plus its row's length for
    the attention (both from counting multiplications in one transformer layer).
    """
    lengths = [len(row["input_ids"]) for row in encodings]
    total, padded = sum(lengths), len(lengths) * max(lengths)
    return total * (6 * width + total) < padded * (6 * width + max(lengths))


def packed_logits(model: Any, encodings: Sequence[Encoding]) -> torch.Tensor:
    """The model's logits, shape (texts, labels), as from a padded batch.

    Args:
        model: A sequence classifier that `can_pack` accepts.
        encodings: The batch.
    """
    device = model.device
    lengths = np.array([len(row["input_ids"]) for row in encodings])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    owner = torch.from_numpy(np.repeat(np.arange(len(lengths)), lengths)).to(device)
    positions = np.concatenate([np.arange(length) for length in lengths]) + _first_position(model)
    inputs = {
        key: torch.tensor([[n for row in encodings for n in row[key]]], device=device)
        for key in encodings[0]
    }

    def first_tokens(_module: Any, _inputs: Any, output: Any) -> Any:
        return output[0][0, starts].unsqueeze(1), *output[1:]

    # After the last attention nothing but each text's first token reaches the head.
    hook = model.base_model.encoder.layer[-1].attention.register_forward_hook(first_tokens)
    try:
        logits: torch.Tensor = model(
            **inputs,
            position_ids=torch.from_numpy(positions).to(device).unsqueeze(0),
            attention_mask=(owner[:, None] == owner)[None, None],
        ).logits
    finally:
        hook.remove()
    return logits


def _first_position(model: Any) -> int:
    """RoBERTa's kind counts positions from the padding token's number on."""
    config = model.config
    return 0 if config.model_type in _FROM_ZERO else int(config.pad_token_id) + 1
