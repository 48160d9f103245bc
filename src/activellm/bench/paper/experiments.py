"""A table of the paper as experiments, from where the user has data and LLMs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from activellm.bench.experiment import Experiment
from activellm.bench.paper.sources import Sources, labelled
from activellm.bench.paper.study import FOR_SMALL, SHORT, Study, Table
from activellm.errors import UnknownNameError, UsageError
from activellm.files import write_text
from activellm.selection import STRATEGIES
from activellm.selection.schedule import read_schedule

MASKED = ("adapet", "perfect")
"""Learners that need an encoder with a masked-language head, which the embedded one has not."""

EMBEDDED = "embedded"

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


@dataclass(frozen=True)
class Plan:
    """A table's experiments, as far as the user has what they need.

    Attributes:
        parts: The experiments.
        left_out: What is not among them and why, in sentences.
    """

    parts: tuple[Part, ...]
    left_out: tuple[str, ...]


def plan(table: Table, sources: Sources) -> Plan:
    """Plan a table.

    Raises:
        UnknownNameError: For a data set that the table is not about.
        UsageError: If nothing of the table can be run; it names what is needed.
    """
    sources.check()
    for task in sources.tasks:
        if task not in table.tasks:
            raise UnknownNameError(f"data set of {table.name}", task, table.tasks, where="--task")
    parts: list[Part] = []
    left_out: list[str] = []
    for study in table.studies:
        own = (_recorded if study.sessions else _from_pools)(study, sources, left_out)
        if own:
            own["successors"] = _successors(study, sources, left_out)
            parts.append(Part(study, _experiment(table, study, sources, own)))
    told = tuple(dict.fromkeys(left_out))
    if not parts:
        raise UsageError(
            f"Nothing of this table can be run: it needs {table.needs}.",
            where=table.name,
            remedy=" ".join([*told, "Name them with --data, --sessions FILE or --llm MODEL."]),
        )
    return Plan(tuple(parts), told)


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


def _recorded(study: Study, sources: Sources, left_out: list[str]) -> dict[str, Any]:
    """The parts of an experiment on recorded sessions; none without usable ones."""
    entries = []
    file = str(sources.sessions.resolve()) if sources.sessions else ""
    for called, sessions in sources.sessions_of(study).items():
        usable = [one for one in sessions if labelled(one)]
        if not usable:
            left_out.append(f"{called}, recorded: the sessions' texts have no labels.")
            continue
        task = called.partition(",")[0]
        place = _place(task, sources, left_out, "test")
        if place is not None:
            known = {one.task for one in usable}
            entry: dict[str, Any] = {"name": called, "preset": task, "sessions": file}
            entry["session_tasks"] = [one for one in study.sessions[called] if one in known]
            asked = {one.mode for one in usable}
            entry["session_modes"] = [mode for mode in study.modes if mode in asked]
            entries.append(entry | place)
    llms = [f"recorded/{name}" for name in study.llms] or ["recorded"]
    return {"data": entries, "strategies": ["listwise"], "llm": llms} if entries else {}


def _from_pools(study: Study, sources: Sources, left_out: list[str]) -> dict[str, Any]:
    """The parts of an experiment on pools; none where it needs an LLM and there is none."""
    strategies = [one for one in study.strategies if sources.llms or not asks_llm(one)]
    entries: list[dict[str, Any]] = []
    for task in study.tasks if strategies else ():
        if not sources.wanted(task):
            continue
        place = _place(task, sources, left_out, "pool", "test")
        if place is not None:
            name = f"{task}, with guidelines" if study.guidelines else task
            entry: dict[str, Any] = {"name": name, "preset": task, "guidelines": study.guidelines}
            entries.append(entry | place)
    if not entries:
        return {}
    found: dict[str, Any] = {"data": entries, "strategies": strategies, "draws": sources.draws}
    asked = any(asks_llm(one) for one in strategies)
    return found | ({"llm": sources.llms, "prompts": study.prompts} if asked else {})


def asks_llm(schedule: str) -> bool:
    """Whether a schedule asks a query model."""
    names = read_schedule(schedule).names
    return any("model" in STRATEGIES.get(name).needs for name in names)


def _place(
    task: str, sources: Sources, left_out: list[str], *names: str
) -> dict[str, str | bool] | None:
    place = sources.place(task, *names)
    if place is None:
        left_out.append(f"{task}: its texts are not in {sources.data or 'the Hub'}.")
    return place


def _experiment(table: Table, study: Study, sources: Sources, parts: dict[str, Any]) -> Experiment:
    repeats = REPEATS_BESIDE_SESSIONS if study.sessions else REPEATS
    values = {
        "name": f"{table.name}, {study.name}",
        "candidates": study.candidates,
        "select": study.select,
        "rounds": study.rounds,
        "encoder": sources.encoder,
        "base_draws": repeats if sources.base_draws is None else sources.base_draws,
        "seeds": sources.seeds,
        "seed": sources.seed,
        "device": sources.device,
        **parts,
    }
    try:
        experiment = Experiment.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        words = problem["msg"].removeprefix("Value error, ")
        raise UsageError(f"{words}.", where=".".join(map(str, problem["loc"]))) from None
    experiment.check()
    return experiment


def _successors(study: Study, sources: Sources, left_out: list[str]) -> tuple[str, ...]:
    if sources.successors:
        return sources.successors
    if sources.encoder != EMBEDDED:
        return study.successors
    known = tuple(FOR_SMALL if one == SHORT else one for one in study.successors)
    if FOR_SMALL in known:
        left_out.append(
            "The logs' batches of 128: the embedded encoder learns nothing in the 25 steps that "
            "they make, and is trained in batches of 8. --encoder bert-base-uncased takes 128."
        )
    if any(one in MASKED for one in known):
        left_out.append(
            "ADAPET and PERFECT: they need an encoder with a masked-language head, such as "
            "--encoder bert-base-uncased."
        )
    return tuple(one for one in known if one not in MASKED)
