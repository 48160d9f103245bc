"""The command `activellm`: finds the subcommand, and tells errors to people."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from activellm import __version__
from activellm.cli import (
    annotate,
    backup,
    bench,
    bench_export,
    bench_paper,
    bench_report,
    bench_show,
    bench_verify,
    contamination,
    demo,
    evaluate,
    export,
    fold,
    import_labels,
    init,
    invite,
    label,
    list_names,
    predict,
    preview,
    recordings,
    report,
    run,
    select,
    serve,
    status,
    track,
    train,
    tune,
)
from activellm.errors import ActiveLLMError

app = typer.Typer(
    name="activellm",
    help="From a heap of unlabelled texts to a trained, honestly measured classifier.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts twice as fast
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"activellm {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """From a heap of unlabelled texts to a trained, honestly measured classifier."""


def main() -> None:
    """Run the command line; the process ends with 0, 1 (failure), 2 (wrong use) or 130 (Ctrl-C)."""
    # Threads that wait by spinning make a busy machine slower than one thread would.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    arguments = sys.argv[1:]
    if "--debug" in arguments:  # taken anywhere, also behind the subcommand
        arguments = ["--debug", *(one for one in arguments if one != "--debug")]
    app(arguments)


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with its errors told to people; a traceback only with --debug."""

    @functools.wraps(command)
    def run(*values: Any, **options: Any) -> None:
        try:
            command(*values, **options)
        except typer.Exit:
            raise
        except KeyboardInterrupt:
            _stop(130, "Stopped. Run the same command again to go on from here.")
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except Exception as error:
            if "--debug" in sys.argv:
                raise
            _stop(*told(error))

    return run


for module in (
    run,
    init,
    fold,
    preview,
    select,
    annotate,
    invite,
    train,
    evaluate,
    report,
    status,
    predict,
    export,
    serve,
    track,
    contamination,
    demo,
):
    app.command(module.__name__.rpartition(".")[2])(_guarded(module.command))
app.command("import")(_guarded(import_labels.command))
app.command("backup")(_guarded(backup.backup))
app.command("restore")(_guarded(backup.restore))
app.command("list")(_guarded(list_names.command))
labels = typer.Typer(help="Rename labels, or offer them no more.", no_args_is_help=True)
for relabel in (label.rename, label.retire, label.offer):
    labels.command(relabel.__name__)(_guarded(relabel))
app.add_typer(labels, name="label")
kept = typer.Typer(help="Look at recorded LLM sessions.", no_args_is_help=True)
kept.command("check")(_guarded(recordings.check))
app.add_typer(kept, name="recordings")
experiments = typer.Typer(
    help="Compare strategies, query models and learners in experiments.", no_args_is_help=True
)
experiments.command("run")(_guarded(bench.run))
experiments.command("paper")(_guarded(bench_paper.paper))
experiments.command("tune")(_guarded(tune.tune))
experiments.command("export")(_guarded(bench_export.command))
experiments.command("verify")(_guarded(bench_verify.command))
experiments.command("show")(_guarded(bench_show.show))
experiments.command("report")(_guarded(bench_report.report))
app.add_typer(experiments, name="bench")


def told(error: Exception) -> tuple[int, str]:
    """The exit code, and what to tell the user of an error."""
    if isinstance(error, ActiveLLMError):
        return error.exit_code, f"Error: {error}"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = " Free some space and run the same command again." if full else ""
        return 1, f"Error: {where}{error.strerror or error}.{remedy}"
    from activellm.plugins import at_fault

    if package := at_fault(error):
        return 1, (
            f"Error: The package {package}, which adds to activellm, failed: "
            f"{type(error).__name__}: {error}\n"
            "Run again with --debug and report what it prints to its makers."
        )
    return 1, (
        f"Internal error: {type(error).__name__}: {error}\n"
        "This is a bug of activellm. Run again with --debug and report what it prints."
    )


def _stop(code: int, message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.exit(code)
