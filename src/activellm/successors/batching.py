"""A fine-tuned classifier's forward passes over many texts, in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from activellm.encoders.device import memory_errors
from activellm.encoders.tokens import Tokenizer
from activellm.pool.example import Content
from activellm.progress import Progress
from activellm.successors.packing import can_pack, only_tokens

Batch: TypeAlias = dict[str, torch.Tensor]
"""A model's inputs on its device, each of shape (texts, longest of them)."""

_TOKENS_A_BATCH = {"cpu": 1024, "cuda": 65536}
_NUMBERS = {np.dtype(np.float32): torch.float32, np.dtype(np.float64): torch.float64}


def token_budget(device: torch.device) -> int:
    """Most tokens computed at once: on a CPU few enough for its cache, on a GPU enough."""
    return _TOKENS_A_BATCH.get(device.type, 8192)


def fill(
    table: npt.NDArray[Any],
    model: Any,
    tokenizer: Tokenizer,
    contents: Sequence[Content],
    compute: Callable[[Batch], torch.Tensor],
    progress: Progress,
) -> None:
    """Compute something of every text without gradients, on a GPU in bfloat16.

    Args:
        table: Filled in place, shape (..., texts, columns).
        model: The classifier, in evaluation mode; its device is used.
        tokenizer: Its tokenizer.
        contents: The texts or pairs.
        compute: From one batch to numbers of shape (..., texts of the batch, columns).
        progress: Told how many texts are done.
    """
    done, device = 0, model.device
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    first = only_tokens(model, slice(None), 0) if can_pack(model) else nullcontext()
    with memory_errors("Use --device cpu."), torch.inference_mode(), autocast, first:
        for rows, batch in tokenizer.batches(contents, token_budget(device)):
            found = compute({name: tensor.to(device) for name, tensor in batch.items()})
            table[..., rows, :] = found.to("cpu", _NUMBERS[table.dtype]).numpy()
            done += len(rows)
            progress("Predicting", done, len(contents))
