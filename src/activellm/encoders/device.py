"""Where models compute: device, threads, and the messages when memory runs out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from activellm.errors import ActiveLLMError, MissingExtraError, UsageError

if TYPE_CHECKING:
    import torch

THREADS = "ACTIVELLM_THREADS"
"""Environment variable: how many threads models may use on the CPU; torch's own choice if unset."""


def resolve_device(device: str) -> torch.device:
    """The torch device for a user's choice, and the number of threads set as asked.

    Args:
        device: "auto" (a CUDA GPU if there is one, else the CPU), "cpu", "cuda", "cuda:1", "mps".

    Raises:
        UsageError: If there is no such device here.
        MissingExtraError: If torch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError("Computing embeddings and fine-tuning", "local") from None
    _set_threads()
    # cuDNN's attention breaks off now and then (pytorch issues 122695 and 190321, and three of our
    # fifteen runs on an H200): torch's own kernels take its place.
    torch.backends.cuda.enable_cudnn_sdp(False)
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError):
        raise UsageError(
            f"There is no device {device!r} that torch can use here.",
            where="--device",
            remedy="Use auto, cpu, cuda, or cuda:0, cuda:1, ...",
        ) from None
    return chosen


def _set_threads() -> None:
    given = os.environ.get(THREADS, "").strip()
    if not given:
        return
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"{given!r} is no number of threads.", where=THREADS)
    import torch

    if torch.get_num_threads() != int(given):
        torch.set_num_threads(int(given))


@contextmanager
def memory_errors(remedy: str) -> Iterator[None]:
    """Turn running out of memory, on the CPU or a GPU, into a message with a remedy."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        text = str(error).lower()
        if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate" in text:
            raise ActiveLLMError(
                "The memory is not enough for this model.", remedy=remedy
            ) from None
        raise
