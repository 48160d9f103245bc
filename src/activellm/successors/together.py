"""Trainings side by side: several seeds, or several sets of labels, at once on one device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import torch

from activellm.encoders.device import memory_errors, resolve_device
from activellm.pool.example import Content
from activellm.progress import Progress, part_of, silent
from activellm.successors.compact import compact
from activellm.successors.contract import Successor, Weights
from activellm.successors.precision import NumberType
from activellm.successors.stack import Stack, can_stack
from activellm.successors.training import Recipe, Rows, batches, decay_unused, finite
from activellm.task import Targets

if TYPE_CHECKING:
    from activellm.encoders.tokens import Encoding, Tokenizer

REMEDY = "Use a smaller encoder, or lower batch_size or max_length."
"""What helps where memory runs out."""

BYTES_A_WEIGHT = 24
"""Of a GPU's memory in a stack: a network's own weight, the stack's, its gradient twice, and what
AdamW keeps."""

SHARE = 0.25
"""Of a GPU's memory, for weights; texts and other programs take the rest. Not of what is free at
the moment: the same stacks, and so the same weights, each time."""


@dataclass(frozen=True)
class Lesson:
    """A training that is prepared and has not begun.

    Attributes:
        model: The network, on its device.
        tokenizer: Made the encodings.
        encodings: All texts that are read.
        examples: How many examples an epoch has; 0 where there is nothing to learn.
        texts: From the examples of a batch to the numbers of the texts that they consist of.
        loss: From the network's output for these texts, their attention mask, and the examples
            to the mean loss.
        recipe: Epochs, rates and so on.
        rng: Shuffles the examples.
        numbers: What products are computed in.
        seed: Of dropout.
        alone: Does it by itself; gives the loss of every step.
        finish: Told the losses when the network is trained.
    """

    model: Any
    tokenizer: Tokenizer
    encodings: Sequence[Encoding]
    examples: int
    texts: Callable[[Rows], Rows]
    loss: Callable[[torch.Tensor, torch.Tensor, Rows], torch.Tensor]
    recipe: Recipe
    rng: np.random.Generator
    numbers: NumberType
    seed: int
    alone: Callable[[Progress], list[float]]
    finish: Callable[[list[float]], None]


@runtime_checkable
class Teachable(Protocol):
    """A successor whose training can be prepared: `finetune` and `setfit`.

    Attributes:
        device: "auto", "cpu", "cuda", ...
    """

    device: str

    def lesson(
        self, contents: Sequence[Content], targets: Targets, weights: Weights | None = None
    ) -> Lesson:
        """Prepare a training. Seeds torch's global generators."""
        ...


@contextmanager
def learning() -> Iterator[None]:
    """Within it torch's global generators may be seeded, and lack of memory is a plain error."""
    gpus = list(range(torch.cuda.device_count()))
    with memory_errors(REMEDY), torch.random.fork_rng(devices=gpus):
        yield


def fit_together(
    learners: Sequence[Successor],
    work: Sequence[tuple[Sequence[Content], Targets, Weights | None]],
    *,
    progress: Progress = silent,
) -> None:
    """Train several learners: on a GPU as many at once as it holds, elsewhere one by one.

    Those at once share each step's kernels. Each has its own first weights, texts, order and
    gradients, so it learns what it learns alone, but for rounding and for other dropout masks.

    Args:
        learners: With the same encoder and settings, apart from the seed.
        work: What each is trained on: texts, answers and weights (None for 1 each).
        progress: Told the steps of all.

    Raises:
        ActiveLLMError: If a loss is no number any more, or memory runs out.
    """
    together = [number for number, learner in enumerate(learners) if on_gpu(learner)]
    with learning():
        done = _side_by_side(learners, work, together, progress)
    for number, (learner, (contents, targets, weights)) in enumerate(
        zip(learners, work, strict=True)
    ):
        if number not in done:
            part = part_of(progress, len(done), 1, len(learners))
            learner.fit(contents, targets, weights=weights, progress=part)
            done.add(number)


