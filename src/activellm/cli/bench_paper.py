"""`activellm bench paper`: the paper's tables, each one command."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.bench.paper.running import Kept
    from activellm.bench.paper.study import Table
    from activellm.bench.paper.verdicts import Verdict
    from activellm.cli.console import Screen


def paper(
    table: Annotated[
        str | None, typer.Argument(help="Which table; none lists them with what each needs.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="A folder with PRESET/pool.jsonl.gz and test.jsonl.gz. Default: the Hub.",
        ),
    ] = None,
    sessions: Annotated[
        Path | None,
        typer.Option("--sessions", help="Recorded sessions: selections of LLMs without a key."),
    ] = None,
    llm: Annotated[
        list[str] | None, typer.Option("--llm", help="An LLM to ask live; once for each.")
    ] = None,
    successor: Annotated[
        list[str] | None,
        typer.Option(
            "--successor",
            help="A learner; once for each. Default: the paper's, mostly fine-tuning with the "
            "settings of its logs.",
        ),
    ] = None,
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            help="embedded, a folder, or a hub id. The paper's is bert-base-uncased; the embedded "
            "one, much smaller, needs no download.",
        ),
    ] = "embedded",
    task: Annotated[
        list[str] | None,
        typer.Option("--task", help="Only this data set; once for each. Default: the table's."),
    ] = None,
    draws: Annotated[
        int,
        typer.Option("--draws", min=1, help="Draws from pools; recorded sessions are all used."),
    ] = 20,
    base_draws: Annotated[
        int | None,
        typer.Option(
            "--base-draws",
            min=1,
            help="Random selections from the same candidates. Default: 20 beside recorded "
            "sessions, else 5.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Trainings on the same labels.")] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides all that is random.")] = 0,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes side by side.")] = 1,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where all is kept. Default: paper-TABLE, here."),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Only write the experiment to this file; run nothing."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a table of the paper and show it beside its authors' logs; a second run goes on."""
    from activellm.bench.paper.experiments import plan
    from activellm.bench.paper.running import named, places
    from activellm.bench.paper.sources import Sources
    from activellm.bench.paper.tables import table as table_named
    from activellm.cli.console import Screen

    with Screen(as_json=as_json) as screen:
        if table is None:
            _list(screen)
            return
        chosen = table_named(table)
        sources = Sources(
            data=data,
            sessions=sessions,
            llms=tuple(llm or ()),
            successors=tuple(successor or ()),
            encoder=encoder,
            tasks=tuple(task or ()),
            draws=draws,
            base_draws=base_draws,
            seeds=seeds,
            seed=seed,
            device=device,
        )
        planned = plan(chosen, sources)
        if write is not None:
            _write(screen, named(planned.parts, write), planned.left_out)
            return
        kept = places(chosen, planned.parts, folder or Path(f"paper-{table}"))
        failed = _run(screen, chosen, kept, planned.left_out, workers)
    if failed:
        raise typer.Exit(1)


def _list(screen: Screen) -> None:
    from activellm.bench.paper.tables import TABLES

    width = max(map(len, TABLES)) + 1
    for one in TABLES.values():
        screen.say(f"{one.name:<{width}}{one.about}", exact=True)
        screen.say(f"{'':<{width}}Needs {one.needs}.", exact=True)
    known = [{"name": one.name, "about": one.about, "needs": one.needs} for one in TABLES.values()]
    screen.result({"tables": known})


def _write(screen: Screen, kept: list[Kept], left_out: tuple[str, ...]) -> None:
    from activellm.bench.paper.experiments import write_experiment

    for one in kept:
        write_experiment(one.part.experiment, one.file)
        text = f"Written: {one.file}. Run it with: activellm bench run {one.file}"
        screen.say(text, exact=True)
    for told in left_out:
        screen.say(f"Left out: {told}")
    screen.result({"files": [str(one.file) for one in kept], "left_out": left_out})


def _run(
    screen: Screen, table: Table, kept: list[Kept], left_out: tuple[str, ...], workers: int
) -> bool:
    """Run all parts and show the table; whether anything failed."""
    from activellm.bench.executors import on_this_machine
    from activellm.bench.paper.rendering import markdown
    from activellm.bench.paper.running import idle, read_table, run_part
    from activellm.bench.paper.verdicts import verdict
    from activellm.files import write_text

    finished = []
    failed: dict[str, int] = {}
    for place in kept:
        one = run_part(place, partial(on_this_machine, workers=workers), screen.progress)
        for told in one.told:
            screen.say(told)
        screen.say(f"{place.file}: {one.ran.scored} measurements made, {one.ran.kept} were there")
        finished.append(one)
        failed |= one.ran.failed
        left_out = (*left_out, *one.left_out)
    found = read_table(table, finished)
    text = markdown(table, found, left_out, idle(finished))
    shown = kept[0].file.with_name(f"{table.name}.md")
    write_text(shown, text)
    screen.say(f"\n{text}", exact=True)
    for reason, times in failed.items():
        screen.say(f"Failed {times} times: {reason}")
    rows = [asdict(one) | {"verdict": _verdict(verdict(table.name, one))} for one in found]
    screen.result({"file": str(shown), "rows": rows, "failed": failed, "left_out": left_out})
    return bool(failed)


def _verdict(found: Verdict) -> dict[str, Any]:
    """As JSON."""
    return {
        "kind": found.kind,
        "sentence": found.sentence,
        "claim": found.claim and asdict(found.claim),
        "cautions": [one.text for one in found.cautions],
    }
