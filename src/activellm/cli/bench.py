"""`activellm bench`: run an experiment, and show what it found."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.bench.executors import Executor
    from activellm.bench.workshop import Workshop

FORMATS = ("markdown", "latex")


def run(
    file: Annotated[Path, typer.Argument(help="The experiment, a TOML file.")],
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where results are kept. Default: FILE's name + .bench."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes side by side.")] = 1,
    as_json: Json = False,
) -> None:
    """Do what is missing of an experiment; it can be stopped at any moment and run again."""
    from activellm.bench.experiment import read_experiment
    from activellm.bench.facts import write_facts
    from activellm.bench.results import Results
    from activellm.bench.running import run as run_experiment
    from activellm.bench.summary import compare
    from activellm.bench.text_tables import markdown
    from activellm.bench.workshop import Workshop
    from activellm.cli.console import Screen

    experiment = read_experiment(file)
    experiment.check()
    folder = folder or file.with_suffix(".bench")
    with Screen(as_json=as_json) as screen:
        workshop = Workshop(experiment, file.parent, folder)
        for entry in experiment.data:
            data = workshop.data(entry.called)
            leaked = f"; {data.leaked} left out: test texts hold them" if data.leaked else ""
            screen.say(f"{data.name}: {len(data.pool)} texts, {len(data.test)} to test{leaked}")
        results = Results(folder)
        write_facts(folder, file)
        ran = run_experiment(workshop, results, _executor(workers, workshop), screen.progress)
        comparisons = compare(results.scores(), seed=experiment.seed)
        screen.say(f"\n{markdown(comparisons)}", exact=True)
        screen.say(f"{ran.scored} measurements made, {ran.kept} were there: {folder}")
        for reason, times in ran.failed.items():
            screen.say(f"Failed {times} times: {reason}")
        screen.result({"folder": str(folder), **asdict(ran)})
    if ran.failed:
        raise typer.Exit(1)


def show(
    folder: Annotated[Path, typer.Argument(help="The folder of an experiment's results.")],
    metric: Annotated[
        str, typer.Option("--metric", help="macro_f1, accuracy or matthews.")
    ] = "macro_f1",
    format_: Annotated[str, typer.Option("--format", help="markdown or latex.")] = "markdown",
    seed: Annotated[int, typer.Option("--seed", help="Of the resamples.")] = 0,
    as_json: Json = False,
) -> None:
    """Show every way of choosing beside random picking, with curves' areas, labels saved, ranks."""
    from activellm.bench.reporting import formats
    from activellm.bench.reporting.collect import find_results
    from activellm.bench.reporting.findings import METRICS, findings
    from activellm.bench.reporting.tables import all_tables
    from activellm.cli.console import Screen
    from activellm.errors import UnknownNameError

    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS, where="--metric")
    if format_ not in FORMATS:
        raise UnknownNameError("format", format_, FORMATS, where="--format")
    with Screen(as_json=as_json) as screen:
        found = findings(find_results(folder).scores(), metric, seed=seed)
        write = formats.latex if format_ == "latex" else formats.markdown
        screen.say(write(all_tables(found)), exact=True)
        screen.result(asdict(found))


def _executor(workers: int, workshop: Workshop) -> Executor:
    from activellm.bench.executors import Here, Processes

    if workers == 1:
        return Here(workshop)
    return Processes(workers, workshop.experiment, workshop.base, workshop.folder)
