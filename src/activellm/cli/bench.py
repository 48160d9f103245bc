"""`activellm bench run`: do what is missing of an experiment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.bench.executors import Executor
    from activellm.bench.workshop import Workshop


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
            for line in workshop.data(entry.called).told():
                screen.say(line)
        workshop.check()
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


def _executor(workers: int, workshop: Workshop) -> Executor:
    from activellm.bench.executors import Here, Processes

    if workers == 1:
        return Here(workshop)
    return Processes(workers, workshop.experiment, workshop.base, workshop.folder)
