"""`activellm recordings check`: how well recorded answers of LLMs are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.cli.console import Screen
    from activellm.recorded import Tally


def check(
    file: Annotated[
        Path, typer.Argument(help="Recorded sessions, a JSON object a line (.jsonl, .jsonl.gz).")
    ],
    as_json: Json = False,
) -> None:
    """Read every recorded answer, and compare with the picks that people took down by hand."""
    from activellm.cli.console import Screen
    from activellm.recorded import check_recordings

    with Screen(as_json=as_json) as screen:
        report = check_recordings(file, progress=screen.progress)
        _table(screen, "", {"all answers": report.all})
        _table(screen, "LLM", report.by_llm)
        _table(screen, "relation", report.by_relation)
        _table(screen, "shape", report.by_shape)
        for one in report.differences:
            screen.say(f"{one.id}: {one.reason}. {one.explanation}")
        screen.result(asdict(report))


def _table(screen: Screen, title: str, tallies: Mapping[str, Tally]) -> None:
    from rich.table import Table

    if screen.as_json:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(title, overflow="fold")
    for column in ("answers", "compared", "read exactly", "trimmed", "found", "no selection"):
        table.add_column(column, justify="right")
    for name, one in tallies.items():
        found = "-" if one.found is None else f"{one.found:.3f}"
        numbers = (one.answers, one.compared, one.exact, one.trimmed)
        table.add_row(name, *map(str, numbers), found, str(one.no_selection))
    screen.console.print(table)
    screen.say("")
