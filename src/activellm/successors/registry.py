"""Successors by name: made, loaded, and chosen for the machine."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, NamedTuple

from activellm.encoders import Encoder
from activellm.errors import UsageError
from activellm.registry import Registry
from activellm.successors.contract import Successor
from activellm.successors.saved import SavedFacts
from activellm.task import Task

SUCCESSORS: Registry[type[Successor]] = Registry(
    "successor",
    "activellm.successors",
    {
        "finetune": "activellm.successors.finetune:FineTune",
        "linear": "activellm.successors.linear:Linear",
    },
)


class Choice(NamedTuple):
    """A successor's name, and why it was chosen."""

    name: str
    reason: str


def make_successor(
    name: str,
    task: Task,
    *,
    seed: int,
    encoder: str | Encoder = "embedded",
    device: str = "auto",
    **settings: Any,
) -> Successor:
    """A successor, not trained yet.

    Args:
        name: A registered name, or "auto" for `choose_successor`.
        task: What it is to decide.
        seed: Decides everything random in training.
        encoder: A name for `open_encoder`, or an open encoder (such as one with a cache).
        device: "auto", "cpu", "cuda", ...
        settings: The successor's own settings, such as epochs=25.

    Raises:
        UnknownNameError: If nothing is registered under `name`.
        UsageError: For an unknown setting or a value that cannot be.
    """
    chosen = choose_successor(device).name if name == "auto" else name
    kind: Any = SUCCESSORS.get(chosen, where="--successor")
    known = set(inspect.signature(kind).parameters) - {"task", "seed", "encoder", "device"}
    if unknown := sorted(set(settings) - known):
        raise UsageError(
            f"The successor {chosen!r} has no setting {unknown[0]!r}.",
            remedy=f"It has: {', '.join(sorted(known))}.",
        )
    made: Successor = kind(task, seed=seed, encoder=encoder, device=device, **settings)
    return made


def load_successor(
    folder: Path, *, encoder: Encoder | None = None, device: str = "auto"
) -> Successor:
    """Read back a trained successor of whatever kind.

    Args:
        folder: What its `save` wrote.
        encoder: An open encoder to use if it is the one that it was trained with.
        device: Where it is to compute.

    Raises:
        DataError: If the folder holds no trained successor, or not all of it.
    """
    kind = SUCCESSORS.get(SavedFacts.read(folder).successor, where=str(folder))
    return kind.load(folder, encoder=encoder, device=device)


def choose_successor(device: str = "auto") -> Choice:
    """The successor for this machine, and why; the evidence is in docs/design/successors.md.

    Raises:
        UsageError: If there is no such device here.
    """
    from activellm.encoders.device import resolve_device

    if resolve_device(device).type == "cpu":
        return Choice("linear", "No GPU: logistic regression on embeddings trains in a second.")
    return Choice("finetune", "There is a GPU: fine-tuning takes seconds on it.")
