"""Contrastive tuning of an encoder: texts of one label come together, others go apart.

Source: Tunstall et al. 2022, Efficient Few-Shot Learning Without Prompts (SetFit), section 3; the
loss is Reimers and Gurevych 2019, Sentence-BERT, section 3 (the regression objective).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from activellm.encoders.pooling import Pooling, counted
from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.progress import Progress
from activellm.successors.compact import compact
from activellm.successors.contract import Weights
from activellm.successors.packing import can_pack, packed_tokens
from activellm.successors.precision import NumberType, autocast
from activellm.successors.training import Recipe, decay_unused, descend
from activellm.task import Targets

if TYPE_CHECKING:
    from activellm.encoders.tokens import Encoding, Tokenizer
    from activellm.encoders.transformer import Pooled

Rows: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contrast:
    """How to tune. Twenty pairs of each kind a text are the paper's; the rest is its library's.

    Attributes:
        pairs: How many pairs of one label, and as many of two, each text is the first of.
        epochs: Times that every pair is seen.
        batch_size: Pairs a step.
        learning_rate: AdamW's highest.
        weight_decay: AdamW's, on matrices only.
        warmup: Share of the steps in which the learning rate rises.
    """

    pairs: int = 20
    epochs: int = 1
    batch_size: int = 16
    learning_rate: float = 2e-5
    weight_decay: float = 0.01
    warmup: float = 0.1

    def __post_init__(self) -> None:
        if self.pairs < 1:
            raise UsageError(f"Each text needs at least one pair, not {self.pairs}.")
        if not 0 <= self.warmup <= 0.5:
            raise UsageError(f"The warm-up is a share from 0 to 0.5, not {self.warmup}.")
        self.recipe(1)

    def recipe(self, drawn: int) -> Recipe:
        """The training of so many pairs.

        Raises:
            UsageError: If a setting is not possible.
        """
        recipe = Recipe(self.epochs, self.batch_size, self.learning_rate, self.weight_decay, 0)
        steps = self.epochs * math.ceil(drawn / self.batch_size)
        return Recipe(
            recipe.epochs,
            recipe.batch_size,
            recipe.learning_rate,
            recipe.weight_decay,
            math.ceil(self.warmup * steps),
        )


@dataclass(frozen=True)
class Pairs:
    """Which examples are compared.

    Attributes:
        first: The examples that the pairs were drawn for, shape (pairs,).
        second: Their partners, shape (pairs,).
        same: What their cosine is to become: 1 or 0, shape (pairs,), float32.
    """

    first: Rows
    second: Rows
    same: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.same)


def draw_pairs(
    contents: Sequence[Content],
    targets: Targets,
    weights: Weights | None,
    pairs: int,
    rng: np.random.Generator,
) -> Pairs:
    """Draw partners for every example: as many of its own label as of others.

    Single-label: a pair is alike if its labels are the same. Multi-label: if they share a label; a
    label that all examples have, or none, says nothing and does not count, and two examples
    without any label are not compared. An example is never paired with its own text. One without a
    partner of a kind gets no pair of that kind.

    Weighted examples are drawn in proportion to their weight, as first and as second. There are as
    many pairs as for unweighted examples of Kish's effective number, (sum w)^2 / sum w^2 (Kish
    1965, Survey Sampling, section 11.7): many faint examples cost little time.

    Args:
        contents: n texts or pairs of texts.
        targets: As `Task.targets` makes them.
        weights: How much each example counts, shape (n,), above 0; 1 each if not given.
        pairs: How many of each kind an example gets.
        rng: Draws them.

    Returns:
        No pair at all where every pair would be of one kind: nothing could be told apart.
    """
    weights = np.ones(len(targets)) if weights is None else weights
    place = _numbered(contents)[1]
    first: list[Rows] = []
    second: list[Rows] = []
    same: list[float] = []
    for example, count in enumerate(_counts(weights, pairs, rng)):
        other = (place != place[example]).any(axis=1)
        for value, kind in zip((1.0, 0.0), _kinds(targets, example), strict=True):
            partners = np.flatnonzero(kind & other)
            if count and len(partners):
                chances = weights[partners] / weights[partners].sum()
                second.append(rng.choice(partners, count, p=chances))
                first.append(np.full(count, example))
                same.extend([value] * count)
    if len(set(same)) < 2:
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    return Pairs(np.concatenate(first), np.concatenate(second), np.array(same, np.float32))


@dataclass(frozen=True)
class Compared:
    """Pairs of examples as pairs of distinct texts: each is computed once a batch.

    Attributes:
        pairs: Which examples are compared.
        texts: The distinct texts of all examples.
        place: Which of them each example consists of, shape (n, 1 or 2).
    """

    pairs: Pairs
    texts: list[str]
    place: Rows

    @classmethod
    def of(cls, contents: Sequence[Content], pairs: Pairs) -> Compared:
        """The pairs of these examples."""
        return cls(pairs, *_numbered(contents))

    def needed(self, rows: Rows) -> Rows:
        """The texts that some pairs consist of, each once."""
        return np.unique(self._sides(rows))

    def loss(self, means: torch.Tensor, rows: Rows) -> torch.Tensor:
        """The mean loss of some pairs.

        Args:
            means: Each needed text's pooled tokens, shape (needed texts, d).
            rows: Which pairs.
        """
        at = np.searchsorted(self.needed(rows), self._sides(rows))
        first, second = (_joined(means, side) for side in at)
        same = torch.from_numpy(self.pairs.same[rows]).to(means.device)
        return torch.nn.functional.mse_loss(torch.cosine_similarity(first, second), same)

    def _sides(self, rows: Rows) -> Rows:
        """The texts of both sides, shape (2, pairs, 1 or 2)."""
        return self.place[np.stack([self.pairs.first[rows], self.pairs.second[rows]])]


def contrast(
    pooled: Pooled,
    encodings: Sequence[Encoding],
    compared: Compared,
    recipe: Recipe,
    rng: np.random.Generator,
    progress: Progress,
    numbers: NumberType,
) -> list[float]:
    """Train all weights of a model in place, on its device.

    The loss is the squared difference between a pair's cosine and what it is to become. In a batch
    each distinct text is computed once, however many pairs it is in.

    Args:
        pooled: The model.
        encodings: The distinct texts.
        compared: At least one pair.
        recipe: Epochs, rates and so on.
        rng: Shuffles the pairs; dropout takes torch's global generator, which the caller seeds.
        progress: Told after every step.
        numbers: What the matrix products are computed in.

    Returns:
        The loss of every step.

    Raises:
        ActiveLLMError: If the loss is no number any more.
    """
    model, tokenizer = pooled.model, pooled.tokenizer

    def value_of(rows: Rows) -> torch.Tensor:
        needed = compared.needed(rows)
        with autocast(model, numbers):
            hidden, owner = _tokens(model, tokenizer, [encodings[text] for text in needed])
        return compared.loss(_means(hidden, owner, len(needed), pooled.pooling), rows)

    small = compact(model, encodings, extra=[tokenizer.inner.pad_token_id or 0])
    tell = partial(progress, "Comparing pairs")
    losses = descend(model, len(compared.pairs), value_of, recipe, rng, tell, numbers)
    decay_unused(model, small, recipe, len(compared.pairs))
    return losses


def _numbered(contents: Sequence[Content]) -> tuple[list[str], Rows]:
    """The distinct texts, and which of them each example consists of: shape (n, 1 or 2)."""
    split = [(one,) if isinstance(one, str) else one for one in contents]
    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(text, len(numbers)) for text in parts] for parts in split]
    return list(numbers), np.array(rows, dtype=np.int64)


def _counts(weights: Weights, pairs: int, rng: np.random.Generator) -> Rows:
    """How often each example is the first of a pair of each kind, in proportion to its weight.

    One random number decides all roundings, so each count is off by less than one (systematic
    sampling), and without weights it is `pairs` for all.
    """
    effective = weights.sum() ** 2 / (weights**2).sum()
    shares = pairs * effective * weights / weights.sum()
    edges = np.floor(np.cumsum(shares) + rng.uniform(1e-6, 1 - 1e-6))
    return np.diff(edges, prepend=0.0).astype(np.int64)


def _kinds(targets: Targets, example: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which examples are like this one, and which are unlike it; each of shape (n,)."""
    if targets.ndim == 1:
        alike = targets == targets[example]
        return alike, ~alike
    telling = targets[:, targets.min(axis=0) < targets.max(axis=0)]
    alike = telling @ telling[example] > 0
    empty = telling.sum(axis=1) == 0
    return alike, ~alike & ~(empty & empty[example])


