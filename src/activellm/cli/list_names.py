"""`activellm list`: what can be used here."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated, Any

import typer

from activellm.cli.options import Json

_RUNS = {
    "here": "Runs on this machine",
    "elsewhere": "Texts leave this machine",
    "by address": "Runs where the address is",
    "unknown": "Where it runs is not known",
}
_SHOWN = 10
"""Names of one server that people are shown; --json gives all."""


def command(
    kind: Annotated[
        str,
        typer.Argument(
            help="strategies, stopping, models, successors, oracles, samplers, formats, trackers "
            "or plugins."
        ),
    ],
    as_json: Json = False,
) -> None:
    """List what can be used: its name, what it is, and where the method comes from.

    For models: where each runs, whether it can be used on this machine now, and if not, why.
    """
    from activellm.cli.catalogue import KINDS, catalogue
    from activellm.cli.console import Screen
    from activellm.errors import UnknownNameError

    if kind not in KINDS:
        raise UnknownNameError("kind of thing to list", kind, KINDS, where="KIND")
    with Screen(as_json=as_json) as screen:
        entries = catalogue(kind)
        names = max((len(entry["name"]) for entry in entries), default=0) + 1
        width = screen.console.width - names
        for entry in sorted(entries, key=_usable_first):
            further = _model(entry) if kind == "models" else _method(entry)
            lines = [part for line in (entry["about"], *further) for part in _wrapped(line, width)]
            for number, line in enumerate(lines):
                screen.say(f"{'' if number else entry['name']:<{names}}{line}")
        if not entries:
            screen.say("No other package adds anything.")
        screen.result({kind: entries})


def _wrapped(line: str, width: int) -> list[str]:
    """A line in pieces; names stay whole, so that they can be copied."""
    return wrap(line, max(40, width), break_on_hyphens=False, break_long_words=False)


def _usable_first(entry: dict[str, Any]) -> int:
    """The place of what can be used now, of what may be, and of what cannot."""
    return (True, None, False).index(entry.get("usable"))


def _method(entry: dict[str, Any]) -> Iterator[str]:
    """What a method needs, where it comes from, and why it cannot be used, if that is known."""
    if why := entry.get("why"):
        yield f"Cannot be used: {why}"
    if entry.get("needs"):
        yield f"Needs {', '.join(_needs().get(need, need) for need in entry['needs'])}."
    if entry.get("source"):
        yield f"Source: {entry['source']}"
    if entry.get("package") and not why:
        yield f"Added by {entry['package']}."


def _needs() -> dict[str, str]:
    """What methods may need, in words."""
    from activellm.selection.contract import NEEDS
    from activellm.stopping import contract as stopping

    return NEEDS | stopping.NEEDS


def _model(entry: dict[str, Any]) -> Iterator[str]:
    """Where a query model runs, whether it can be used now, and names to use it by."""
    usable = {True: "Can be used now.", False: "Cannot be used now:", None: "Not tried:"}
    yield f"{_RUNS[entry['runs']]}. {usable[entry['usable']]} {entry['why']}".rstrip()
    for words, names in (("It has", "serves"), ("Texts leave this machine with", "leaves")):
        if found := entry[names]:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield f"{words} {', '.join(found[:_SHOWN])}{more}"
    examples = f", for example {' or '.join(entry['examples'])}" if entry["examples"] else ""
    yield f"Write {entry['form']}{examples}"
