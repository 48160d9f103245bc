"""Everything that an experiment's folder has to say, computed once for page and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from activellm.bench.as_shown import by_llm
from activellm.bench.experiment import BASE, Experiment, read_experiment
from activellm.bench.facts import EXPERIMENT, Facts, read_facts
from activellm.bench.reporting.costs import Cost, costs
from activellm.bench.reporting.findings import Findings, findings
from activellm.bench.reporting.maps import CandidateMap, maps
from activellm.bench.reporting.overlap import Overlap, overlaps
from activellm.bench.reporting.positions import Places, places
from activellm.bench.results import Results
from activellm.bench.summary import Setting, Way
from activellm.bench.workshop import Workshop
from activellm.errors import ActiveLLMError, DataError
from activellm.progress import Progress, silent

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BenchFacts:
    """What the page shows.

    Attributes:
        title: The experiment's name.
        experiment: What was to be run; None where the folder has no copy of it.
        facts: How the results came about.
        measurements, selections: How many there are.
        findings: By the metric asked for.
        places: Where in the shown lists the picks stood.
        overlaps: How far ways pick the same.
        maps: Where the picks lie.
        costs: What choosing cost.
        missing: Sentences on what is not there, and why.
    """

    title: str
    experiment: Experiment | None
    facts: Facts
    measurements: int
    selections: int
    findings: Findings
    places: tuple[Places, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    maps: tuple[CandidateMap, ...] = ()
    costs: tuple[Cost, ...] = ()
    missing: tuple[str, ...] = field(default=())


def find_results(folder: Path) -> Results:
    """The results in a folder.

    Raises:
        DataError: If there are none.
    """
    if not folder.is_dir():
        raise DataError("There are no results here.", where=str(folder))
    results = Results(folder)
    if not results.scores():
        raise DataError(
            "There are no measurements here yet.",
            where=str(folder),
            remedy="Run the experiment first: activellm bench run FILE.",
        )
    return results


def collect(
    folder: Path, metric: str = "macro_f1", *, seed: int = 0, progress: Progress = silent
) -> BenchFacts:
    """Everything that a folder of results has to say.

    Args:
        folder: The experiment's results.
        metric: A key of `METRICS`.
        seed: Decides resamples.
        progress: Told how far the maps are.

    Raises:
        DataError: If there are no results, or the experiment's copy cannot be read.
    """
    results = find_results(folder)
    scores, choices = results.scores(), by_llm(results.choices())
    facts = read_facts(folder)
    copy = folder / EXPERIMENT
    experiment = read_experiment(copy) if copy.exists() else None
    found = findings(scores, metric, seed=seed)
    drawn, unmapped = _maps(choices, experiment, facts, folder, progress)
    return BenchFacts(
        title=experiment.name if experiment else folder.name.removesuffix(".bench"),
        experiment=experiment,
        facts=facts,
        measurements=len(scores),
        selections=len({row["key"] for row in choices}),
        findings=found,
        places=tuple(places(choices)),
        overlaps=tuple(overlaps(choices, seed=seed)),
        maps=tuple(drawn),
        costs=tuple(costs(choices, scores)),
        missing=(*_unfinished(scores, experiment, found), *unmapped),
    )


def _maps(
    choices: Iterable[Row],
    experiment: Experiment | None,
    facts: Facts,
    folder: Path,
    progress: Progress,
) -> tuple[list[CandidateMap], list[str]]:
    if experiment is None or not facts.base:
        why = "the folder does not say which experiment it is of (run it again to have it noted)"
        return [], [f"There are no maps of the picks: {why}."]
    try:
        workshop = Workshop(experiment, Path(facts.base), folder)
        drawn, missing = maps(choices, workshop, progress)
    except ActiveLLMError as error:
        return [], [f"There are no maps of the picks: {error}"]
    return drawn, [f"There is no map of {name}: {why}" for name, why in missing.items()]


def _unfinished(
    scores: Sequence[Row], experiment: Experiment | None, found: Findings
) -> Iterable[str]:
    """What a reader must know about measurements that are not there."""
    draws: dict[tuple[Setting, Way, str], set[int]] = {}
    for row in scores:
        key = Setting.of(row), Way.of(row), row["data"]
        draws.setdefault(key, set()).add(row["draw"])
    alone = sorted({str(w) for s, w, d in draws if (s, Way(BASE), d) not in draws})
    if alone:
        yield f"Measured without random picking on the same candidates: {', '.join(alone)}."
    most: dict[tuple[Setting, str], int] = {}
    for (setting, _, data), own in draws.items():
        most[setting, data] = max(most.get((setting, data), 0), len(own))
    fewer = sum(len(own) < most[setting, data] for (setting, _, data), own in draws.items())
    if fewer:
        yield (
            f"{fewer} of {len(draws)} combinations of setting, way and data set have fewer draws "
            "than others there: not run yet, or not recorded. Only draws that both sides have are "
            "compared."
        )
    if experiment is not None:
        seen = {row["data"] for row in scores}
        entries = [entry for entry in experiment.data if entry.called not in seen]
        if entries:
            yield f"Not measured yet: {', '.join(entry.called for entry in entries)}."
        run = {row["schedule"] for row in scores}
        left = [name for name in experiment.strategies if name not in run]
        if left:
            yield f"Not run yet: {'; '.join(left)}."
    if not found.comparisons:
        yield "There is nothing to compare yet: no way beside random picking on the same draws."
