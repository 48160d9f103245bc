"""What a fine-tuned classifier says of many texts: forward passes in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from activellm.encoders.device import memory_errors
from activellm.encoders.tokens import Tokenizer
from activellm.pool.example import Content
from activellm.progress import Progress
from activellm.successors.checks import check_contents
from activellm.successors.contract import Probabilities
from activellm.successors.dropout import Batch, check_dropout, sampled_logits
from activellm.successors.heads import layer_input, output_layer
from activellm.successors.packing import can_pack, only_tokens, packed_logits
from activellm.task import Task

Features: TypeAlias = npt.NDArray[np.float32]

_TOKENS_A_BATCH = {"cpu": 512, "cuda": 65536}
_NUMBERS = {np.dtype(np.float32): torch.float32, np.dtype(np.float64): torch.float64}


@dataclass(frozen=True)
class Network:
    """A trained classifier that is only asked. Nothing here changes it.

    Attributes:
        model: A transformers sequence classifier in evaluation mode, on its device.
        tokenizer: Its tokenizer.
        task: Its labels.
    """

    model: Any
    tokenizer: Tokenizer
    task: Task

    def probabilities(self, contents: Sequence[Content], progress: Progress) -> Probabilities:
        """Label probabilities, shape (n, labels)."""
        check_contents(contents, self.task)
        odds = np.zeros((len(contents), len(self.task.label_names)))
        if can_pack(self.model):
            batches = self.tokenizer.encoded_batches(contents, self._budget)
            self._fill(odds, batches, partial(packed_logits, self.model), progress)
        else:
            self._fill_padded(odds, contents, lambda batch: self.model(**batch).logits, progress)
        return self._chances(odds)

    def samples(
        self, contents: Sequence[Content], passes: int, seed: int, progress: Progress
    ) -> Probabilities:
        """Label probabilities under `passes` dropout masks, shape (passes, n, labels).

        Raises:
            UsageError: If the model has no dropout.
        """
        check_contents(contents, self.task)
        check_dropout(self.model)

        def compute(batch: Batch) -> torch.Tensor:
            longest, budget = self.tokenizer.max_length, self._budget
            return sampled_logits(
                self.model, batch, passes, seed=seed, positions=longest, tokens=budget
            )

        odds = np.zeros((passes, len(contents), len(self.task.label_names)))
        self._fill_padded(odds, contents, compute, progress)
        return self._chances(odds)

    def features(self, contents: Sequence[Content], progress: Progress) -> Features:
        """What the last linear layer reads of each text, shape (n, d)."""
        check_contents(contents, self.task)
        layer = output_layer(self.model, len(self.task.label_names))
        table = np.zeros((len(contents), layer.in_features), dtype=np.float32)
        self._fill_padded(
            table, contents, lambda batch: layer_input(self.model, layer, batch), progress
        )
        return table

    @torch.inference_mode()
    def of_features(self, features: Features) -> Probabilities:
        """Label probabilities from what `features` gave, shape (n, labels)."""
        layer = output_layer(self.model, len(self.task.label_names))
        weights, bias = layer.weight.float().cpu(), layer.bias.float().cpu()
        odds = torch.nn.functional.linear(torch.from_numpy(features), weights, bias)
        return self._chances(odds.double().numpy())

    @property
    def _budget(self) -> int:
        """Most tokens computed at once: on a CPU few enough for its cache, on a GPU enough."""
        return _TOKENS_A_BATCH.get(self.model.device.type, 8192)

    def _fill_padded(
        self,
        table: npt.NDArray[Any],
        contents: Sequence[Content],
        compute: Callable[[Batch], torch.Tensor],
        progress: Progress,
    ) -> None:
        """Fill a table from padded batches; only first tokens go on after the last attention."""
        device = self.model.device
        first = only_tokens(self.model, slice(None), 0) if can_pack(self.model) else nullcontext()
        batches = (
            (rows, {name: tensor.to(device) for name, tensor in batch.items()})
            for rows, batch in self.tokenizer.batches(contents, self._budget)
        )
        with first:
            self._fill(table, batches, compute, progress)

    def _fill(
        self,
        table: npt.NDArray[Any],
        batches: Iterable[tuple[npt.NDArray[np.int64], Any]],
        compute: Callable[[Any], torch.Tensor],
        progress: Progress,
    ) -> None:
        """Compute something of every text without gradients, on a GPU in bfloat16.

        Args:
            table: Filled in place, shape (..., texts, columns).
            batches: The texts' numbers and what `compute` takes.
            compute: From one batch to numbers of shape (..., texts of the batch, columns).
            progress: Told how many texts are done.
        """
        done, device = 0, self.model.device.type
        autocast = torch.autocast(device, torch.bfloat16, enabled=device == "cuda")
        with memory_errors("Use --device cpu."), torch.inference_mode(), autocast:
            for rows, batch in batches:
                found = compute(batch)
                table[..., rows, :] = found.to("cpu", _NUMBERS[table.dtype]).numpy()
                done += len(rows)
                progress("Predicting", done, table.shape[-2])

    def _chances(self, odds: Probabilities) -> Probabilities:
        table = torch.from_numpy(odds)
        chances: Probabilities = (table.sigmoid() if self.task.multi else table.softmax(-1)).numpy()
        return chances
