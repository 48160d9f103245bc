"""PERFECT: adapters and label embeddings in place of patterns and words, and prototypes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import nn

from activellm.encoders import Encoder
from activellm.encoders.tokens import Tokenizer
from activellm.errors import DataError, UsageError
from activellm.progress import Progress
from activellm.seeding import generator
from activellm.successors.adapters import add_adapters, trained_weights
from activellm.successors.cloze import FIRST, SECOND, SLOT, Clozes
from activellm.successors.learned import Learned
from activellm.successors.masked import MaskedSuccessor, Training
from activellm.successors.masked_lm import hidden_at
from activellm.successors.prototypes import hinge_loss, prototypes, similarity
from activellm.successors.reader import Reader
from activellm.successors.saved import SavedFacts
from activellm.successors.stepping import Rows, Schedule, parameters, train_steps
from activellm.task import Task

_FILE = "perfect.safetensors"
_CENTRES = "prototypes"
_FIRST_SPREAD = 1e-4
"""Standard deviation of label embeddings at first, as in the paper's repository."""


class Perfect(MaskedSuccessor):
    """Prompt-free: mask tokens after the text, whose states learn to tell the labels apart.

    Trained are an adapter in each layer, the layer normalisations, and for each label one embedding
    a mask token, by a hinge loss. A text then gets the label whose training texts it is nearest to,
    in the mask tokens' states; the label embeddings serve training only. Multi-label tasks have a
    "no" and a "yes" for each label. On a GPU it computes in bfloat16.

    What is saved are the trained weights and the prototypes, a hundredth of the encoder, which is
    needed again to load it.

    Args:
        task: What it decides.
        seed: Decides the first weights, the order of texts and the dropout.
        encoder: A name for `open_encoder`, or an open encoder, whose folder is taken.
        device: "auto", "cpu", "cuda", ...
        masks: Mask tokens, after the text or between the texts of a pair.
        reduction: The encoder's width is this many times the adapters'.
        steps: Batches.
        batch_size: Texts a step.
        learning_rate: AdamW's highest, of the adapters and normalisations.
        label_rate: The same of the label embeddings.
        weight_decay: AdamW's.
        warmup: Share of the steps in which the learning rate rises.
        max_length: Most tokens, mask tokens included; only the texts are cut.

    Attributes:
        losses: The training loss of every step of the last `fit`.
    """

    name: ClassVar[str] = "perfect"
    source: ClassVar[str] = (
        "Karimi Mahabadi et al. 2022, PERFECT: Prompt-free and Efficient Few-shot Learning with "
        "Language Models, section 3"
    )

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        masks: int = 2,
        reduction: int = 16,
        steps: int = 1000,
        batch_size: int = 32,
        learning_rate: float = 1e-4,
        label_rate: float = 1e-2,
        weight_decay: float = 0.0,
        warmup: float = 0.0,
        max_length: int = 256,
    ) -> None:
        if not 1 <= masks < max_length - 2:
            raise UsageError(f"masks must be at least 1 and fit into max_length, not {masks}.")
        if reduction < 1:
            raise UsageError(f"reduction must be at least 1, not {reduction}.")
        if not (np.isfinite(label_rate) and label_rate > 0):
            raise UsageError(f"label_rate must be a number above 0, not {label_rate}.")
        self.masks, self.reduction, self.label_rate = masks, reduction, label_rate
        schedule = Schedule(steps, batch_size, learning_rate, weight_decay, warmup)
        super().__init__(task, seed, encoder, device, schedule, max_length)

    def _own_settings(self) -> dict[str, Any]:
        return {
            "masks": self.masks,
            "reduction": self.reduction,
            "label_rate": self.label_rate,
        }

    def _learn(
        self, model: Any, tokenizer: Tokenizer, training: Training, progress: Progress
    ) -> Reader:
        add_adapters(model, self.reduction)
        learned, goals, weights = training.learned, training.goals, training.weights
        goals = goals if learned.multi else goals[:, None]
        classes = 2 if learned.multi else len(learned.active)
        shape = (goals.shape[1], classes, self.masks, model.config.hidden_size)
        labels = nn.Parameter(torch.randn(shape).mul(_FIRST_SPREAD).to(model.device))
        network = Nearest(model, torch.zeros(shape, device=model.device), learned.multi)
        clozes = self._clozes(tokenizer)
        rows_of = [clozes.fill(item) for item in clozes.items(training.contents)]

        def loss(rows: Rows) -> torch.Tensor:
            number = torch.from_numpy(rows).to(goals.device)
            states = network.states(clozes.batch([rows_of[row] for row in rows]))
            return (hinge_loss(states, labels, goals[number]) * weights[number]).mean()

        groups = parameters(model, self.schedule)
        groups.append({"params": [labels], "lr": self.label_rate, "weight_decay": 0.0})
        order = generator(self.seed, self.name)
        found = train_steps(network, groups, loss, self.schedule, len(rows_of), order, progress)
        self.losses = tuple(found)
        states = self._states(network, clozes, training)
        network.centres = prototypes(states, goals, weights, classes)
        return Reader(network, clozes)

    @torch.no_grad()
    def _states(self, network: Nearest, clozes: Clozes, training: Training) -> torch.Tensor:
        """The mask tokens' states of all training texts, without dropout."""
        parts, order = [], []
        tokens = self.schedule.batch_size * self.max_length
        kind = network.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda"):
            for rows, batch in clozes.batches(training.contents, tokens):
                parts.append(network.states(batch).float())
                order += rows.tolist()
        return torch.cat(parts)[torch.from_numpy(np.argsort(order))]

    def _clozes(self, tokenizer: Tokenizer) -> Clozes:
        template = (FIRST, SLOT, SECOND) if self.task.pair else (FIRST, SLOT)
        return Clozes(tokenizer, (template,), self.masks)

    def _write(self, reader: Reader, folder: Path) -> None:
        from safetensors.torch import save_file

        weights = {**trained_weights(reader.network.model), _CENTRES: reader.network.centres}
        save_file(
            {name: w.detach().contiguous().cpu() for name, w in weights.items()}, folder / _FILE
        )

    def _read(self, folder: Path, learned: Learned, device: torch.device) -> Reader:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        tokenizer, model = self._encoder.open(device, self.max_length)
        with torch.random.fork_rng(devices=[]):
            add_adapters(model, self.reduction)
        try:
            weights = load_file(folder / _FILE, device=str(device))
            centres = weights.pop(_CENTRES)
        except (OSError, KeyError, SafetensorError) as error:
            raise DataError(f"Cannot read it: {error}.", where=str(folder / _FILE)) from None
        if weights.keys() != trained_weights(model).keys():
            raise DataError("The classifier's weights are not all there.", where=str(folder))
        model.load_state_dict(weights, strict=False)
        return Reader(Nearest(model, centres, learned.multi), self._clozes(tokenizer))

    @classmethod
    def _restored(
        cls, saved: SavedFacts, options: dict[str, Any], encoder: Encoder | None, device: str
    ) -> Self:
        """The encoder is needed again.

        Raises:
            DataError: If it is not the one that it was trained with.
        """
        spec = options.pop("encoder")
        made = cls(saved.task, device=device, encoder=encoder or spec, **options)
        used = made._encoder
        if used.weights != saved.settings["weights"]:
            raise DataError(
                f"The encoder {used.spec!r} is not the one that this classifier was trained with.",
                remedy="Give it the same encoder, or train again.",
            )
        return made


class Nearest(nn.Module):
    """A masked-language model whose mask tokens' states are compared with prototypes.

    Args:
        model: The model with its adapters; its head is not used.
        centres: The prototypes, shape (groups, classes, masks, width).
        multi: Whether each group is no and yes.
    """

    def __init__(self, model: Any, centres: torch.Tensor, multi: bool) -> None:
        super().__init__()
        self.model, self.centres, self.multi = model, centres, multi

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        device: torch.device = self.model.device
        return device

    def forward(self, places: torch.Tensor, **batch: torch.Tensor) -> SimpleNamespace:
        """Scores of the labels; multi-label: that of yes less that of no."""
        found = similarity(hidden_at(self.model, batch, places), self.centres)
        return SimpleNamespace(
            logits=found[:, :, 1] - found[:, :, 0] if self.multi else found[:, 0]
        )

    def states(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The mask tokens' states, shape (texts, masks, width)."""
        inputs = {name: tensor.to(self.device) for name, tensor in batch.items()}
        places = inputs.pop("places")
        return hidden_at(self.model, inputs, places)
