"""`activellm list`: what can be used here."""

from __future__ import annotations

from typing import Annotated

import typer

from activellm.cli.options import Json


def command(
    kind: Annotated[
        str, typer.Argument(help="strategies, models, successors, oracles or samplers.")
    ],
    as_json: Json = False,
) -> None:
    """List what can be used: its name, what it is, and where the method comes from."""
    from activellm.cli.catalogue import KINDS, catalogue
    from activellm.cli.console import Screen
    from activellm.errors import UnknownNameError

    if kind not in KINDS:
        raise UnknownNameError("kind of thing to list", kind, KINDS, where="KIND")
    with Screen(as_json=as_json) as screen:
        entries = catalogue(kind)
        for entry in entries:
            screen.say(f"{entry['name']:<14} {entry['about']}")
            if entry.get("source"):
                screen.say(f"{'':<14} Source: {entry['source']}")
        screen.result({kind: entries})
