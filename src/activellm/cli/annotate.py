"""`activellm annotate`: label what waits, alone or as a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Folder, Json, PageOptions, TeamOptions
from activellm.cli.taking import takes

if TYPE_CHECKING:
    from activellm.cli.console import Screen
    from activellm.project import Project
    from activellm.project.serving import Address
    from activellm.settings import Settings


@takes(PageOptions, TeamOptions)
def command(
    page: PageOptions,
    team: TeamOptions,
    folder: Folder = None,
    oracle: Annotated[
        str | None,
        typer.Option("--oracle", help="browser, terminal, file:LABELS.csv or column:NAME."),
    ] = None,
    annotators: Annotated[
        str | None,
        typer.Option(
            "--annotators",
            metavar="NAMES",
            help="Serve a team: everybody named (alice,bob) gets a link of their own. "
            "Once somebody is invited, the page is a team's.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Label the picked texts, in the browser unless the project says otherwise."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.errors import UsageError
    from activellm.project import Project, rounds
    from activellm.project.serving import Address

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        changes = {"oracle": oracle} if oracle is not None else {}
        changes |= {
            name: value
            for name, value in asdict(team).items()
            if value is not None and name not in ("host", "public_url")
        }
        settings = project.settings.changed(**changes)
        if not rounds(project):
            raise UsageError("Nothing is picked yet.", remedy="Run activellm select first.")
        names = [name.strip() for name in (annotators or "").split(",") if name.strip()]
        if names or team.host or team.public_url or project.store.people():
            address = Address(team.host or "127.0.0.1", page.port, team.public_url or "")
            _check_team(project, settings, address, names)
            project.configure(settings)
            _as_team(project, address, names, screen)
        else:
            project.configure(settings)
            _alone(project, page, screen)


def _alone(project: Project, page: PageOptions, screen: Screen) -> None:
    from activellm.cli.oracles import oracle_for
    from activellm.project import annotate
    from activellm.workflow import annotation_told, status

    with project.locked():
        chosen = oracle_for(project, page, screen)
        waiting = annotate(project, chosen, screen.progress)
    screen.tell(annotation_told(project, chosen, waiting))
    screen.result(status(project))


def _check_team(
    project: Project, settings: Settings, address: Address, names: Sequence[str]
) -> None:
    """Refuse what cannot be served, before anything is written."""
    from activellm.annotation.web.server import is_loopback
    from activellm.errors import UsageError
    from activellm.project.rounds import given_ids
    from activellm.project.team import annotators, check_name

    for name in names:
        check_name(name)
    _ = address.public
    if settings.oracle != "browser":
        raise UsageError(
            f"A team labels in the browser, but the project's oracle is {settings.oracle!r}.",
            where="--oracle",
            remedy="Add --oracle browser.",
        )
    if not is_loopback(address.host) and not names and not annotators(project):
        raise UsageError(
            "Other machines could reach the page, but nobody is invited.",
            where="--host",
            remedy="Name the annotators: --annotators alice,bob.",
        )
    if settings.checks > len(given_ids(project)):
        raise UsageError(
            f"Only {len(given_ids(project))} texts of the pool came with a label.",
            where="--checks",
            remedy="Import the pool with --label-column, or lower --checks.",
        )


def _as_team(project: Project, address: Address, names: list[str], screen: Screen) -> None:
    from activellm.project.serving import serve

    def announce(links: Mapping[str, str]) -> None:
        screen.console.print("\nEverybody has a link of their own (press Ctrl-C to stop):")
        for name, url in links.items():
            screen.console.print(f"  {name}  {url}", style="bold", soft_wrap=True, markup=False)
        screen.console.print(
            "Who was invited before goes on with their link; activellm invite makes a new one.\n"
        )

    screen.pause()
    serve(project, address, names=names, announce=announce)
