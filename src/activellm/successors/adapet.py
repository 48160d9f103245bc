"""ADAPET: a masked-language head that fills in the label, trained on a few texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import nn

from activellm.encoders import Encoder
from activellm.encoders.masked_head import load_masked_lm
from activellm.encoders.tokens import Tokenizer
from activellm.errors import UsageError
from activellm.progress import Progress
from activellm.seeding import generator
from activellm.successors.adapet_loss import (
    Verbalizer,
    choose_masks,
    conditioned_loss,
    decoupled_loss,
    draw_label,
)
from activellm.successors.cloze import Clozes, Item, Template, ask_about, read_template
from activellm.successors.learned import Learned
from activellm.successors.masked import MaskedSuccessor, Training
from activellm.successors.masked_lm import log_probabilities_at
from activellm.successors.reader import Reader
from activellm.successors.saved import SavedFacts
from activellm.successors.stepping import Rows, Schedule, parameters, train_steps
from activellm.task import Task

_PATTERN = "{text} this is {label}"
_PAIR_PATTERN = "{first} and {second} are {label}"
_NO_OR_YES = ("no", "yes")


class Adapet(MaskedSuccessor):
    """Pattern and verbalizer, decoupled label objective, label-conditioned masked language model.

    A text stands in a pattern with a slot, the masked-language head says how probable each label's
    words are there: the mean log-probability over a label's tokens. Multi-label tasks ask about
    each label apart: its words stand in the pattern, and the slot behind it holds yes or no.

    Trained as Tunstall et al. 2022 (SetFit, appendix A.2) trained it without a development set:
    1,000 batches of 16 and the pattern "... this is ...". On a GPU it computes in bfloat16.

    Args:
        task: What it decides.
        seed: Decides the order of texts, what is masked and the dropout.
        encoder: A name for `open_encoder`, or an open encoder, whose folder is taken.
        device: "auto", "cpu", "cuda", ...
        pattern: Words with {text} and {label} in them (of pairs {first}, {second} and {label});
            an underscore stands for a blank. Empty: "{text} this is {label}", of pairs
            "{first} and {second} are {label}".
        words: What each label is called in the slot, in the task's order, as a|b|c; an underscore
            stands for a blank. Empty: the labels' names.
        mask_share: Largest share of a text's tokens masked for the second objective.
        steps: Batches.
        batch_size: Texts a step; in multi-label tasks questions about one label.
        learning_rate: AdamW's highest.
        weight_decay: AdamW's.
        warmup: Share of the steps in which the learning rate rises.
        max_length: Most tokens, pattern and slot included; only the texts are cut.

    Attributes:
        losses: The training loss of every step of the last `fit`.
    """

    name: ClassVar[str] = "adapet"
    source: ClassVar[str] = (
        "Tam et al. 2021, Improving and Simplifying Pattern Exploiting Training, sections 3.1 to "
        "3.3; settings without a development set: Tunstall et al. 2022, SetFit, appendix A.2"
    )

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        pattern: str = "",
        words: str = "",
        mask_share: float = 0.105,
        steps: int = 1000,
        batch_size: int = 16,
        learning_rate: float = 1e-5,
        weight_decay: float = 0.01,
        warmup: float = 0.06,
        max_length: int = 256,
    ) -> None:
        if not 0 <= mask_share <= 1:
            raise UsageError(f"mask_share must be from 0 to 1, not {mask_share}.")
        self.pattern, self.words, self.mask_share = pattern, words, mask_share
        chosen = str(pattern) or (_PAIR_PATTERN if task.pair else _PATTERN)
        self._template = read_template(chosen, pair=task.pair)
        self._spoken = _spoken(str(words), task)
        schedule = Schedule(steps, batch_size, learning_rate, weight_decay, warmup)
        super().__init__(task, seed, encoder, device, schedule, max_length)

    def _own_settings(self) -> dict[str, Any]:
        return {"pattern": self.pattern, "words": self.words, "mask_share": self.mask_share}

    def _learn(
        self, model: Any, tokenizer: Tokenizer, training: Training, progress: Progress
    ) -> Reader:
        reader = self._reader(model, tokenizer, training.learned)
        network, clozes = reader.network, reader.clozes
        items, goals = clozes.items(training.contents), training.goals.ravel()
        weights = training.weights.repeat_interleave(len(clozes.templates))
        rng = generator(self.seed, self.name, "masks")

        def loss(rows: Rows) -> torch.Tensor:
            chosen = [items[row] for row in rows]
            number = torch.from_numpy(rows).to(goals.device)
            label = network.label_loss(clozes, chosen, goals[number])
            text = network.text_loss(clozes, chosen, goals[number], self.mask_share, rng)
            total: torch.Tensor = ((label + text) * weights[number]).mean()
            return total

        order = generator(self.seed, self.name)
        groups = parameters(model, self.schedule)
        found = train_steps(network, groups, loss, self.schedule, len(items), order, progress)
        self.losses = tuple(found)
        return reader

    def _reader(self, model: Any, tokenizer: Tokenizer, learned: Learned) -> Reader:
        """The untrained network on a model, for the labels that are learned."""
        spoken = [self._spoken[label] for label in learned.active]
        templates: tuple[Template, ...] = (self._template,)
        if learned.multi:
            templates = tuple(ask_about(self._template, words) for words in spoken)
        first = Clozes(tokenizer, templates, slot=1)
        said = _NO_OR_YES if learned.multi else spoken
        names = _NO_OR_YES if learned.multi else [self.task.label_names[n] for n in learned.active]
        tokens = [first.words(words) for words in said]
        verbalizer = Verbalizer.of(names, tokens, tokenizer.inner.sep_token_id)
        clozes = replace(first, slot=verbalizer.tokens.shape[1])
        return Reader(FillIn(model, verbalizer, learned.multi), clozes)

    def _write(self, reader: Reader, folder: Path) -> None:
        reader.network.model.save_pretrained(folder)
        reader.clozes.tokenizer.inner.save_pretrained(folder)

    def _read(self, folder: Path, learned: Learned, device: torch.device) -> Reader:
        model = load_masked_lm(folder).to(device)
        return self._reader(model, Tokenizer.load(folder, self.max_length), learned)

    @classmethod
    def _restored(
        cls, saved: SavedFacts, options: dict[str, Any], encoder: Encoder | None, device: str
    ) -> Self:
        """The folder holds all weights, so no encoder is needed."""
        return cls(saved.task, device=device, **options)


class FillIn(nn.Module):
    """A masked-language model that is asked for the labels' words.

    Args:
        model: The model with its head.
        verbalizer: The labels' words; in multi-label tasks no and yes.
        multi: Whether it is asked about one label at a time.
    """

    def __init__(self, model: Any, verbalizer: Verbalizer, multi: bool) -> None:
        super().__init__()
        self.model, self.multi = model, multi
        device = model.device
        self.verbalizer = Verbalizer(verbalizer.tokens.to(device), verbalizer.counts.to(device))

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        device: torch.device = self.model.device
        return device

    def forward(self, places: torch.Tensor, **batch: torch.Tensor) -> SimpleNamespace:
        """Scores: a label's mean log-probability; multi-label: that of yes less that of no."""
        counts = self.verbalizer.counts
        found = self._label_tokens(places, batch)
        means = (found * counts).sum(dim=2) / counts.sum(dim=1)
        return SimpleNamespace(logits=means[:, 1:] - means[:, :1] if self.multi else means)

    def label_loss(
        self, clozes: Clozes, items: Sequence[Item], goals: torch.Tensor
    ) -> torch.Tensor:
        """The decoupled label objective of each item."""
        batch = self._inputs(clozes.batch([clozes.fill(item) for item in items]))
        found = self._label_tokens(batch.pop("places"), batch)
        return decoupled_loss(found, goals, self.verbalizer)

    def text_loss(
        self,
        clozes: Clozes,
        items: Sequence[Item],
        goals: torch.Tensor,
        share: float,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """The label-conditioned masked-language objective of each item."""
        labels = [draw_label(goal, len(self.verbalizer.tokens), rng) for goal in goals.tolist()]
        filled = [
            clozes.fill(item, self.verbalizer.row(label))
            for item, label in zip(items, labels, strict=True)
        ]
        masks = [choose_masks(row, share, rng) for row in filled]
        most = max(len(row) for row in masks)
        if not (share and most):
            return goals.new_zeros(len(items), dtype=torch.float32)
        batch = clozes.batch(filled)
        del batch["places"]
        places = torch.tensor([row + [0] * (most - len(row)) for row in masks])
        masked = torch.arange(most) < torch.tensor([[len(row)] for row in masks])
        original = batch["input_ids"].gather(1, places)
        rows = torch.arange(len(items))[:, None].expand_as(places)[masked]
        batch["input_ids"][rows, places[masked]] = clozes.tokenizer.inner.mask_token_id
        device = self.device
        found = log_probabilities_at(
            self.model, self._inputs(batch), places.to(device), original.unsqueeze(2).to(device)
        )
        true = torch.tensor(labels, device=device) == goals
        return conditioned_loss(found.squeeze(2), masked.to(device), true)

    def _label_tokens(self, places: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Log-probabilities of the labels' tokens, shape (rows, labels, tokens of the slot)."""
        tokens = self.verbalizer.tokens.T.expand(len(places), -1, -1)
        return log_probabilities_at(self.model, batch, places, tokens).transpose(1, 2)

    def _inputs(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name: tensor.to(self.device) for name, tensor in batch.items()}


def _spoken(words: str, task: Task) -> tuple[str, ...]:
    """What each label is called in the slot."""
    if not words:
        return tuple(name.replace("_", " ") for name in task.label_names)
    given = tuple(word.replace("_", " ").strip() for word in words.split("|"))
    if len(given) != len(task.label_names) or not all(given):
        raise UsageError(
            f"words={words} says {len(given)} labels, and the task has {len(task.label_names)}.",
            where="--successor",
            remedy=f"Give words for each of {' | '.join(task.label_names)}, in this order.",
        )
    return given
