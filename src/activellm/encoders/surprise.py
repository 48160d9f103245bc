"""How surprising each token of a text is to an encoder's masked-language head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.encoders.device import memory_errors, resolve_device
from activellm.encoders.masked_head import has_masked_head, load_masked_lm
from activellm.encoders.names import EMBEDDED, encoder_folder
from activellm.encoders.quiet import quiet_transformers
from activellm.encoders.tokens import Tokenizer
from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.progress import Progress, silent

if TYPE_CHECKING:
    import torch

Surprisals: TypeAlias = npt.NDArray[np.float32]
"""Shape (texts, longest of them in tokens), in nats; 0 for special tokens and beyond a text."""

LOGITS_A_BATCH = {"cpu": 2**25, "cuda": 2**28}
"""Numbers computed at once: one a token and word of the vocabulary."""

_REMEDY = "Name an encoder with a masked-language head, such as bert-base-uncased or roberta-base."


def surprisals(
    spec: str,
    contents: Sequence[Content],
    *,
    device: str = "auto",
    max_length: int = 256,
    progress: Progress = silent,
) -> Surprisals:
    """The negative log-probability of each token of the whole, unmasked text.

    Source: Yuan, Lin and Boyd-Graber 2020, Cold-start active learning through self-supervised
    language modeling (ALPS), section 3.1, there called the surprisal embedding.

    Args:
        spec: An encoder's name, as for `open_encoder`.
        contents: n texts, or n pairs (read as two segments).
        device: "auto", "cpu", "cuda", ...
        max_length: Most tokens of a text, or of both of a pair, that are read.
        progress: Told how many texts are done.

    Returns:
        One row a text, in the order given.

    Raises:
        UsageError: If the encoder has no such head.
        ActiveLLMError: If it cannot be found or loaded, or memory runs out.
    """
    folder = encoder_folder(spec)
    if not has_masked_head(folder):
        called = "The embedded encoder" if spec == EMBEDDED else f"The encoder {spec!r}"
        raise UsageError(
            f"{called} has no masked-language head, which says how surprising a text is.",
            where="--encoder",
            remedy=_REMEDY,
        )
    if not len(contents):
        return np.zeros((0, 0), dtype=np.float32)
    with memory_errors("Use a smaller encoder, or --device cpu."):
        return _surprisals(folder, contents, resolve_device(device), max_length, progress)


def _surprisals(
    folder: Path,
    contents: Sequence[Content],
    device: torch.device,
    max_length: int,
    progress: Progress,
) -> Surprisals:
    import torch

    tokenizer, model = _load(folder, device, max_length)
    inner = tokenizer.inner
    special = torch.tensor(sorted({*inner.all_special_ids} - {inner.unk_token_id}), device=device)
    tokens = max(1, LOGITS_A_BATCH.get(device.type, 2**25) // model.config.vocab_size)
    parts, done = [], 0
    with torch.inference_mode():
        for rows, batch in tokenizer.batches(contents, tokens):
            found = _batch(model, {name: t.to(device) for name, t in batch.items()}, special)
            parts.append((rows, found.cpu().numpy()))
            done += len(rows)
            progress("Reading texts", done, len(contents))
    table = np.zeros((len(contents), max(part.shape[1] for _, part in parts)), dtype=np.float32)
    for rows, part in parts:
        table[rows, : part.shape[1]] = part
    return table


def _batch(model: Any, batch: Mapping[str, torch.Tensor], special: torch.Tensor) -> torch.Tensor:
    import torch

    tokens = batch["input_ids"]
    logits = model(**batch).logits.float()
    own = logits.gather(2, tokens.unsqueeze(2)).squeeze(2)
    surprise = torch.logsumexp(logits, dim=2) - own
    counts = batch["attention_mask"].bool() & ~torch.isin(tokens, special)
    return torch.where(counts, surprise.clamp(min=0), 0.0)


def _load(folder: Path, device: torch.device, max_length: int) -> tuple[Tokenizer, Any]:
    import torch

    model = load_masked_lm(folder, torch.bfloat16 if device.type == "cuda" else torch.float32)
    with quiet_transformers():
        tokenizer = Tokenizer.load(folder, max_length)
    return tokenizer, model.to(device).eval()
