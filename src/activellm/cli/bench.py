"""`activellm bench run`: run an experiment."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json
from activellm.cli.taking import takes

if TYPE_CHECKING:
    from activellm.bench.executors import Executor
    from activellm.bench.workshop import Workshop
    from activellm.cli.console import Screen

EXECUTORS = ("processes", "ray")


@dataclass(frozen=True)
class WorkOptions:
    """Who does the work, and what it may cost."""

    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, help="Processes side by side. Default: 1; on Ray one a core."
        ),
    ] = None
    executor: Annotated[
        str, typer.Option("--executor", help="Who does the work: processes or ray.")
    ] = "processes"
    ray_address: Annotated[
        str, typer.Option("--ray-address", help="A Ray cluster. Default: one on this machine.")
    ] = ""
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", min=0, help="US dollars that LLMs may cost in this folder."),
    ] = None
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Begin even if more than --max-cost may be asked for."),
    ] = False
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it would take: time, calls and cost.")
    ] = False


@takes(WorkOptions)
def run(
    options: WorkOptions,
    file: Annotated[Path, typer.Argument(help="The experiment, a TOML file.")],
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where results are kept. Default: FILE's name + .bench."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Do what is missing of an experiment; it can be stopped at any moment and run again."""
    from activellm.bench.experiment import read_experiment
    from activellm.bench.workshop import Workshop
    from activellm.cli.bench_estimate import announced, as_dict, refuse_too_dear
    from activellm.cli.console import Screen

    experiment = read_experiment(file)
    experiment.check()
    folder = folder or file.with_suffix(".bench")
    kept = folder if folder.is_dir() else None
    with Screen(as_json=as_json) as screen:
        opened = Workshop(experiment, file.parent, kept, options.max_cost)
        workshop = opened.into(folder)
        doing = _executor(options, workshop)
        for entry in experiment.data:
            for line in opened.data(entry.called).told():
                screen.say(line)
        opened.check()
        expected = announced(opened, screen, options.workers or 1)
        if options.estimate:
            screen.result({"folder": str(folder), "estimate": as_dict(expected)})
            return
        if not options.anyway:
            refuse_too_dear(expected, options.max_cost)
        failed = _run(file, workshop, folder, doing, screen)
    if failed:
        raise typer.Exit(1)


def _run(
    file: Path, workshop: Workshop, folder: Path, executor: Executor, screen: Screen
) -> dict[str, int]:
    """Run it and show what was found; what went wrong, with how often."""
    from activellm.bench.as_shown import pooled
    from activellm.bench.facts import write_facts
    from activellm.bench.results import Results
    from activellm.bench.running import run as run_experiment
    from activellm.bench.summary import compare
    from activellm.bench.text_tables import markdown
    from activellm.cli.bench_progress import Watch

    write_facts(folder, file)
    results, watch = Results(folder), Watch(screen)
    ran = run_experiment(workshop, results, executor, watch.progress, watch.left)
    comparisons = compare(pooled(results.scores()), seed=workshop.experiment.seed)
    screen.say(f"\n{markdown(comparisons)}", exact=True)
    screen.say(f"{ran.scored} measurements made, {ran.kept} were there: {folder}")
    for reason, times in ran.failed.items():
        screen.say(f"Failed {times} times: {reason}")
    screen.result({"folder": str(folder), **asdict(ran)})
    return ran.failed


def _executor(options: WorkOptions, workshop: Workshop) -> Executor:
    from activellm.bench.executors import on_this_machine
    from activellm.errors import UnknownNameError, UsageError

    if options.executor not in EXECUTORS:
        raise UnknownNameError("executor", options.executor, EXECUTORS, where="--executor")
    if options.ray_address and options.executor != "ray":
        raise UsageError("Only --executor ray has an address.", where="--ray-address")
    if options.executor == "ray":
        from activellm.bench.executors.ray_cluster import RayCluster

        parts = workshop.experiment, workshop.base, workshop.folder, workshop.max_cost
        return RayCluster(options.workers, *parts, address=options.ray_address)
    return on_this_machine(workshop, options.workers or 1)
