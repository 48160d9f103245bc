"""Ask for all cells at once what their first rounds will ask, where answers come by batches."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import partial

from activellm.bench.workshop import Workshop
from activellm.errors import QueryModelError
from activellm.llm.audit import sending
from activellm.llm.side_by_side import Job, side_by_side
from activellm.llm.wrapper import waits_for_batches
from activellm.progress import Progress
from activellm.selection.plan import Planned


def ask_ahead(workshop: Workshop, there: Container[str], progress: Progress) -> None:
    """Have the first questions of all cells answered by as few batches as can be.

    The cells then find the answers recorded. What depends on answers is asked by the cells, each in
    its own time. A question that gets no answer is asked again by its cell, which tells why.

    Args:
        workshop: The experiment's.
        there: Keys of selections that are made already.
        progress: Told how many questions are answered.
    """
    if workshop.experiment.llm_batch and workshop.folder is not None:
        jobs = [Job(one.model, partial(_ask, one)) for one in _questions(workshop, there)]
        side_by_side(jobs, what="Asking for all cells", progress=progress)


def _questions(workshop: Workshop, there: Container[str]) -> Iterator[Planned]:
    seen = set()
    for cell in workshop.cells():
        key = workshop.choice_key(cell)
        tools = workshop.tools(cell)
        if key in there or key in seen or not tools.has_model:
            continue
        seen.add(key)
        if waits_for_batches(tools.model):
            pool = workshop.data(cell.data).pool
            candidates = pool.examples(workshop.candidates(cell, 1, ()))
            yield from tools.plan(candidates, (), cell.select, number=1).questions


def _ask(one: Planned) -> None:
    try:
        with sending(texts=one.texts):
            one.model.complete(
                one.messages,
                max_tokens=one.max_tokens,
                seed=one.seed,
                json_schema=one.json_schema,
            )
    except QueryModelError:
        return  # its cell asks again when it is its turn, and tells what goes wrong then
