"""`activellm bench show`: what an experiment found, as tables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from activellm.cli.options import Json

FORMATS = ("markdown", "latex")


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
