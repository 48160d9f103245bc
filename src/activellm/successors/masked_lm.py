"""An encoder with its masked-language head: loading it, and asking it at some places of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from activellm.encoders import Encoder, has_masked_head
from activellm.encoders.masked_head import load_masked_lm
from activellm.encoders.names import EMBEDDED, encoder_folder, fingerprints
from activellm.encoders.quiet import quiet_transformers
from activellm.encoders.tokens import Tokenizer
from activellm.errors import UsageError

_REMEDY = (
    "Name an encoder that has one, such as bert-base-uncased or roberta-base, "
    "or use --successor finetune, linear or setfit, which need none."
)


@dataclass(frozen=True)
class MaskedEncoder:
    """An encoder that is to have a masked-language head, found when it is first needed.

    Attributes:
        given: A name for `open_encoder`, or an open encoder, whose folder is taken.
    """

    given: str | Encoder

    @property
    def spec(self) -> str:
        """How the user named it."""
        return self.given if isinstance(self.given, str) else self.given.spec

    @cached_property
    def folder(self) -> Path:
        """Its folder; a hub id is fetched if it is not here yet."""
        return encoder_folder(self.given) if isinstance(self.given, str) else self.given.folder

    @cached_property
    def weights(self) -> str:
        """The SHA-256 of its weights."""
        return fingerprints(self.folder)["weights"]

    def check(self, successor: str) -> None:
        """Refuse weights that hold no masked-language head.

        Args:
            successor: Who needs the head.

        Raises:
            UsageError: If there is none.
        """
        if not has_masked_head(self.folder):
            embedded = self.spec == EMBEDDED
            called = "The embedded encoder" if embedded else f"The encoder {self.spec!r}"
            raise UsageError(
                f"{called} has no masked-language head, which the successor {successor!r} needs.",
                where="--encoder",
                remedy=_REMEDY,
            )

    def open(self, device: torch.device, max_length: int) -> tuple[Tokenizer, Any]:
        """Its tokenizer, and its model with the head."""
        with quiet_transformers():
            tokenizer = Tokenizer.load(self.folder, max_length)
        return tokenizer, load_masked_lm(self.folder).to(device)


def hidden_at(model: Any, batch: Mapping[str, torch.Tensor], places: torch.Tensor) -> torch.Tensor:
    """The encoder's last hidden states at some places of each text, before the head.

    Args:
        model: As `load_masked_lm` gives it.
        batch: Its inputs.
        places: Which tokens of each row, shape (rows, places).

    Returns:
        Shape (rows, places, width).
    """
    return _at(model.base_model(**batch)[0], places)


def logits_at(model: Any, batch: Mapping[str, torch.Tensor], places: torch.Tensor) -> torch.Tensor:
    """The head's logits for every word of the vocabulary at some places of each text.

    The head computes these places alone: a row of logits is tens of thousands of numbers.

    Args:
        model: As `load_masked_lm` gives it.
        batch: Its inputs.
        places: Which tokens of each row, shape (rows, places).

    Returns:
        Shape (rows, places, words), float32.
    """

    def cut(_module: Any, _inputs: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return (_at(output[0], places), *output[1:])
        output["last_hidden_state"] = _at(output[0], places)
        return output

    hook = model.base_model.register_forward_hook(cut)
    try:
        logits: torch.Tensor = model(**batch).logits
    finally:
        hook.remove()
    return logits.float()


def log_probabilities_at(
    model: Any, batch: Mapping[str, torch.Tensor], places: torch.Tensor, tokens: torch.Tensor
) -> torch.Tensor:
    """The log-probability of given tokens, against the whole vocabulary, at some places.

    Args:
        model: As `load_masked_lm` gives it.
        batch: Its inputs.
        places: Shape (rows, places).
        tokens: Which tokens at each place, shape (rows, places, tokens).

    Returns:
        Shape (rows, places, tokens), at most 0.
    """
    logits = logits_at(model, batch, places)
    return logits.gather(2, tokens) - logits.logsumexp(dim=2, keepdim=True)


def _at(hidden: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    return hidden.gather(1, places.unsqueeze(2).expand(-1, -1, hidden.shape[2]))
