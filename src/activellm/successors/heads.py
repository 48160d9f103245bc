"""The classifying head: which labels it learns, with which loss, and what it says of the others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from activellm.errors import DataError
from activellm.successors.checks import ClassWeights
from activellm.successors.contract import Weights
from activellm.task import Targets, Task

_NEVER_BY_SOFTMAX = -1e4
"""A logit whose share in a softmax is exactly 0 in every number type."""

_CERTAIN_BY_SIGMOID = 80.0
"""A logit that is probability 1 (negative: 1e-35) without overflow in float32."""


def load_classifier(folder: Path, task: Task, *, trained: bool = False) -> Any:
    """A folder's encoder with a head for the task.

    Args:
        folder: A model folder.
        task: Its labels become the model's.
        trained: Whether the folder must hold the head's weights too. Otherwise what is missing, or
            of another size, is new, drawn from torch's global generator.

    Raises:
        DataError: If the folder holds no such model.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification

    names = dict(enumerate(task.label_names))
    kind = "multi_label_classification" if task.multi else "single_label_classification"
    try:
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            ignore_mismatched_sizes=not trained,
            output_loading_info=True,
            id2label=names,
            label2id={name: number for number, name in names.items()},
            problem_type=kind,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise DataError(f"Cannot load a classifier: {error}.", where=str(folder)) from None
    if trained and report["missing_keys"]:
        raise DataError("The classifier's weights are not all there.", where=str(folder))
    return model


class Head:
    """What a head is to learn from given answers.

    Labels without examples take no part in the loss. In a multi-label task the same holds for
    labels that every text has.

    Args:
        task: The labels.
        targets: The answers that it is trained on.
        class_weights: "balanced" weighs each label's examples to the same total.
        device: Where the loss is computed.
        weights: How much each text counts; None for 1 each.
    """

    def __init__(
        self,
        task: Task,
        targets: Targets,
        class_weights: ClassWeights,
        device: torch.device,
        weights: Weights | None = None,
    ) -> None:
        self.multi = task.multi
        labels = len(task.label_names)
        heavy = np.ones(len(targets)) if weights is None else weights
        if task.multi:
            on, texts = targets.sum(axis=0), len(targets)
            self.never, self.always = np.flatnonzero(on == 0), np.flatnonzero(on == texts)
            self.active = np.flatnonzero((on > 0) & (on < texts))
            self._goals = torch.from_numpy(targets[:, self.active].astype(np.float32)).to(device)
            have = heavy @ targets[:, self.active]
            balance = (heavy.sum() - have) / have
        else:
            counts = np.bincount(targets, minlength=labels)
            self.active, self.always = np.flatnonzero(counts), np.flatnonzero([])
            self.never = np.flatnonzero(counts == 0)
            self._goals = torch.from_numpy(np.searchsorted(self.active, targets)).to(device)
            total = np.bincount(targets, heavy, labels)[self.active]
            balance = heavy.sum() / (len(self.active) * total)
        balanced = torch.from_numpy(balance.astype(np.float32)).to(device)
        self._balance = balanced if class_weights == "balanced" else None
        self._weights = None
        if weights is not None:  # mean 1, so that the step size means the same
            scaled = (weights / weights.mean()).astype(np.float32)
            self._weights = torch.from_numpy(scaled).to(device)

    @property
    def learns(self) -> bool:
        """Whether there is anything to tell apart."""
        return len(self.active) > (0 if self.multi else 1)

    def loss(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Mean loss of a batch: cross-entropy, or binary cross-entropy if multi-label.

        Args:
            logits: Shape (rows, labels).
            rows: Which of the training texts they belong to.
        """
        chosen, goals = logits[:, self.active], self._goals[rows]
        reduction = "mean" if self._weights is None else "none"
        if self.multi:
            value = functional.binary_cross_entropy_with_logits(
                chosen, goals, pos_weight=self._balance, reduction=reduction
            )
        else:
            value = functional.cross_entropy(
                chosen, goals, weight=self._balance, reduction=reduction
            )
        if self._weights is None:
            return value
        return (value.reshape(len(rows), -1).mean(dim=1) * self._weights[rows]).mean()

    @torch.no_grad()
    def seal(self, model: Any) -> None:
        """Fix the labels that were not learned: probability 0, or 1 for what every text has."""
        layer = output_layer(model, model.config.num_labels)
        never = -_CERTAIN_BY_SIGMOID if self.multi else _NEVER_BY_SOFTMAX
        for labels, logit in ((self.never, never), (self.always, _CERTAIN_BY_SIGMOID)):
            layer.weight[labels] = 0.0
            layer.bias[labels] = logit


@torch.no_grad()
def temper(model: Any, temperature: float) -> None:
    """Divide a model's logits by a temperature, but for those of sealed labels."""
    layer = output_layer(model, model.config.num_labels)
    learned = (layer.weight != 0).any(dim=1)
    layer.weight[learned] /= temperature
    layer.bias[learned] /= temperature


def output_layer(model: Any, labels: int) -> nn.Linear:
    """The last linear layer that has one output a label.

    Raises:
        DataError: If the model has none, or one without a bias.
    """
    found = [
        module
        for module in model.modules()
        if isinstance(module, nn.Linear) and module.out_features == labels
    ]
    if not found or found[-1].bias is None:
        raise DataError(f"{type(model).__name__} has no linear head that can be used.")
    return found[-1]


def layer_input(model: Any, layer: nn.Module, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """What a layer reads in a forward pass over a batch."""
    read: list[torch.Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _layer, inputs: read.append(inputs[0]))
    try:
        model(**batch)
    finally:
        hook.remove()
    return read[0]