def _tokens(
    model: Any, tokenizer: Tokenizer, encodings: Sequence[Encoding]
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model makes of each token, and whose it is (-1: padding): as `packed_tokens`."""
    if can_pack(model):
        return packed_tokens(model, encodings)
    batch = {name: t.to(model.device) for name, t in tokenizer.pad(encodings).items()}
    hidden: torch.Tensor = model(**batch).last_hidden_state
    numbers = torch.arange(len(encodings), device=model.device)[:, None]
    return hidden, torch.where(batch["attention_mask"] > 0, numbers, -1)


def _means(hidden: torch.Tensor, owner: torch.Tensor, texts: int, pooling: Pooling) -> torch.Tensor:
    """The pooled tokens of each text, shape (texts, hidden width), in float32."""
    own = owner.flatten() == torch.arange(texts, device=owner.device)[:, None]
    shares = counted(own, pooling)
    sums = shares @ hidden.flatten(0, 1).float()
    return sums / shares.sum(dim=1, keepdim=True).clamp(min=1)


def _joined(means: torch.Tensor, at: Rows) -> torch.Tensor:
    """The examples' vectors, as the encoder makes them of texts, or of pairs (see encoders/pairs).

    Args:
        means: The distinct texts' pooled tokens, shape (texts, d).
        at: Each example's texts, shape (examples, 1 or 2).
    """
    parts = [means[torch.from_numpy(column).to(means.device)] for column in at.T]
    if len(parts) == 1:
        return parts[0]
    u, v = (torch.nn.functional.normalize(part, dim=1) for part in parts)
    return torch.cat([u, v, (u - v).abs()], dim=1)
