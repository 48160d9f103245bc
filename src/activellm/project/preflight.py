"""What can be known to be wrong before anything is written or paid for."""

from __future__ import annotations

import inspect
from importlib.util import find_spec

from activellm import weights
from activellm.annotation import ORACLES
from activellm.encoders.names import EMBEDDED, check_encoder, is_local
from activellm.errors import DataError, MissingExtraError, UsageError
from activellm.pool import Pool
from activellm.pool.cells import different_cells
from activellm.project.database import check_no_password, check_url
from activellm.selection import STRATEGIES
from activellm.settings import PRESETS, STRATEGY_OPTIONS, Settings
from activellm.successors import asks_model, read_successor
from activellm.task import Task
from activellm.tools import Tools, refuse_weak_labels

_RUNTIMES = {"transformers": ("transformers", "local"), "vllm-offline": ("vllm", "vllm")}
"""What runs a query model inside this process, and the extra that brings it."""


def check_settings(task: Task, settings: Settings) -> None:
    """Refuse names and combinations that cannot work. Nothing is loaded, sent or downloaded.

    Raises:
        UsageError: Naming the option.
    """
    settings.check_names()
    ORACLES.check(settings.oracle.partition(":")[0], where="--oracle")
    tools = Tools(task, settings)
    _refuse_idle_options(settings)
    schedule = settings.strategies
    if tools.has_model:
        _ = tools.model, tools.committee
    for number in range(1, sum(entry.times for entry in schedule.entries) + 1):
        _ = tools.strategy(number)
    for name in schedule.names:
        if "model" in STRATEGIES.get(name).needs and not tools.has_model:
            raise UsageError(
                f"The strategy {name!r} asks an LLM.",
                where="--llm none",
                remedy="Name one with --llm, or choose the strategy kmeans or random.",
            )
    if settings.powered and not tools.has_model:
        raise UsageError(
            "An estimate from weak labels asks an LLM.",
            where="--powered",
            remedy="Name one with --llm, or leave it out.",
        )
    _check_successor(settings, tools)
    _check_models(settings, tools)
    _try_successor(settings, tools)
    if settings.database:
        check_url(settings.database)
        check_no_password(settings.database)
    _check_consensus(task, settings)


def _check_successor(settings: Settings, tools: Tools) -> None:
    name = read_successor(settings.successor)[0]
    if name == "auto":
        return
    if settings.weak_labels:
        refuse_weak_labels(name)
    if tools.has_model:
        return
    if asks_model(name):
        raise UsageError(
            f"The successor {name!r} asks an LLM.",
            where="--llm none",
            remedy="Name one with --llm, or choose another successor.",
        )


def _try_successor(settings: Settings, tools: Tools) -> None:
    """Make the successor that is named: a setting that cannot be is known before people label.

    With an encoder of the hub it is not made, for that may be downloaded first.
    """
    if settings.successor != "auto" and (is_local(settings.encoder) or not tools.reads_encoder):
        tools.successor(settings.seed)


def _check_models(settings: Settings, tools: Tools) -> None:
    """Refuse an encoder that is read and cannot be, and an LLM whose runtime is not installed."""
    if tools.reads_encoder or settings.encoder != EMBEDDED:
        check_encoder(settings.encoder)
    if "embedded" in (settings.llm, *settings.committee):
        if find_spec("xllamacpp") is None:
            also = weights.install_line()
            raise MissingExtraError("The embedded query model", "local", also=also)
        weights.LLM.path()
    for name in (settings.llm, *settings.committee):
        library, extra = _RUNTIMES.get(name.partition("/")[0], ("", ""))
        if library and find_spec(library) is None:
            raise MissingExtraError(f"The query model {name}", extra)


def _check_consensus(task: Task, settings: Settings) -> None:
    if task.multi and settings.consensus == "crowdlab":
        raise UsageError(
            "crowdlab is for tasks with one label a text.",
            where="--consensus",
            remedy="Take dawid-skene, which has a model for each label.",
        )
    if task.multi and settings.soft_labels:
        raise UsageError(
            "Soft labels are for tasks with one label a text.",
            where="--soft-labels",
            remedy="Leave it out: each label is decided by itself.",
        )
    if task.multi and settings.weak_labels:
        raise UsageError(
            "Weak labels are for tasks with one label a text.",
            where="--weak-labels",
            remedy="Leave it out: the LLM says only which one label fits best.",
        )
    if settings.consensus == "crowdlab" and find_spec("cleanlab") is None:
        raise MissingExtraError("The consensus crowdlab", "crowd")


def _refuse_idle_options(settings: Settings) -> None:
    """Refuse options that only another strategy reads: they would do nothing, unnoticed."""
    names = settings.strategies.names
    takes = {
        option for name in names for option in inspect.signature(STRATEGIES.get(name)).parameters
    }
    defaults = Settings(**PRESETS.get(settings.preset, {}))
    for name in STRATEGY_OPTIONS:
        if getattr(settings, name) == getattr(defaults, name):
            continue
        if ("orders" if name == "committee" else name) not in takes:
            raise UsageError(
                f"The strategy {' or '.join(map(repr, names))} does not use it.",
                where=f"--{name}",
                remedy="Choose --strategy listwise, or leave it out.",
            )


def check_texts(pool: Pool, task: Task, settings: Settings) -> None:
    """Refuse a pool that the settings do not fit, and label cells that the task does not know.

    Raises:
        UsageError: If it has fewer texts than are to be picked and held out, or an estimate is
            asked for that needs a hold-out.
        DataError: For an unknown label, with its row.
    """
    given = dict(pool.labelled())
    for example in pool.examples([*given]) if given else ():
        task.answer(example.label or "", where=_place(pool, example.row))
    picks = settings.rounds * settings.select
    wanted, free = picks + settings.holdout, len(pool) - len(given)
    if wanted > free:
        held_out = f" and {settings.holdout} held-out texts" if settings.holdout else ""
        in_rounds = f" in {settings.rounds} rounds" if settings.rounds > 1 else ""
        raise UsageError(
            f"{picks} picks{in_rounds}{held_out} were asked for, and {pool.report.source} has "
            f"{free} different unlabelled texts.",
            where="--select" if settings.rounds == 1 else "--rounds",
            remedy="Ask for fewer, or give a larger pool.",
        )
    if settings.powered and not settings.holdout:
        raise UsageError(
            "An estimate from weak labels needs texts drawn at random that people label as well.",
            where="--powered",
            remedy="Add --holdout 30.",
        )
    if not given:
        _refuse_cold_start(settings)
    if settings.gold_column is not None:
        check_gold(pool, task, settings.gold_column)


def _refuse_cold_start(settings: Settings) -> None:
    """Refuse a first round whose strategy asks a classifier that does not exist yet.

    Raises:
        UsageError: With a schedule that would do.
    """
    schedule = settings.strategies
    first = schedule.entry(1).name
    if STRATEGIES.get(first).needs & {"successor", "labels"}:
        before = "kmeans" if settings.llm == "none" else "coverage"
        raise UsageError(
            f"The strategy {first!r} goes on from labels, and before round 1 there are none.",
            where="--schedule" if settings.schedule else "--strategy",
            remedy=f"Schedule another one before it: --schedule '{before}*2, {schedule}'.",
        )


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
    for cell, row in different_cells(pool, column):
        if cell:
            task.answer(cell, where=f"{_place(pool, row)}, column {column!r}")
            known = True
    if not known:
        raise DataError(f"The column {column!r} is empty.", where=pool.report.source)


def _place(pool: Pool, row: int) -> str:
    return f"{pool.report.source}, row {row}"
