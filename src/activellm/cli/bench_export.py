"""`activellm bench export`: results as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from activellm.cli.options import Json


def command(
    folder: Annotated[Path, typer.Argument(help="The folder of an experiment's results.")],
    output: Annotated[
        Path, typer.Option("--output", help="The file of measurements, such as results.parquet.")
    ],
    choices: Annotated[
        Path | None,
        typer.Option("--choices", help="A second file: who was picked from which candidates."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write results as Parquet tables, without texts, for other tools and for sharing."""
    from activellm.bench.export import about_run, write_parquet
    from activellm.bench.results import Results
    from activellm.cli.console import Screen
    from activellm.errors import DataError

    if not folder.is_dir():
        raise DataError("There are no results here.", where=str(folder))
    results, about = Results(folder), about_run(folder)
    written = {"scores": (output, results.scores())}
    if choices is not None:
        written["choices"] = (choices, results.choices())
    with Screen(as_json=as_json) as screen:
        for rows in written.values():
            write_parquet(rows[1], rows[0], about)
            screen.say(f"{rows[0]}: {len(rows[1]):,} rows")
        screen.result({name: {"file": str(p), "rows": len(r)} for name, (p, r) in written.items()})
