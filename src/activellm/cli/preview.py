"""`activellm preview`: what the next selection would send, to whom, and what that would cost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from activellm.cli.options import Json, ProjectOptions
from activellm.cli.taking import takes

if TYPE_CHECKING:
    from activellm.cli.console import Screen
    from activellm.project.previewing import Preview


@takes(ProjectOptions)
def command(
    options: ProjectOptions,
    every: Annotated[
        bool, typer.Option("--all", help="Show all questions, not only the first of each LLM.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the exact words that would be sent to an LLM, how much, and what that costs.

    With --json also the bytes of each request. Nothing is sent, no LLM is asked. The project folder
    is made if there is none, as by init.
    """
    from activellm.cli.console import Screen
    from activellm.cli.opening import open_or_create
    from activellm.project.previewing import preview

    with Screen(as_json=as_json) as screen:
        project, _ = open_or_create(options, screen.progress)
        with project.locked():
            found = preview(project, screen.progress)
        _show(screen, found, every=every)
        screen.result(_as_json(found))


def _show(screen: Screen, found: Preview, *, every: bool) -> None:
    from activellm.report.words import duration

    if not found.questions:
        screen.say(f"{found.strategy} asks no LLM. {found.note}".strip())
        return
    seen: set[str] = set()
    for question in found.questions:
        if question.model in seen and not every:
            continue
        seen.add(question.model)
        place = "on this machine" if question.runs_here else "LEAVES THIS MACHINE"
        where = f" at {question.server}" if question.server else ""
        screen.say(f"--- to {question.model}{where} ({place}), {question.texts} texts")
        for turn in question.messages:
            screen.say(f"[{turn.role}]\n{turn.content}\n", exact=True)
    cost = found.most.cost_most
    money = "unknown (give a price by --prices)" if cost is None else f"at most ${cost:.4f}"
    screen.say(f"Questions    {found.calls:,} ({len(found.questions):,} word for word as above)")
    screen.say(f"Leaving      {found.leaving:,} texts in those that are known")
    screen.say(f"Tokens       at most {found.most.prompt_tokens:,} read, ")
    screen.say(f"             at most {found.most.completion_tokens_most:,} written")
    screen.say(f"Cost         {money}")
    screen.say(f"Time         roughly {duration(found.seconds)}")
    for line in (*found.warnings, found.note):
        if line:
            screen.say(f"! {line}")


def _as_json(found: Preview) -> dict[str, Any]:
    return {**dataclasses.asdict(found), "calls": found.calls, "leaving": found.leaving}
