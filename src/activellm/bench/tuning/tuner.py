"""From what the user has to the advice: reads, simulates, weighs, and writes it down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from activellm.bench.experiment import read_experiment
from activellm.bench.tuning import simulate
from activellm.bench.tuning.advice import Advice, advise, paste
from activellm.bench.tuning.labelled import LabelledPart, check_enough
from activellm.bench.tuning.likeness import Traits
from activellm.bench.tuning.picture import draw
from activellm.bench.tuning.request import CANDIDATES, SELECT, STRATEGIES, Request
from activellm.bench.tuning.sizes import Sizes, fit_sizes
from activellm.bench.tuning.sources import Sources
from activellm.bench.tuning.table import markdown
from activellm.bench.tuning.values import Values
from activellm.files import write_text
from activellm.named import write_named
from activellm.progress import Progress, silent
from activellm.settings import Settings
from activellm.successors import choose_successor
from activellm.task import Task

ADVICE, PICTURE = "advice.json", "tune.svg"


@dataclass(frozen=True)
class Tuned:
    """What tuning gives.

    Attributes:
        advice: The recommendation and its evidence.
        words: The same for people.
        paste: The command to go on with.
        folder: Where measurements, advice and picture are.
        picture: The picture; None where nothing was measured.
    """

    advice: Advice
    words: str
    paste: str
    folder: Path
    picture: Path | None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        files = {"folder": str(self.folder), "picture": str(self.picture or "") or None}
        return {**asdict(self.advice), "paste": self.paste, **files}


def tune_task(
    sources: Sources,
    given: Mapping[str, Any],
    folder: Path | None = None,
    *,
    workers: int = 1,
    say: Callable[[str], None] = lambda _: None,
    progress: Progress = silent,
) -> Tuned:
    """Simulate what can be, and advise; it can be killed at any moment and run again.

    Args:
        sources: What the user has.
        given: Fields of `Request` that are not to be the default; None counts as not given.
        folder: Where results are kept.
        workers: Processes side by side.
        say: Told what is about to be done.
        progress: Told how far it is.

    Raises:
        UsageError: If something that was asked cannot be; nothing is written then.
    """
    sources.check()
    part = sources.part
    request = _request(given, part)
    request.check()
    folder = folder or sources.folder
    sizes = fit_sizes(len(part.rows), request.candidates, request.select) if part else None
    simulate.check_names(request)
    own: Values | None = None
    options: dict[str, Any] = {"workers": workers, "progress": progress}
    if part is not None and sizes is not None and sizes.select:
        check_enough(part)
        say(f"{len(part.rows)} labelled texts, {request.draws} draws: {_grid(request, sizes)}")
        own = simulate.simulate_own(part, sizes, request, folder, **options).values
    others, traits, left_out = _others(sources.like, request, folder, options)
    advice = advise(
        request, part=part, sizes=sizes, own=own, others=others, traits=traits, left_out=left_out
    )
    return _written(advice, paste(advice, part, sources.file), folder)


def _request(given: Mapping[str, Any], part: LabelledPart | None) -> Request:
    """What the user said; else what their project is set to, and some things to try beside it."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }
    settings = (part.settings if part else None) or Settings()
    values.setdefault("encoder", settings.encoder)
    first = settings.schedule or settings.strategy
    values.setdefault("strategies", tuple(dict.fromkeys((first, *STRATEGIES))))
    values.setdefault("shown", settings.candidates)
    values.setdefault("candidates", tuple(sorted({settings.candidates, *CANDIDATES})))
    if "select" in values:
        near = min(values["select"], key=lambda one: abs(one - settings.select), default=0)
        values.setdefault("labels", near)
    else:
        values.setdefault("labels", settings.select)
        values["select"] = tuple(sorted({values["labels"], *SELECT}))
    if "successors" not in values:
        values["successors"] = (_learner(settings.successor, part, values["encoder"]),)
    return Request(**values)


def _learner(written: str, part: LabelledPart | None, encoder: str) -> str:
    """The default learner as an experiment names it."""
    if written != "auto":
        return written
    task = (
        part.task if part else Task.build(description="any", labels=[{"name": "a"}, {"name": "b"}])
    )
    chosen = choose_successor(task, encoder)
    return write_named(chosen.name, chosen.options)


def _others(
    like: Path | None, request: Request, folder: Path, options: Mapping[str, Any]
) -> tuple[Values | None, tuple[Traits, ...], tuple[str, ...]]:
    if like is None:
        return None, (), ()
    if like.is_dir():
        file = like.with_suffix(".toml")
        if file.exists():
            return *simulate.read_results(like, file), ()
        unknown = f"there is no {file.name}, so what the data sets are like is not known; all count"
        return *simulate.read_results(like, None), (f"{like}: {unknown}.",)
    read_experiment(like)
    found = simulate.simulate_like(like, request, folder, **options)
    return found.values, found.traits, found.left_out


def _grid(request: Request, sizes: Sizes) -> str:
    """The grid in words."""
    return (
        f"{len(request.strategies)} strategies x {len(request.successors)} learners x "
        f"{', '.join(map(str, sizes.candidates))} candidates x "
        f"{', '.join(map(str, sizes.select))} labels"
    )


def _written(advice: Advice, line: str, folder: Path) -> Tuned:
    evidence = [found for found in (advice.own, advice.similar) if found is not None]
    picture = folder / PICTURE if evidence else None
    folder.mkdir(parents=True, exist_ok=True)
    if picture is not None:
        write_text(picture, draw(evidence))
    done = Tuned(advice, markdown(advice), line, folder, picture)
    write_text(folder / ADVICE, json.dumps(done.as_json(), ensure_ascii=False, indent=2) + "\n")
    return done
