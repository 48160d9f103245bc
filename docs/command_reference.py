"""A Sphinx directive that writes down the help of every command, asked from the command itself."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from activellm.cli.main import app as activellm

WIDTH = 90
"""Characters in a line of help; what the site's text column holds."""


def helps() -> Iterator[tuple[str, str]]:
    """Each command's full name and its `--help`, groups before their commands."""
    yield from _walk(typer.main.get_command(activellm), "activellm", None)


def _walk(command: typer.core.TyperGroup, name: str, parent: object) -> Iterator[tuple[str, str]]:
    context = command.make_context(
        name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True, max_content_width=WIDTH
    )
    context.terminal_width = WIDTH
    yield name, command.get_help(context)
    for one, inner in getattr(command, "commands", {}).items():
        yield from _walk(inner, f"{name} {one}", context)


class CommandReference(Directive):
    """A section for each command."""

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        made: list[nodes.Node] = []
        for name, told in helps():
            section = nodes.section(ids=[nodes.make_id(name)], names=[name])
            section += nodes.title("", "", nodes.literal("", name))
            section += nodes.literal_block(told, told, language="text")
            made.append(section)
        return made


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
