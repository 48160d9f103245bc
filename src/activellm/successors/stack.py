"""Several networks of one shape as one: every matrix product serves all of them.

A small encoder and a small batch keep a GPU waiting for its next order: a step takes as long as
its hundreds of kernels take to start. Networks that differ in their weights and their texts alone
can share these kernels (`torch.func.vmap`), so that ten take little longer than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, vmap

from activellm.successors.precision import NumberType, autocast
from activellm.successors.training import MAX_NORM, Recipe

FAMILIES = ("bert", "electra", "roberta", "xlm-roberta", "camembert")
"""Architectures that take a mask of every head's scores, as they must inside `vmap`."""


def can_stack(model: Any) -> bool:
    """Whether a `Stack` knows this kind of model."""
    return model.config.model_type in FAMILIES and not getattr(model.config, "is_decoder", False)


class Stack:
    """Networks that are trained side by side.

    Their weights are kept in two tables with a line a network: those that decay (matrices) and
    those that do not. `give_back` writes them into the networks.

    Args:
        models: Transformers models of one shape, on one device, that `can_stack` accepts.
    """

    def __init__(self, models: Sequence[Any]) -> None:
        self._models = models
        trained = [(n, p.shape) for n, p in models[0].named_parameters() if p.requires_grad]
        matrices = [(name, shape) for name, shape in trained if len(shape) >= 2]
        vectors = [(name, shape) for name, shape in trained if len(shape) < 2]
        self._tables = [(part, _table(models, part)) for part in (matrices, vectors)]

    def optimizer(self, recipe: Recipe) -> torch.optim.AdamW:
        """AdamW for all networks; see `training.optimizer_for`."""
        (_, matrices), (_, vectors) = self._tables
        groups = [
            {"params": [matrices], "weight_decay": recipe.weight_decay},
            {"params": [vectors], "weight_decay": 0.0},
        ]
        fused = matrices.device.type in ("cpu", "cuda")
        return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=fused)

    def __call__(self, batch: Mapping[str, torch.Tensor], numbers: NumberType) -> torch.Tensor:
        """What each network makes of its own texts.

        Args:
            batch: Inputs with an attention mask, each of shape (networks, texts, tokens).
            numbers: What the products are computed in.

        Returns:
            The first of a network's outputs, shape (networks, texts, ...).
        """
        network = self._models[0]
        mask = batch["attention_mask"][:, :, None, None, :]
        least = torch.finfo(torch.float32).min
        scores = torch.zeros(mask.shape, device=mask.device).masked_fill(mask == 0, least)

        def one(weights: dict[str, torch.Tensor], inputs: dict[str, torch.Tensor]) -> torch.Tensor:
            with autocast(network, numbers):
                call = {**inputs, "return_dict": False}
                found: torch.Tensor = functional_call(network, weights, kwargs=call)[0]
            return found.float()

        inputs = {**batch, "attention_mask": scores}
        found: torch.Tensor = vmap(one, randomness="different")(self._weights(), inputs)
        return found

    def clip(self) -> None:
        """Shorten each network's gradient by itself, as `MAX_NORM` says."""
        gradients = [table.grad for _, table in self._tables if table.grad is not None]
        norms = torch.stack([torch.linalg.vector_norm(one, dim=1) for one in gradients])
        factors = (MAX_NORM / (norms.square().sum(dim=0).sqrt() + 1e-6)).clamp(max=1.0)
        for one in gradients:
            one.mul_(factors[:, None])

    @torch.no_grad()
    def give_back(self) -> None:
        """Write what was learned into the networks."""
        lines = {name: table.unbind() for name, table in self._weights().items()}
        for number, model in enumerate(self._models):
            for name, weight in model.named_parameters():
                if name in lines:
                    weight.copy_(lines[name][number])

    @contextmanager
    def training(self) -> Iterator[None]:
        """Within it the networks are in training mode, and attention is plain products."""
        network = self._models[0]
        before = network.config._attn_implementation
        network.set_attn_implementation("eager")
        network.train()
        try:
            yield
        finally:
            network.set_attn_implementation(before)
            for model in self._models:
                model.eval()

    def _weights(self) -> dict[str, torch.Tensor]:
        """Name -> the weight in all networks, shape (networks, ...): views of the tables."""
        found = {}
        for part, table in self._tables:
            pieces = torch.split(table, [shape.numel() for _, shape in part], dim=1)
            for (name, shape), piece in zip(part, pieces, strict=True):
                found[name] = piece.view(len(table), *shape)
        return found


@torch.no_grad()
def _table(models: Sequence[Any], part: Sequence[tuple[str, torch.Size]]) -> nn.Parameter:
    lines = []
    for model in models:
        weights = dict(model.named_parameters())
        lines.append(torch.cat([weights[name].flatten() for name, _ in part]))
    return nn.Parameter(torch.stack(lines))
