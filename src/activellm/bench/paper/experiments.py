"""A table of the paper as experiments, from where the user has data and LLMs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activellm.bench.experiment import Experiment
from activellm.bench.paper.sources import Sources
from activellm.bench.paper.study import Study, Table
from activellm.errors import UsageError
from activellm.files import write_text
from activellm.selection import STRATEGIES
from activellm.selection.schedule import read_schedule

MASKED = ("adapet", "perfect")
"""Learners that need an encoder with a masked-language head, which the embedded one has not."""

REPEATS_BESIDE_SESSIONS, REPEATS = 20, 5
"""Random selections from the same candidates."""


@dataclass(frozen=True)
class Part:
    """One experiment of a table.

    Attributes:
        study: What it is made of.
        experiment: What is run; its paths are absolute.
    """

    study: Study
    experiment: Experiment


def parts_of(table: Table, sources: Sources) -> list[Part]:
    """A table's experiments, as far as the user has what they need.

    What has to be left out is told in the sources' notes.

    Raises:
        UsageError: If nothing of the table can be run; it names what is needed.
    """
    sources.check()
    found = []
    for study in table.studies:
        parts = _recorded(study, sources) if study.sessions else _from_pools(study, sources)
        if parts:
            found.append(Part(study, _experiment(table, study, sources, parts)))
    if not found:
        raise UsageError(
            f"Nothing of this table can be run: it needs {table.needs}.",
            where=table.name,
            remedy=" ".join(
                [*sources.notes, "Name them with --data, --sessions FILE or --llm MODEL."]
            ),
        )
    return found


def write_experiment(experiment: Experiment, path: Path) -> None:
    """Write an experiment as a file for `activellm bench run`, with paths relative to it."""
    import tomlkit

    values = experiment.model_dump(mode="json", exclude_defaults=True)
    for entry in values["data"]:
        for name in ("pool", "test", "sessions"):
            if entry.get(name):
                entry[name] = os.path.relpath(entry[name], path.parent.resolve())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, tomlkit.dumps(values))


def _recorded(study: Study, sources: Sources) -> dict[str, Any]:
    """The parts of an experiment on recorded sessions; none without usable ones."""
    if sources.sessions is None:
        return {}
    entries, sets, modes = [], 0, set()
    for called, sessions in sources.usable(study).items():
        task = called.partition(",")[0]
        place = _place(task, sources, "test")
        if place is None:
            continue
        tasks = [name for name in study.sessions[called] if any(name == s.task for s in sessions)]
        file = str(sources.sessions.resolve())
        entries.append(
            {"name": called, "preset": task, "sessions": file, "session_tasks": tasks, **place}
        )
        shown = {frozenset(text.text for text in one.instances) for one in sessions}
        sets = max(sets, 1 if study.rounds > 1 else len(shown))
        modes |= {one.mode for one in sessions}
    llms = [f"recorded/{name}" for name in study.llms] or ["recorded"]
    found = {"data": entries, "strategies": ["listwise"], "llm": llms, "draws": sets}
    return found | ({"prompts": sorted(modes)} if study.modes else {}) if entries else {}


def _from_pools(study: Study, sources: Sources) -> dict[str, Any]:
    """The parts of an experiment on pools; none where it needs an LLM and there is none."""
    strategies = [one for one in study.strategies if sources.llms or not asks_llm(one)]
    entries = []
    for task in study.tasks if strategies else ():
        place = _place(task, sources, "pool", "test")
        if place is not None:
            entries.append({"name": task, "preset": task, **place})
    if not entries:
        return {}
    found = {"data": entries, "strategies": strategies, "draws": sources.draws}
    asked = any(asks_llm(one) for one in strategies)
    return found | ({"llm": sources.llms, "prompts": study.prompts} if asked else {})


def asks_llm(schedule: str) -> bool:
    """Whether a schedule asks a query model."""
    names = read_schedule(schedule).names
    return any("model" in STRATEGIES.get(name).needs for name in names)


def _place(task: str, sources: Sources, *names: str) -> dict[str, str | bool] | None:
    if not sources.wanted(task):
        return None
    place = sources.place(task, *names)
    if place is None:
        where = sources.data or "the Hub"
        sources.note(f"{task}: its texts are not in {where}, so it is left out.")
    return place


def _experiment(table: Table, study: Study, sources: Sources, parts: dict[str, Any]) -> Experiment:
    repeats = REPEATS_BESIDE_SESSIONS if study.sessions else REPEATS
    experiment = Experiment.model_validate(
        {
            "name": f"{table.name}, {study.name}",
            "candidates": study.candidates,
            "select": study.select,
            "rounds": study.rounds,
            "successors": _successors(study, sources),
            "encoder": sources.encoder,
            "base_draws": repeats if sources.base_draws is None else sources.base_draws,
            "seeds": sources.seeds,
            "seed": sources.seed,
            "device": sources.device,
            **parts,
        }
    )
    experiment.check()
    return experiment


def _successors(study: Study, sources: Sources) -> tuple[str, ...]:
    if sources.successors:
        return sources.successors
    known = [one for one in study.successors if one not in MASKED or sources.encoder != "embedded"]
    if len(known) < len(study.successors):
        sources.note(
            "ADAPET and PERFECT need an encoder with a masked-language head, such as "
            "--encoder bert-base-uncased, and are left out."
        )
    return tuple(known)
