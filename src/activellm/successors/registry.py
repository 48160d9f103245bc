"""Successors by name: made, loaded, and chosen for the machine."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from activellm.encoders import Encoder
from activellm.errors import UsageError
from activellm.named import NAMED, check_kinds, read_options
from activellm.registry import Registry
from activellm.successors.contract import Judge, Successor
from activellm.successors.saved import SavedFacts
from activellm.task import Task

SUCCESSORS: Registry[type[Successor]] = Registry(
    "successor",
    "activellm.successors",
    {
        "adapet": "activellm.successors.adapet:Adapet",
        "blend": "activellm.successors.blend:BlendWithJudge",
        "ensemble": "activellm.successors.ensemble:Ensemble",
        "finetune": "activellm.successors.finetune:FineTune",
        "linear": "activellm.successors.linear:Linear",
        "perfect": "activellm.successors.perfect:Perfect",
        "tfidf": "activellm.successors.tfidf:Tfidf",
        "zero-shot": "activellm.successors.zero_shot:ZeroShot",
        "setfit": "activellm.successors.setfit:SetFit",
    },
    wants=(
        *("name", "source", "fit", "predict_proba", "predict", "temper"),
        *("settings", "save", "load"),
    ),
)


_PARTS = ("encoder", "device", "judge")
"""What every successor is offered; each takes those that its constructor names."""


class Choice(NamedTuple):
    """A successor, and why it was chosen.

    Attributes:
        name: The name it is registered under.
        options: Settings of its own that belong to the choice.
        reason: In a sentence.
    """

    name: str
    options: Mapping[str, Any]
    reason: str


def make_successor(
    name: str,
    task: Task,
    *,
    seed: int,
    encoder: str | Encoder = "embedded",
    device: str = "auto",
    judge: Judge | None = None,
    **settings: Any,
) -> Successor:
    """A successor, not trained yet.

    Args:
        name: A registered name, or "auto" for `choose_successor`.
        task: What it is to decide.
        seed: Decides everything random in training.
        encoder: A name for `open_encoder`, or an open encoder (such as one with a cache).
        device: "auto", "cpu", "cuda", ...
        judge: Asks the query model, if there is one.
        settings: The successor's own settings, such as epochs=25.

    Raises:
        UnknownNameError: If nothing is registered under `name`.
        UsageError: For an unknown setting or a value that cannot be.
    """
    chosen = name
    if name == "auto":
        choice = choose_successor(task, encoder)
        chosen, settings = choice.name, {**choice.options, **settings}
    kind: Any = SUCCESSORS.get(chosen, where="--successor")
    takes = inspect.signature(kind).parameters
    known = {*takes} - {"task", "seed", *_PARTS}
    if unknown := sorted(set(settings) - known):
        raise UsageError(
            f"The successor {chosen!r} has no setting {unknown[0]!r}.",
            remedy=f"It has: {', '.join(sorted(known))}.",
        )
    check_kinds(kind, settings, "--successor")
    parts = _taken(takes, encoder=encoder, device=device, judge=judge)
    made: Successor = kind(task, seed=seed, **parts, **settings)
    return made


def read_successor(written: str) -> tuple[str, dict[str, Any]]:
    """A successor's name and its own settings, from `finetune(epochs=50)`.

    Raises:
        UsageError: If it is written in another way. Whether there is such a one is not looked at.
    """
    found = re.fullmatch(NAMED, written.strip())
    options = read_options(found[2]) if found else None
    if found is None or options is None:
        raise UsageError(
            f"{written!r} is no successor.",
            where="--successor",
            remedy="Write its name, with settings of its own in brackets: 'finetune(epochs=50)'.",
        )
    return found[1], dict(options)


def load_successor(
    folder: Path,
    *,
    encoder: Encoder | None = None,
    device: str = "auto",
    judge: Judge | None = None,
) -> Successor:
    """Read back a trained successor of whatever kind.

    Args:
        folder: What its `save` wrote.
        encoder: An open encoder to use if it is the one that it was trained with.
        device: Where it is to compute.
        judge: Asks the query model, for those that need it.

    Raises:
        DataError: If the folder holds no trained successor, or not all of it.
    """
    kind: Any = SUCCESSORS.get(SavedFacts.read(folder).successor, where=str(folder))
    parts = _taken(inspect.signature(kind.load).parameters, judge=judge)
    loaded: Successor = kind.load(folder, encoder=encoder, device=device, **parts)
    return loaded


def _taken(takes: Mapping[str, Any], **offered: Any) -> dict[str, Any]:
    return {name: part for name, part in offered.items() if name in takes}


def choose_successor(task: Task, encoder: str | Encoder = "embedded") -> Choice:
    """The successor for a task and a machine, and why.

    Neither the number of classes nor a GPU changes it, nor the number of labels: at 32 nothing that
    was measured is clearly better than balanced logistic regression on the vectors of a sentence
    encoder; at 100 `setfit` is, by 2 points, but it trains for minutes, and again for every fold
    that it is measured by, so the report advises it and leaves the choice to people. The evidence
    is in docs/design/successors.md.

    Args:
        task: What is to be decided.
        encoder: A name for `open_encoder`, or an open encoder.

    Raises:
        ActiveLLMError: If the encoder cannot be found.
    """
    if find_spec("torch") is None or find_spec("transformers") is None:
        return Choice("tfidf", {}, "There is no torch here: words and characters are counted.")
    from activellm.encoders import has_masked_head
    from activellm.encoders.names import encoder_folder

    if has_masked_head(encoder_folder(encoder) if isinstance(encoder, str) else encoder.folder):
        why = "The encoder's vectors were not made to be compared, so it is fine-tuned itself."
        return Choice("finetune", {}, why)
    why = "Logistic regression on embeddings, which no slower learner clearly beats at few labels"
    if task.multi:
        return Choice("linear", {}, f"{why}.")
    balanced = {"class_weights": "balanced"}
    return Choice("linear", balanced, f"{why}; rare labels weigh as much as frequent ones.")


def asks_model(name: str) -> bool:
    """Whether a registered successor asks the query model itself."""
    return "model" in getattr(SUCCESSORS.get(name), "needs", ())


def reads_encoder(name: str, options: Mapping[str, Any]) -> bool:
    """Whether a registered successor reads the encoder; one around another does if that does.

    Args:
        name: Its name, not "auto".
        options: Its own settings, of which "inner" may name another.
    """
    takes = inspect.signature(SUCCESSORS.get(name, where="--successor")).parameters
    if "inner" not in takes:
        return "encoder" in takes
    inner, own = read_successor(options.get("inner", takes["inner"].default))
    return inner == "auto" or reads_encoder(inner, own)


def settled(written: str, task: Task, encoder: str | Encoder) -> tuple[str, dict[str, Any]]:
    """As `read_successor`, with the choice in place of "auto".

    Raises:
        UsageError: If it is written in another way.
    """
    name, options = read_successor(written)
    if name != "auto":
        return name, options
    choice = choose_successor(task, encoder)
    return choice.name, {**choice.options, **options}
