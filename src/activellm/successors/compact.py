"""An embedding table of only the tokens that occur, for training with the same result in less time.

A few dozen texts use a few hundred of an encoder's tens of thousands of token vectors. The others
have gradient zero at every step, so AdamW does nothing to them but decay. Here they are left out of
the training and their decay is made up for in one multiplication at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from activellm.encoders.tokens import Encoding


class CompactEmbedding(nn.Module):
    """Stands in for a model's token embedding while it is trained on known texts.

    Args:
        full: The table that it stands in for.
        used: The token numbers that will be asked for, sorted, each once.
    """

    places: torch.Tensor
    used: torch.Tensor

    def __init__(self, full: nn.Embedding, used: torch.Tensor) -> None:
        super().__init__()
        self.full = [full]  # in a list, so that its weights are not trained
        places = torch.full((full.num_embeddings,), -1, dtype=torch.long, device=used.device)
        places[used] = torch.arange(len(used), device=used.device)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("used", used, persistent=False)
        self.weight = nn.Parameter(full.weight.detach()[used].clone())
        padding = full.padding_idx
        self.padding = None if padding is None else int(places[padding])

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Vectors of token numbers; the padding token's gets no gradient, as in the full table."""
        return nn.functional.embedding(self.places[tokens], self.weight, padding_idx=self.padding)

    @torch.no_grad()
    def restore(self, decay: float) -> nn.Embedding:
        """The full table: trained rows written back, all others times `decay`."""
        full = self.full[0]
        full.weight.mul_(decay)
        full.weight[self.used] = self.weight
        return full


def compact(model: Any, encodings: Iterable[Encoding], extra: Iterable[int]) -> Any:
    """Put a CompactEmbedding into a model, where its token embedding is a plain table.

    Args:
        model: A transformers model.
        encodings: All that it will be trained on.
        extra: Further token numbers that may occur: padding.

    Returns:
        The CompactEmbedding, or None where the model was left as it is.
    """
    table = model.get_input_embeddings()
    if type(table) is not nn.Embedding or table.max_norm or table.sparse:
        return None
    padding = [] if table.padding_idx is None else [table.padding_idx]
    tokens = np.unique([*(t for row in encodings for t in row["input_ids"]), *extra, *padding])
    small = CompactEmbedding(table, torch.from_numpy(tokens).to(table.weight.device))
    model.set_input_embeddings(small)
    return small
