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

EXECUTORS = ("processes", "ray")
METRICS = ("macro_f1", "accuracy", "matthews")


def run(
    file: Annotated[Path, typer.Argument(help="The experiment, a TOML file.")],
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where results are kept. Default: FILE's name + .bench."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, help="Processes side by side. Default: 1; on Ray one a core."
        ),
    ] = None,
    executor: Annotated[
        str, typer.Option("--executor", help="Who does the work: processes or ray.")
    ] = "processes",
    ray_address: Annotated[
        str,
        typer.Option("--ray-address", help="A Ray cluster. Default: one on this machine."),
    ] = "",
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", min=0, help="US dollars that LLMs may cost in this folder."),
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Begin even if more than --max-cost may be asked for."),
    ] = False,
    estimate: Annotated[
        bool,
        typer.Option("--estimate", help="Only say what it would take: time, calls and cost."),
    ] = False,
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
    from activellm.cli.bench_estimate import as_json as estimate_as_json
    from activellm.cli.bench_estimate import estimated, lines, refuse_too_dear
    from activellm.cli.bench_progress import Watch
    from activellm.cli.console import Screen

    experiment = read_experiment(file)
    experiment.check()
    folder = folder or file.with_suffix(".bench")
    with Screen(as_json=as_json) as screen:
        opened = Workshop(experiment, file.parent, folder if folder.is_dir() else None, max_cost)
        workshop = opened.into(folder)
        doing = _executor(executor, workers, workshop, ray_address)
        for entry in experiment.data:
            for line in workshop.data(entry.called).told():
                screen.say(line)
        workshop.check()
        expected = estimated(opened)
        for line in lines(expected, workers or 1):
            screen.say(line)
        if not anyway:
            refuse_too_dear(expected, max_cost)
        if estimate:
            screen.result({"folder": str(folder), "estimate": estimate_as_json(expected)})
            return
        write_facts(folder, file)
        results, watch = Results(folder), Watch(screen)
        ran = run_experiment(workshop, results, doing, watch.progress, watch.left)
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
    seed: Annotated[int, typer.Option("--seed", help="Of the resamples.")] = 0,
    as_json: Json = False,
) -> None:
    """Show every way of choosing beside random picking on the same candidates, as Markdown."""
    from activellm.bench.results import Results
    from activellm.bench.summary import compare
    from activellm.bench.text_tables import markdown
    from activellm.cli.console import Screen
    from activellm.errors import DataError, UnknownNameError

    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS, where="--metric")
    if not folder.is_dir():
        raise DataError("There are no results here.", where=str(folder))
    with Screen(as_json=as_json) as screen:
        comparisons = compare(Results(folder).scores(), metric, seed=seed)
        screen.say(markdown(comparisons), exact=True)
        screen.result({"metric": metric, "comparisons": [asdict(one) for one in comparisons]})


def _executor(name: str, workers: int | None, workshop: Workshop, address: str) -> Executor:
    from activellm.bench.executors import Here, Processes
    from activellm.errors import UnknownNameError, UsageError

    if name not in EXECUTORS:
        raise UnknownNameError("executor", name, EXECUTORS, where="--executor")
    if address and name != "ray":
        raise UsageError("Only --executor ray has an address.", where="--ray-address")
    parts = workshop.experiment, workshop.base, workshop.folder, workshop.max_cost
    if name == "ray":
        from activellm.bench.executors.ray_cluster import RayCluster

        return RayCluster(workers, *parts, address=address)
    return Here(workshop) if (workers or 1) == 1 else Processes(workers or 1, *parts)
