"""`activellm bench export`: results as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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
    from activellm.bench.reporting.collect import find_results
    from activellm.cli.console import Screen

    results, about = find_results(folder), about_run(folder)
    written = {"scores": (output, results.scores())}
    if choices is not None:
        written["choices"] = (choices, results.choices())
    with Screen(as_json=as_json) as screen:
        for path, rows in written.values():
            write_parquet(rows, path, about)
            screen.say(f"{path}: {len(rows):,} rows")
        screen.result(_told(written))


def _told(written: dict[str, tuple[Path, list[dict[str, Any]]]]) -> dict[str, Any]:
    return {name: {"file": str(path), "rows": len(rows)} for name, (path, rows) in written.items()}
