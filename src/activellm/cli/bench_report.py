"""`activellm bench report`: one page of what an experiment found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from activellm.cli.options import Json


def report(
    folder: Annotated[Path, typer.Argument(help="The folder of an experiment's results.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The page. Default: report.html in the folder."),
    ] = None,
    metric: Annotated[
        str, typer.Option("--metric", help="macro_f1, accuracy or matthews.")
    ] = "macro_f1",
    seed: Annotated[int, typer.Option("--seed", help="Of the resamples.")] = 0,
    as_json: Json = False,
) -> None:
    """Write one HTML file of tables, curves, ranks and maps, each with its data to take along."""
    from activellm.bench.reporting.collect import collect
    from activellm.bench.reporting.findings import METRICS
    from activellm.bench.reporting.page import page
    from activellm.cli.console import Screen
    from activellm.errors import DataError, UnknownNameError
    from activellm.files import write_text

    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS, where="--metric")
    path = output or folder / "report.html"
    if output and not output.absolute().parent.is_dir():
        raise DataError("The folder for the page does not exist.", where=str(path.parent))
    with Screen(as_json=as_json) as screen:
        facts = collect(folder, metric, seed=seed, progress=screen.progress)
        write_text(path, page(facts))
        for sentence in facts.missing:
            screen.say(sentence, exact=True)
        screen.say(f"Report: {path}", exact=True)
        screen.result({"report": str(path), "missing": list(facts.missing)})
