"""`activellm export`: the trained model as a folder of its own, and on to the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.project.publishing import Published


def command(
    to: Annotated[Path, typer.Argument(metavar="FOLDER", help="New, empty, or an earlier export.")],
    folder: Annotated[
        Path | None, typer.Option("--project", help="Project folder. Default: the only one here.")
    ] = None,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Also write model.onnx; predict and serve then use it.")
    ] = False,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Also write model_int8.onnx: smaller, faster, less exact."),
    ] = False,
    licence: Annotated[
        str,
        typer.Option("--licence", help="Under which licence others get it: apache-2.0, mit ..."),
    ] = "",
    push: Annotated[
        str, typer.Option("--push", metavar="OWNER/NAME", help="Upload it to the Hugging Face hub.")
    ] = "",
    public: Annotated[
        bool, typer.Option("--public", help="With --push: for everybody. Default: private.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --push: send it, after a look at what is sent.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the trained model and its card into a folder that is complete by itself."""
    from dataclasses import asdict

    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.errors import UsageError
    from activellm.project import Project, hub
    from activellm.project.publishing import publish

    with Screen(as_json=as_json) as screen:
        project = Project(find_project(folder))
        if push:
            hub.check_push(project, push)
        with project.locked():
            written = publish(
                project, to, onnx=onnx, int8=int8, licence=licence, progress=screen.progress
            )
        _tell(written, screen.say)
        address = None
        if push:
            seen = "for everybody" if public else "private"
            screen.say(
                f"To send to {push} ({seen}): these files, {sum(written.files.values()):,} bytes. "
                "A model can give away texts that it was trained on."
            )
            if not yes:
                raise UsageError("Nothing was sent.", where="--push", remedy="Add --yes to send.")
            address = hub.push(written.folder, push, public=public)
            screen.say(f"Sent: {address}")
        screen.result(
            {
                "folder": str(written.folder),
                "files": written.files,
                "onnx": asdict(written.onnx) if written.onnx else None,
                "int8": asdict(written.int8) if written.int8 else None,
                "address": address,
            }
        )


def _tell(written: Published, say: Callable[[str], None]) -> None:
    say(f"{written.folder}:")
    for name, size in written.files.items():
        say(f"  {name}  {size:,} bytes")
    for name, found in (("ONNX beside torch", written.onnx), ("8 bits beside ONNX", written.int8)):
        if found is not None:
            say(
                f"{name}: {found.equal:.1%} of {found.texts} texts get the same labels; the "
                f"largest difference of a probability is {found.largest:.1g}."
            )
