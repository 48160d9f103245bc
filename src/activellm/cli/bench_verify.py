"""`activellm bench verify`: repeat some cells, and compare to the digit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activellm.cli.options import Json

if TYPE_CHECKING:
    from activellm.bench.verify import Checked, Verified


def command(
    folder: Annotated[Path, typer.Argument(help="The folder of an experiment's results.")],
    cells: Annotated[
        int, typer.Option("--cells", min=1, help="How many cells, drawn at random.")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Decides which cells.")] = 0,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            help="What the experiment's paths are relative to. Default: where its file was.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose and train again for some cells, and say what is not equal. No LLM is asked."""
    import tempfile

    from activellm.bench.experiment import read_experiment
    from activellm.bench.facts import EXPERIMENT, read_facts
    from activellm.bench.verify import verify
    from activellm.cli.console import Screen
    from activellm.errors import DataError

    if not (folder / EXPERIMENT).is_file():
        raise DataError(
            f"There is no {EXPERIMENT} here, so nothing can be repeated.",
            where=str(folder),
            remedy="`activellm bench run FILE --folder ...` keeps it; nothing is run twice.",
        )
    experiment = read_experiment(folder / EXPERIMENT)
    experiment.check()
    place = base or Path(read_facts(folder).base or folder.parent)
    with Screen(as_json=as_json) as screen, tempfile.TemporaryDirectory() as scratch:
        found = verify(
            experiment,
            place,
            folder,
            Path(scratch),
            number=cells,
            seed=seed,
            progress=screen.progress,
        )
        for line in _lines(found):
            screen.say(line)
        screen.result({**asdict(found), "differing": found.differing})
    if found.differing:
        raise typer.Exit(1)


def _lines(found: Verified) -> Iterator[str]:
    for one in found.checked:
        yield f"{one.verdict:<15}{_name(one)}: {one.measured} measurements repeated"
        yield from (f"  {finding}" for finding in one.findings)
    same = sum(one.verdict == "same" for one in found.checked)
    unsure = len(found.checked) - same - found.differing
    yield (
        f"{same} of {len(found.checked)} cells are equal to the digit, {found.differing} differ, "
        f"{unsure} could not be verified ({found.cells} cells are there)."
    )
    if found.foreign:
        yield f"{found.foreign} selections are of another experiment file and were passed over."
    for changed in found.changed:
        names = (f"{name} {old} -> {new}" for name, (old, new) in changed.items())
        yield f"! Results here were made with other versions or hardware: {', '.join(names)}"


def _name(one: Checked) -> str:
    cell = one.cell
    asked = [part for part in (cell.llm, cell.prompt) if part not in ("", "none")]
    way = f"{cell.schedule} ({', '.join(asked)})" if asked else cell.schedule
    return (
        f"{cell.data}, {way}, {cell.select} of {cell.candidates}, draw {cell.draw}, "
        f"repeat {cell.repeat}"
    )
