"""`activellm demo`: the main job on the sample that ships with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from activellm.cli.options import Json, PageOptions
from activellm.cli.taking import takes


@takes(PageOptions)
def command(
    page: PageOptions,
    folder: Annotated[Path, typer.Option("--project", help="Project folder of the demo.")] = Path(
        "demo.activellm"
    ),
    oracle: Annotated[
        str, typer.Option("--oracle", help="Who labels; browser to do it yourself.")
    ] = "column:label",
    as_json: Json = False,
) -> None:
    """Run the main job on the sample that ships, known labels standing in for people."""
    from activellm.cli.console import Screen
    from activellm.cli.options import ProjectOptions
    from activellm.cli.run import go
    from activellm.data import civic_messages, civic_task

    options = ProjectOptions(
        pool=str(civic_messages()), project=folder, task_file=civic_task(), oracle=oracle
    )
    with Screen(as_json=as_json) as screen:
        screen.result(go(options, page, screen))
