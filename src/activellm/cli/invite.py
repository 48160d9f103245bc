"""`activellm invite`: let somebody in, as annotator, adjudicator or owner; or out."""

from __future__ import annotations

from typing import Annotated

import typer

from activellm.cli.options import Folder, Json


def command(
    name: Annotated[str, typer.Argument(help="Who, as their answers are signed.")],
    folder: Folder = None,
    role: Annotated[
        str,
        typer.Option(
            "--role",
            help="annotator: own answers; adjudicator: decides disagreements; owner: sees all.",
        ),
    ] = "annotator",
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Let them in no more; their answers stay.")
    ] = False,
    base: Annotated[
        str,
        typer.Option("--public-url", help="Where the page is. Default: this machine's, port 8420."),
    ] = "http://127.0.0.1:8420",
    as_json: Json = False,
) -> None:
    """Give somebody a link of their own to the labelling page; an older one of theirs ends."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project
    from activellm.project import team as people

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        if revoke:
            people.revoke(project, name)
            screen.console.print(f"{name} is let in no more.", markup=False)
            screen.result({"name": name, "revoked": True})
            return
        url = people.link(base.rstrip("/"), people.invite(project, name, role))
        screen.console.print(f"{name} ({role}):", markup=False)
        screen.console.print(f"  {url}", style="bold", soft_wrap=True, markup=False)
        screen.console.print("The link is for them alone. The page: activellm annotate.")
        screen.result({"name": name, "role": role, "link": url})
