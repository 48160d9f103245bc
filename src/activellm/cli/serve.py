"""`activellm serve`: the trained classifier as a web service."""

from __future__ import annotations

from typing import Annotated

import typer

from activellm.cli.options import Folder

TOKEN = "ACTIVELLM_SERVE_TOKEN"  # noqa: S105  # the variable's name


def command(
    folder: Folder = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; 0.0.0.0 for all of this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option("--port", help="Default: a free one, told at the start.")
    ] = None,
    public_host: Annotated[
        str,
        typer.Option(
            "--public-host", help="The host name that a reverse proxy in front passes on."
        ),
    ] = "",
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Use the weights of 8 bits that activellm export --int8 made."),
    ] = False,
) -> None:
    """Answer single texts and batches by the trained classifier, until Ctrl-C.

    Requests carry a token: that of the environment variable ACTIVELLM_SERVE_TOKEN, or a new one.
    """
    import os

    from activellm.cli.console import Screen
    from activellm.cli.opening import find_project
    from activellm.project import Project
    from activellm.project.predicting import trained
    from activellm.serving.run import serve
    from activellm.successors.onnx_runtime import open_classifier
    from activellm.tools import Tools

    with Screen() as screen:
        project = Project(find_project(folder))
        at_once = project.settings.changed(llm_batch=False)  # who asks here does not wait a day
        classifier = open_classifier(
            trained(project).folder,
            device=project.settings.device,
            int8=int8,
            judge=Tools(project.task, at_once, project.folder).judge,
        )
        given = os.environ.get(TOKEN, "").strip()

        def announce(address: str, token: str) -> None:
            screen.pause()
            screen.say(
                f"{address}/predict (how to ask: {address}/docs; Ctrl-C to stop)", exact=True
            )
            said = f"as {TOKEN} says" if given else token
            screen.say(f"Token: {said}", exact=True)

        serve(
            classifier,
            host=host,
            port=port,
            token=given,
            public_host=public_host,
            announce=announce,
        )
        screen.say("Stopped.")
