"""Start a round: draw candidates, and let the round's query strategy choose among them."""

from __future__ import annotations

from typing import Any

from activellm.blocks import HERE, BlockExecutor
from activellm.pool.sampling import draw_for_round, open_sampler
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.folding import fold_near
from activellm.project.gold import gold_test_ids
from activellm.project.rounds import SELECTION, Round, given_ids, holdout_ids, labelled, rounds
from activellm.project.steps import do_once
from activellm.project.training import fit, train
from activellm.seeding import generator
from activellm.selection.fitted import FittedSuccessor

_FITTED_AGAIN = ("linear", "setfit", "tfidf")
"""Successors that are fitted again for a strategy: their folder does not hold the labelled texts,
and without these they cannot say how far their weights are open."""


BLOCKS = "blocks"
"""A folder in the project's: what was computed of all texts, block by block. It is only a cache."""


def draw_candidates(
    project: Project,
    number: int,
    progress: Progress = silent,
    executor: BlockExecutor = HERE,
) -> tuple[str, ...]:
    """The texts that round `number` looks at. Nothing that was picked or labelled comes again.

    Args:
        project: Whose.
        number: The round, 1 is the first.
        progress: Told how far it is.
        executor: Does what the sampler has to do to all texts.

    Raises:
        UsageError: If the pool has too few unlabelled texts left.
    """
    fold_near(project)
    settings, done = project.settings, rounds(project)
    taken = {pick for round_ in done for pick in round_.selection.ids}
    exclude = (
        taken | set(holdout_ids(project)) | set(given_ids(project)) | set(gold_test_ids(project))
    )
    sampler = open_sampler(
        settings.sampler,
        folder=project.folder / BLOCKS,
        candidates=settings.candidates,
        seed=settings.seed,
        encoder=settings.encoder,
        device=settings.device,
        executor=executor,
        progress=progress,
    )
    return draw_for_round(
        project.pool,
        sampler,
        generator(settings.seed, "candidates", number),
        candidates=settings.candidates,
        select=settings.select,
        exclude=exclude,
        kept=done[0].candidates if settings.keep_candidates and done else (),
    )


def select(project: Project, progress: Progress = silent, executor: BlockExecutor = HERE) -> Round:
    """Start the next round: draw candidates, choose picks.

    Args:
        project: Whose.
        progress: Told how far it is.
        executor: Does what the sampler has to do to all texts.

    Raises:
        UsageError: If the pool has too few unlabelled texts left, or the strategy goes on from
            labels that there are not.
    """
    number = len(rounds(project)) + 1
    ids = draw_candidates(project, number, progress, executor)
    settings, known = project.settings, labelled(project)

    def open_successor() -> FittedSuccessor:
        training = train(project, progress)
        if training.choice[0] in _FITTED_AGAIN:
            return fit(project, known, progress)
        return training.load(project.tools, calibrated=False)

    def work(_parts: Any) -> dict[str, Any]:
        selection = project.tools.select(
            project.pool.examples(ids),
            known,
            settings.select,
            number=number,
            open_successor=open_successor if known else None,
            progress=progress,
        )
        return {"candidates": list(ids), "selection": SELECTION.dump_python(selection, mode="json")}

    decided_by = {"settings": settings.model_dump(), "task": project.task.fingerprint}
    do_once(project, "select", number, decided_by, work)
    return rounds(project)[-1]
