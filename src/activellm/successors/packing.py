"""A batch of texts without padding: the same numbers for less work.

The texts' tokens stand one after another; each text keeps its own positions and sees itself only.
Known for BERT's family, whose classifying head reads each text's first token; every other
architecture is padded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from activellm.successors.layers import all_vectors, first_vectors
from activellm.successors.layout import Layout
from activellm.successors.noise import Masks

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


def packed_logits(model: Any, encodings: Sequence[Encoding]) -> torch.Tensor:
    """The model's logits, shape (texts, labels), as from a padded batch.

    Args:
        model: A sequence classifier that `can_pack` accepts.
        encodings: The batch.
    """
    layout, inputs = _packed(model, encodings)
    with _own_layers(model, layout, first_only=True):
        logits: torch.Tensor = model(**inputs).logits
    return logits[torch.from_numpy(np.argsort(layout.order)).to(logits.device)]


def packed_tokens(model: Any, encodings: Sequence[Encoding]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model makes of each token, and whose token it is.

    Args:
        model: A bare encoder that `can_pack` accepts.
        encodings: The batch.

    Returns:
        The last layer's output, shape (1, tokens, hidden width), and the text that each token
        belongs to, shape (1, tokens).
    """
    layout, inputs = _packed(model, encodings)
    with _own_layers(model, layout, first_only=False):
        hidden: torch.Tensor = model(**inputs).last_hidden_state
    lengths = [len(encodings[text]["input_ids"]) for text in layout.order]
    owner = torch.from_numpy(np.repeat(layout.order, lengths))
    return hidden, owner[None].to(hidden.device)


def _packed(model: Any, encodings: Sequence[Encoding]) -> tuple[Layout, dict[str, torch.Tensor]]:
    """Where the tokens stand, and the model's inputs, each of shape (1, tokens)."""
    lengths = [len(encoding["input_ids"]) for encoding in encodings]
    layout = Layout.of(lengths, model.config.num_attention_heads, model.device)
    inputs = {
        key: np.concatenate([encodings[text][key] for text in layout.order]) for key in encodings[0]
    }
    positions = [np.arange(lengths[text]) for text in layout.order]
    inputs["position_ids"] = np.concatenate(positions) + _first_position(model)
    return layout, {
        key: torch.from_numpy(values.astype(np.int64))[None].to(model.device)
        for key, values in inputs.items()
    }


@contextmanager
def _own_layers(model: Any, layout: Layout, *, first_only: bool) -> Iterator[None]:
    """Within it, the model's encoder is ours; its embeddings and head stay its own."""
    from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions as Output

    encoder = model.base_model.encoder
    masks = None
    if model.training and model.device.type == "cpu":
        masks = Masks(int(torch.randint(2**62, ())))

    def forward(hidden: torch.Tensor, **_options: Any) -> Any:
        if first_only:
            vectors = first_vectors(encoder.layer, hidden[0], layout, masks)
            return Output(last_hidden_state=vectors[:, None])
        return Output(last_hidden_state=all_vectors(encoder.layer, hidden[0], layout, masks)[None])

    encoder.forward = forward
    try:
        yield
    finally:
        del encoder.forward


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


def _first_position(model: Any) -> int:
    """RoBERTa's kind counts positions from the padding token's number on."""
    config = model.config
    return 0 if config.model_type in _FROM_ZERO else int(config.pad_token_id) + 1
