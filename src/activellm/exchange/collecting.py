"""From a project to the items that go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from activellm.annotation.contract import Annotation
from activellm.errors import UnknownNameError
from activellm.exchange.contract import Item, Prediction
from activellm.pool import Example
from activellm.project import Project
from activellm.project.resolving import resolutions
from activellm.project.rounds import judged, open_items, queue, rounds

Which: TypeAlias = Literal["asked", "answered", "open", "pool"]
"""Texts: that people were asked about or answered; answered; waiting; all."""

_AT_A_TIME = 500


def collect(
    project: Project, which: str = "asked", *, answers: bool = True, predictions: bool = False
) -> Iterator[Item]:
    """Texts with everything said about them, a few in memory at a time.

    Args:
        project: Whose.
        which: One of `Which`.
        answers: Whether people's answers go along; without them nobody sees what others said.
        predictions: Whether the query model's label probabilities go along.

    Raises:
        UnknownNameError: If `which` is none of the four.
    """
    if which not in get_args(Which):
        raise UnknownNameError("choice of texts", which, get_args(Which), where="--texts")
    events: dict[str, list[Annotation]] = {}
    for event in project.store.annotations():
        events.setdefault(event.example_id, []).append(event)
    resolved = resolutions(project) if answers else {}
    expected = judged(rounds(project)) if predictions else {}
    names, model = project.task.label_names, model_name(project.settings.llm)

    def item(one: Example) -> Item:
        said = expected.get(one.id)
        found = resolved.get(one.id)
        return Item(
            id=one.id,
            text=one.text,
            pair=one.pair,
            events=tuple(events.get(one.id, ())) if answers else (),
            resolved=None if found is None else found.labels,
            prediction=None if said is None else Prediction(
                model, dict(zip(names, map(float, said), strict=True))
            ),
        )  # fmt: skip

    return (item(one) for one in _examples(project, which, list(events)))


def _examples(project: Project, which: str, answered: Sequence[str]) -> Iterator[Example]:
    if which == "pool":
        yield from project.pool
        return
    if which == "open":
        ids = [one.example.id for one in open_items(project)]
    else:
        ids = list(answered)
        if which == "asked":
            ids = [one.example.id for one in queue(project)] + ids
    ids = list(dict.fromkeys(ids))
    for start in range(0, len(ids), _AT_A_TIME):
        yield from project.pool.examples(ids[start : start + _AT_A_TIME])


def model_name(llm: str) -> str:
    """What others are told a query model is called: of a file no folders of this machine."""
    return Path(llm).name if llm.endswith(".gguf") or Path(llm).is_absolute() else llm