def _side_by_side(
    learners: Sequence[Any], work: Sequence[Any], numbers: Sequence[int], progress: Progress
) -> set[int]:
    """Train what can be trained at once; the numbers of what was."""
    done: set[int] = set()
    ready = {number: learners[number].lesson(*work[number]) for number in numbers}
    left = _groups(ready)
    while left:
        group = left.pop()
        lessons = [ready.pop(n, None) or learners[n].lesson(*work[n]) for n in group]
        part = part_of(progress, len(done), len(group), len(learners))
        try:
            losses = learn_together(lessons, part)
        except torch.OutOfMemoryError:
            half = len(group) // 2
            left += [some for some in (group[:half], group[half:]) if len(some) > 1]
            continue
        for lesson, own in zip(lessons, losses, strict=True):
            lesson.finish(own)
        done.update(group)
    return done


def learn_together(lessons: Sequence[Lesson], progress: Progress) -> list[list[float]]:
    """Do trainings of equally many steps at once.

    Args:
        lessons: At least one, all with the same recipe, number of examples and kind of network.
        progress: Told after every step.

    Returns:
        The loss of every step, lesson by lesson.

    Raises:
        ActiveLLMError: If a loss is no number any more.
    """
    first = lessons[0]
    recipe, examples = first.recipe, first.examples
    everything = [encoding for lesson in lessons for encoding in lesson.encodings]
    padding = [first.tokenizer.inner.pad_token_id or 0]
    tables = [compact(lesson.model, everything, extra=padding) for lesson in lessons]
    stack = Stack([lesson.model for lesson in lessons])
    optimizer, rates = stack.optimizer(recipe), recipe.rates(examples)
    orders = zip(*(batches(examples, recipe, lesson.rng) for lesson in lessons), strict=True)
    losses: list[torch.Tensor] = []
    torch.manual_seed(first.seed)
    with stack.training():
        for rate, rows in zip(rates, orders, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate
            values = _losses(stack, lessons, rows)
            losses.append(values.detach())
            values.sum().backward()  # type: ignore[no-untyped-call]
            stack.clip()
            optimizer.step()
            optimizer.zero_grad()
            progress("Fine-tuning", len(losses), len(rates))
    found = torch.stack(losses, dim=1).tolist()
    for own in found:
        for value in own:
            finite(value)
    stack.give_back()
    for lesson, table in zip(lessons, tables, strict=True):
        decay_unused(lesson.model, table, recipe, examples)
    return [list(own) for own in found]


def _losses(stack: Stack, lessons: Sequence[Lesson], rows: Sequence[Rows]) -> torch.Tensor:
    """The mean loss of each lesson's batch, shape (lessons,)."""
    needed = [lesson.texts(own) for lesson, own in zip(lessons, rows, strict=True)]
    most = max(map(len, needed))
    filled = [np.resize(texts, most) for texts in needed]  # its own texts again, unread by the loss
    read = [
        lesson.encodings[text]
        for lesson, texts in zip(lessons, filled, strict=True)
        for text in texts.tolist()
    ]
    device = lessons[0].model.device
    padded = lessons[0].tokenizer.pad(read)
    batch = {
        name: values.view(len(lessons), most, -1).to(device) for name, values in padded.items()
    }
    found = stack(batch, lessons[0].numbers)
    return torch.stack(
        [
            lesson.loss(found[at, : len(texts)], batch["attention_mask"][at, : len(texts)], own)
            for at, (lesson, texts, own) in enumerate(zip(lessons, needed, rows, strict=True))
        ]
    )


def on_gpu(learner: Successor) -> bool:
    """Whether its training can be prepared, and would be done on a GPU."""
    return isinstance(learner, Teachable) and resolve_device(learner.device).type == "cuda"


def _groups(lessons: Mapping[int, Lesson]) -> list[list[int]]:
    """The numbers of what is done at once: lessons of equally many examples, as many as fit."""
    alike: dict[int, list[int]] = {}
    for number, lesson in lessons.items():
        if lesson.examples and can_stack(lesson.model):
            alike.setdefault(lesson.examples, []).append(number)
    found = []
    for group in alike.values():
        size = _at_once(lessons[group[0]].model)
        found += [group[start : start + size] for start in range(0, len(group), size)]
    return [group for group in found if len(group) > 1]


def _at_once(model: Any) -> int:
    """How many networks like this one fit into its GPU beside each other."""
    memory = torch.cuda.get_device_properties(model.device).total_memory
    weights = sum(weight.numel() for weight in model.parameters())
    return max(1, int(SHARE * memory / (BYTES_A_WEIGHT * weights)))
