"""One cell: choose by the schedule, label from the known labels, train, and measure each round."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from activellm.bench.asked import LISTWISE
from activellm.bench.datasets import DataSet
from activellm.bench.grid import Cell
from activellm.bench.workshop import Workshop
from activellm.pool import Example
from activellm.progress import Progress, silent
from activellm.recorded import choose_as_recorded
from activellm.seeding import generator
from activellm.selection import Labelled, Selection, SelectionContext
from activellm.selection.fitted import FittedSuccessor
from activellm.successors import Successor
from activellm.task import Targets
from activellm.tools import Tools


@dataclass(frozen=True, slots=True)
class Chosen:
    """One round's selection.

    Attributes:
        picks: Ids, in order.
        candidates: What they were chosen from.
        used: The strategy that did the choosing.
        seconds: How long choosing took, without training.
        usage: Calls, tokens and so on of the query model.
        position_p: See `Health`; None where no list was shown.
        quarters: See `Health`.
        places: Where in the list that was shown each pick stood, 0 is the first; empty where no
            list was shown. None for a pick that no list showed.
        filled: Those of the picks that were drawn because the query model named too few.
        warnings: See `Health`.
    """

    picks: tuple[str, ...]
    candidates: tuple[str, ...]
    used: str
    seconds: float
    usage: dict[str, float | None] = field(default_factory=dict)
    position_p: float | None = None
    quarters: tuple[int, ...] = ()
    places: tuple[int | None, ...] = ()
    filled: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def choose(cell: Cell, workshop: Workshop, progress: Progress = silent) -> Iterator[Chosen]:
    """The rounds of a cell, one by one.

    Candidates depend on the experiment's seed, the draw and the round alone (and on what was picked
    before), or are given: every schedule starts with the same ones.
    """
    data, tools = workshop.data(cell.data), workshop.tools(cell)
    labelled: list[Labelled] = []
    for number in range(1, cell.rounds + 1):
        taken = {one.example.id for one in labelled}
        candidates = data.pool.examples(workshop.candidates(cell, number, taken))

        def open_successor(known: Sequence[Labelled] = tuple(labelled)) -> FittedSuccessor:
            return fitted(tools, cell.draw, known)

        started = time.perf_counter()
        selection = _recorded(cell, data, tools, candidates, labelled, number) or tools.select(
            candidates,
            labelled,
            cell.select,
            number=number,
            open_successor=open_successor if labelled else None,
            progress=progress,
        )
        ids = [one.id for one in candidates]
        yield _chosen(selection, ids, time.perf_counter() - started)
        labelled += data.labelled(selection.ids)


def _recorded(
    cell: Cell,
    data: DataSet,
    tools: Tools,
    candidates: Sequence[Example],
    labelled: Sequence[Labelled],
    number: int,
) -> Selection | None:
    """What a recorded session chose in a round; None where the round is none of listwise's."""
    run = data.given.run(cell) if data.given else None
    if run is None or tools.settings.strategies.entry(number).name != LISTWISE:
        return None
    context = SelectionContext(
        task=data.task,
        candidates=tuple(candidates),
        rng=generator(tools.settings.seed, "selection", number),
        labelled=tuple(labelled),
    )
    return choose_as_recorded(run.sessions[number - 1], run.shown[number - 1], context, cell.select)


def measure(
    name: str, seed: int, cell: Cell, workshop: Workshop, picks: Sequence[str]
) -> dict[str, Any]:
    """Train a learner on what is picked, and measure it.

    Args:
        name: The learner, as for --successor.
        seed: Its training seed.
        cell: What was picked for.
        workshop: Where.
        picks: All ids that are labelled so far.

    Returns:
        Metrics (0 to 1), CPU seconds, and warnings.
    """
    data = workshop.data(cell.data)
    known = data.labelled(list(picks))
    started = time.process_time()
    successor = fitted(workshop.tools(cell, successor=name), seed, known)
    trained = time.process_time()
    predicted = successor.predict(data.test.contents)
    return {
        **metrics(data.test.targets, predicted),
        "fit_cpu_s": round(trained - started, 3),
        "predict_cpu_s": round(time.process_time() - trained, 3),
        "warnings": list(successor.warnings),
    }


def metrics(truth: Targets, predicted: Targets) -> dict[str, float]:
    """Accuracy, macro-F1 over all labels that occur, and Matthews' correlation (one label a text).

    Args:
        truth, predicted: As `Task.targets` makes them.
    """
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

    found = {
        "accuracy": accuracy_score(truth, predicted),
        "macro_f1": f1_score(truth, predicted, average="macro", zero_division=0),
    }
    if truth.ndim == 1:
        found["matthews"] = matthews_corrcoef(truth, predicted)
    return {name: round(float(value), 6) for name, value in found.items()}


def fitted(tools: Tools, seed: int, known: Sequence[Labelled]) -> Successor:
    """A learner trained on what is labelled."""
    targets = tools.task.targets([one.answer for one in known])
    return tools.successor(seed).fit([one.example.content for one in known], targets)


def _chosen(selection: Selection, candidates: Sequence[str], seconds: float) -> Chosen:
    health = selection.health
    return Chosen(
        picks=selection.ids,
        candidates=tuple(candidates),
        used=selection.used or selection.strategy,
        seconds=round(seconds, 3),
        usage=asdict(selection.usage),
        position_p=health.position_p,
        quarters=health.quarters,
        places=_places(selection),
        filled=health.filled,
        warnings=health.warnings,
    )


def _places(selection: Selection) -> tuple[int | None, ...]:
    """The picks' places in the last list that showed them; a pick was named there, if anywhere."""
    health = selection.health
    if not health.ballots:
        return ()
    shown = {
        id_: place for ballot in health.ballots for place, id_ in enumerate(ballot.shown, start=1)
    }
    places = {**shown, **health.positions}
    return tuple(places[id_] - 1 if id_ in places else None for id_ in selection.ids)
