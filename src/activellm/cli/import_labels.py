"""`activellm import`: answers that people gave in another tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from activellm.cli.options import Folder, Json

if TYPE_CHECKING:
    from activellm.exchange.importing import Plan


def command(
    file: Annotated[Path, typer.Argument(help="A file or folder of another tool.")],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="label-studio, argilla, prodigy, doccano, hugging-face, csv, jsonl or parquet. "
            "Default: by the file's name.",
        ),
    ] = None,
    annotator: Annotated[
        str, typer.Option("--annotator", help="Whose the answers are that have no name there.")
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Only tell what would be taken; write nothing.")
    ] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Take people's answers from another tool's file; what is known already is passed over."""
    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.exchange import open_format
    from activellm.exchange.importing import plan_import
    from activellm.project import Project
    from activellm.workflow import Told

    with Screen(as_json=as_json) as screen:
        chosen = open_format(format, file)
        project = Project(find_project(folder))
        with project.locked():
            plan = plan_import(
                project, chosen, file, annotator=annotator.strip(), progress=screen.progress
            )
            new = len(plan.events) if check else plan.keep(project)
        told = Told("Import", _summary(plan, new, check), None, warnings=_warnings(plan))
        screen.tell(told)
        screen.result(_result(plan, new, check))


def _summary(plan: Plan, new: int, check: bool) -> str:
    verb = "would be taken" if check else "taken"
    return (
        f"{plan.texts:,} texts in the file, {plan.matched:,} of them in this project. "
        f"{new:,} new annotations {verb}, {plan.known:,} were known, "
        f"{plan.unanswered:,} texts have no answer."
    )


def _warnings(plan: Plan) -> tuple[str, ...]:
    warnings = [f"Not taken: {one}" for one in plan.found.sentences()]
    if plan.unasked:
        warnings.append(
            f"{plan.unasked:,} texts with new answers were never picked here: the answers are "
            "kept, and teach once the text is picked."
        )
    return tuple(warnings)


def _result(plan: Plan, new: int, check: bool) -> dict[str, Any]:
    return {
        "texts": plan.texts,
        "matched": plan.matched,
        "new": new,
        "known": plan.known,
        "unanswered": plan.unanswered,
        "unasked": plan.unasked,
        "written": not check,
        "not_taken": [
            {"what": what, "count": count, "first": plan.found.places[what]}
            for what, count in plan.found.counts.most_common()
        ],
    }
