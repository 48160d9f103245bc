"""An encoder's masked-language head: whether there is one, and the model with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activellm.encoders.quiet import quiet_transformers
from activellm.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    import torch

# The first tensor of the heads that transformers has: BERT and DeBERTa, RoBERTa's kind and MPNet,
# DistilBERT, ELECTRA's generator, ALBERT, ModernBERT.
_HEADS = (
    "cls.predictions.transform.dense.weight",
    "lm_head.dense.weight",
    "vocab_transform.weight",
    "generator_predictions.dense.weight",
    "predictions.dense.weight",
    "head.dense.weight",
)
_MOST_HEADER = 100_000_000
_REMEDY = "Name an encoder with a masked-language head, such as bert-base-uncased or roberta-base."


def has_masked_head(folder: Path) -> bool:
    """Whether an encoder's weights hold a masked-language head. Reads their names only.

    Args:
        folder: A model folder, as `encoder_folder` gives it.

    Raises:
        DataError: If a weights file cannot be read.
    """
    names: set[str] = set()
    for path in folder.glob("model*.safetensors"):
        names |= _tensor_names(path)
    if "head.dense.weight" in names and "decoder.bias" not in names:
        names.discard("head.dense.weight")  # ModernBERT's classifiers have the first part only
    return not names.isdisjoint(_HEADS)


def load_masked_lm(folder: Path, dtype: torch.dtype | None = None) -> Any:
    """A folder's encoder with its masked-language head.

    Args:
        folder: A model folder, as `encoder_folder` gives it.
        dtype: The weights' number type; float32 if not given.

    Raises:
        DataError: If the folder holds no such model, or not all of its weights.
        MissingExtraError: If transformers is not installed.
    """
    try:
        from transformers import AutoModelForMaskedLM
    except ImportError:
        raise MissingExtraError("Reading texts with an encoder", "local") from None
    import torch
    from safetensors import SafetensorError

    try:
        # Missing weights are drawn at random: keep that out of the state that training starts from.
        with quiet_transformers(), torch.random.fork_rng(devices=[]):
            model, report = AutoModelForMaskedLM.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=dtype or torch.float32,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise DataError(f"Cannot load the encoder: {error}.", where=str(folder)) from None
    if report["missing_keys"]:
        raise DataError(
            "The encoder's masked-language head is not all there.",
            where=str(folder),
            remedy=_REMEDY,
        )
    return model


def _tensor_names(path: Path) -> set[str]:
    """The names in a safetensors file: the keys of the JSON header, after its length."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > _MOST_HEADER:
                raise ValueError
            names = json.loads(file.read(length))
        return set(names)
    except (OSError, ValueError, TypeError):
        raise DataError("These weights cannot be read.", where=str(path)) from None
