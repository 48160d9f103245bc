"""A trained network that reads texts with slots in them, and is only asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from activellm.encoders.device import memory_errors
from activellm.pool.example import Content
from activellm.progress import Progress
from activellm.successors.cloze import Clozes
from activellm.successors.contract import Probabilities
from activellm.successors.dropout import Batch, check_dropout, sampled_logits

_TOKENS_A_BATCH = {"cpu": 1024, "cuda": 16384}


@dataclass(frozen=True)
class Reader:
    """A network and how texts are put before it.

    Attributes:
        network: From `Clozes.batch`'s inputs to an object whose `logits` hold scores, shape
            (items, scores an item); a module with a `device`.
        clozes: How a text becomes one item, or one for each label.
    """

    network: Any
    clozes: Clozes

    def scores(self, contents: Sequence[Content], labels: int, progress: Progress) -> Probabilities:
        """Log-odds of the learned labels.

        Args:
            contents: n texts or pairs, at least one.
            labels: How many labels are learned.
            progress: Told how many texts are done.

        Returns:
            Shape (n, labels).
        """
        table = np.zeros((len(contents), labels))
        return self._fill(table, contents, lambda batch: self.network(**batch).logits, progress)

    def samples(
        self, contents: Sequence[Content], labels: int, passes: int, seed: int, progress: Progress
    ) -> Probabilities:
        """The same under `passes` dropout masks, shape (passes, n, labels).

        Raises:
            UsageError: If the network has no dropout.
        """
        check_dropout(self.network)

        def compute(batch: Batch) -> torch.Tensor:
            longest, budget = self.clozes.tokenizer.max_length, self._budget
            return sampled_logits(
                self.network, batch, passes, seed=seed, positions=longest, tokens=budget
            )

        return self._fill(np.zeros((passes, len(contents), labels)), contents, compute, progress)

    @property
    def _budget(self) -> int:
        """Most tokens computed at once: on a CPU few enough for its cache."""
        return _TOKENS_A_BATCH.get(self.network.device.type, 8192)

    def _fill(
        self,
        scores: Probabilities,
        contents: Sequence[Content],
        compute: Callable[[Batch], torch.Tensor],
        progress: Progress,
    ) -> Probabilities:
        """Compute every item's scores, on a GPU in bfloat16, into shape (..., texts, labels)."""
        width, done, device = len(self.clozes.templates), 0, self.network.device
        table = scores.reshape(*scores.shape[:-2], len(contents) * width, -1)
        autocast = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
        with memory_errors("Use --device cpu."), torch.inference_mode(), autocast:
            for rows, batch in self.clozes.batches(contents, self._budget):
                found = compute({name: tensor.to(device) for name, tensor in batch.items()})
                table[..., rows, :] = found.to("cpu", torch.float64).numpy()
                done += len(rows)
                progress("Predicting", done // width, len(contents))
        return table.reshape(scores.shape)
