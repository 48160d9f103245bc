"""What can be known to be wrong before anything is written or paid for."""

from __future__ import annotations

import inspect

from activellm.annotation import ORACLES
from activellm.encoders.names import check_encoder
from activellm.errors import DataError, UsageError
from activellm.pool import Pool
from activellm.selection import STRATEGIES
from activellm.settings import PRESETS, STRATEGY_OPTIONS, Settings
from activellm.task import Task
from activellm.tools import Tools


def check_settings(task: Task, settings: Settings) -> None:
    """Refuse names and combinations that cannot work. Nothing is loaded, sent or downloaded.

    Raises:
        UsageError: Naming the option.
    """
    settings.check_names()
    ORACLES.check(settings.oracle.partition(":")[0], where="--oracle")
    tools = Tools(task, settings)
    _refuse_idle_options(settings)
    if tools.has_model:
        _ = tools.model, tools.committee, tools.strategy
    elif settings.strategy in ("listwise", "coverage"):
        raise UsageError(
            f"The strategy {settings.strategy!r} asks an LLM.",
            where="--llm none",
            remedy="Name one with --llm, or choose the strategy kmeans or random.",
        )
    check_encoder(settings.encoder)


def _refuse_idle_options(settings: Settings) -> None:
    """Refuse options that only another strategy reads: they would do nothing, unnoticed."""
    takes = inspect.signature(STRATEGIES.get(settings.strategy)).parameters
    defaults = Settings(**PRESETS.get(settings.preset, {}))
    for name in STRATEGY_OPTIONS:
        if getattr(settings, name) == getattr(defaults, name):
            continue
        if ("orders" if name == "committee" else name) not in takes:
            raise UsageError(
                f"The strategy {settings.strategy!r} does not use it.",
                where=f"--{name}",
                remedy="Choose --strategy listwise, or leave it out.",
            )


def check_texts(pool: Pool, task: Task, settings: Settings) -> None:
    """Refuse a pool that the settings do not fit, and label cells that the task does not know.

    Raises:
        UsageError: If it has fewer texts than are to be picked and held out.
        DataError: For an unknown label, with its row.
    """
    given = dict(pool.labelled())
    for example in pool.examples([*given]) if given else ():
        task.answer(example.label or "", where=_place(pool, example.row))
    wanted, free = settings.select + settings.holdout, len(pool) - len(given)
    if wanted > free:
        held_out = f" and {settings.holdout} held-out texts" if settings.holdout else ""
        raise UsageError(
            f"{settings.select} picks{held_out} were asked for, and {pool.report.source} has "
            f"{free} different unlabelled texts.",
            where="--select",
            remedy="Ask for fewer, or give a larger pool.",
        )
    if settings.gold_column is not None:
        check_gold(pool, task, settings.gold_column)


def check_gold(pool: Pool, task: Task, column: str) -> None:
    """Refuse a column of gold labels that is missing or holds other labels than the task's.

    Raises:
        UsageError: If there is no such column.
        DataError: For an unknown label, with its row.
    """
    if column not in pool.meta:
        raise UsageError(
            f"{pool.report.source} has no column {column!r} besides texts, ids and given labels.",
            where="--oracle",
            remedy=f"Columns: {', '.join(pool.meta) or 'none'}.",
        )
    known = False
    for example in pool:
        if cell := example.meta[column]:
            task.answer(cell, where=f"{_place(pool, example.row)}, column {column!r}")
            known = True
    if not known:
        raise DataError(f"The column {column!r} is empty.", where=pool.report.source)


def _place(pool: Pool, row: int) -> str:
    return f"{pool.report.source}, row {row}"
