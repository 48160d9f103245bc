"""From the project to the facts that the report shows."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from activellm.annotation.contract import Annotation
from activellm.llm import Usage
from activellm.pool import Example
from activellm.progress import Progress, silent
from activellm.project import Measured, Project, Round, Training, labelled, points, rounds
from activellm.project.gold import gold_test
from activellm.project.rounds import held_out, holdout_ids
from activellm.project.stopping import verdicts
from activellm.project.store import StepResult, now
from activellm.report.facts import (
    AnnotationFacts,
    CurvePoint,
    MapPoint,
    PickFacts,
    PointState,
    PoolFacts,
    PoolMap,
    ReportFacts,
    RoundFacts,
    Settings,
    StepCost,
)
from activellm.report.people import people_facts
from activellm.report.privacy import privacy_facts
from activellm.report.projection import choose_points, project_2d
from activellm.seeding import generator

MAP_POINTS = 500
MAP_CANDIDATES = 2000
"""Of more candidates the map shows so many, drawn at random."""
PACKAGES = (
    "activellm",
    "numpy",
    "scikit-learn",
    "scipy",
    "torch",
    "transformers",
    "tokenizers",
    "xllamacpp",
    "pyarrow",
)


def collect(
    project: Project, training: Training, measured: Measured, progress: Progress = silent
) -> ReportFacts:
    """Gather what the report of a project says."""
    done = rounds(project)
    answers = project.store.current()
    return ReportFacts(
        title=project.folder.resolve().name.removesuffix(".activellm"),
        task=project.task,
        created=now(),
        pool=_pool(project),
        settings=_settings(project, training),
        rounds=tuple(_round(project, round_, answers) for round_ in done),
        annotation=_annotation(project, answers),
        people=people_facts(project),
        weak=training.weak,
        map=_map(project, done, answers, progress),
        evaluations=measured.evaluations,
        powered=measured.powered,
        comparison=measured.comparison,
        trust=measured.trust,
        advice=measured.advice,
        curve=tuple(_curve(project)),
        verdicts=verdicts(project),
        costs=tuple(_costs(done, training, measured)),
        privacy=privacy_facts(
            project.audit_lines(),
            redact=project.settings.redact,
            local_only=project.settings.local_only,
            max_cost=project.settings.max_cost,
            max_tokens=project.settings.max_tokens,
        ),
        versions=_versions(),
        warnings=(*training.warnings, *measured.warnings),
        commands=(_command(project),),
    )


def _curve(project: Project) -> list[CurvePoint]:
    return [
        CurvePoint(
            number=point.number,
            strategy=point.strategy,
            labels=point.labels,
            seconds=point.seconds,
            accuracy=point.measured.accuracy,
            macro_f1=point.measured.macro_f1,
            texts=point.measured.texts,
            size=point.measured.size,
        )
        for point in points(project)
        if point.measured is not None
    ]


def _pool(project: Project) -> PoolFacts:
    report, folds = project.imported, project.pool.folds
    columns = report.columns
    texts = tuple(name for name in (columns.text, columns.pair) if name)
    others = [name for name in (columns.id, columns.label) if name]
    return PoolFacts(
        source=report.source,
        rows=report.rows,
        kept=report.kept,
        folded=report.folded,
        empty=report.empty,
        text_columns=texts,
        columns=(*texts, *others, *columns.meta),
        near=None if folds is None else len(folds.rows),
    )


def _settings(project: Project, training: Training) -> Settings:
    settings = project.settings
    asked = any(
        round_.selection.usage.calls or round_.selection.usage.replayed
        for round_ in rounds(project)
    )
    name, _reason = training.choice
    facts = training.load(project.tools).settings()
    return Settings(
        candidates=settings.candidates,
        picks=settings.select,
        strategy=str(settings.strategies),
        successor=name,
        successor_settings={key: str(value) for key, value in facts.items()},
        query_model=dict(project.tools.model.identity()) if asked else {},
        encoder=settings.encoder,
        oracle=settings.oracle,
        seed=settings.seed,
        preset=settings.preset,
    )


def _round(project: Project, round_: Round, answers: dict[str, Annotation]) -> RoundFacts:
    examples = project.pool.examples(round_.selection.ids)
    return RoundFacts(
        number=round_.number,
        selection=round_.selection,
        picks=tuple(_pick(example, answers.get(example.id)) for example in examples),
        started=round_.result.at,
        seconds=round_.result.seconds,
    )


def _pick(example: Example, given: Annotation | None) -> PickFacts:
    return PickFacts(
        id=example.id,
        text=example.text,
        pair=example.pair,
        answer=given.labels if given and given.action == "label" else None,
        skipped=given is not None and given.action == "skip",
        unsure=given is not None and given.unsure,
        note=given.note if given else "",
        row=example.row,
    )


def _annotation(project: Project, answers: dict[str, Annotation]) -> AnnotationFacts:
    given = list(answers.values())
    times = [one.seconds for one in given if one.seconds is not None]
    return AnnotationFacts(
        labelled=len(labelled(project)),
        annotators=tuple(sorted({one.annotator for one in given})),
        simulated=project.settings.gold_column is not None,
        skipped=sum(one.action == "skip" for one in given),
        unsure=sum(one.unsure for one in given),
        noted=sum(bool(one.note) for one in given),
        median_seconds=median(times) if times else None,
        holdout=len(held_out(project)),
    )


def _map(
    project: Project, done: Sequence[Round], answers: dict[str, Annotation], progress: Progress
) -> PoolMap | None:
    """The texts that were looked at, and others at random; measured ones first, being embedded.

    Without an encoder here there is no map.
    """
    encoder = project.tools.encoder_if_here
    if encoder is None:
        return None
    state: dict[str, PointState] = dict.fromkeys(holdout_ids(project), "hold-out")
    for round_ in done:
        state.update(dict.fromkeys(round_.candidates, "candidate"))
        state.update(dict.fromkeys(round_.selection.ids, "picked"))
    hidden = _not_shown(project, state)
    keep = dict.fromkeys(id_ for id_ in state if id_ not in hidden)
    if project.test is None:
        keep |= dict.fromkeys(one.example.id for one in gold_test(project))
    rng = generator(project.settings.seed, "map")
    rows = choose_points(
        len(project.pool), project.pool.positions(keep), rng, most=max(MAP_POINTS, len(keep))
    )
    examples = project.pool.examples(project.pool.ids_at(rows))
    vectors = encoder.embed([one.content for one in examples], progress=progress)
    projection = project_2d(vectors, seed=project.settings.seed)
    dots = tuple(
        MapPoint(
            id=example.id,
            x=float(x),
            y=float(y),
            text=" / ".join(part for part in (example.text, example.pair) if part)[:300],
            state=state.get(example.id, "pool"),
            answer=answers[example.id].labels
            if example.id in answers and answers[example.id].action == "label"
            else None,
        )
        for example, (x, y) in zip(examples, projection.points, strict=True)
    )
    shown_of = len(project.pool) if len(dots) < len(project.pool) else None
    return PoolMap(dots, projection.method, shown_of)


def _not_shown(project: Project, state: Mapping[str, PointState]) -> set[str]:
    """Candidates that are too many for the map."""
    candidates = [id_ for id_, one in state.items() if one == "candidate"]
    rng = generator(project.settings.seed, "map", "candidates")
    return {str(id_) for id_ in rng.permutation(candidates)[MAP_CANDIDATES:]}


def _costs(done: Sequence[Round], training: Training, measured: Measured) -> list[StepCost]:
    costs = [
        _cost(f"Selection, round {round_.number}", round_.result, round_.selection.usage)
        for round_ in done
    ]
    costs.append(_cost(f"Training ({training.choice[0]})", training.result))
    for name, result in measured.results.items():
        spent = result.value.get("usage")
        costs.append(_cost(name, result, Usage(**spent) if spent else None))
    return costs


def _cost(name: str, result: StepResult, usage: Usage | None = None) -> StepCost:
    return StepCost(
        step=name,
        seconds=result.seconds,
        usage=usage,
        peak_mb=result.peak_bytes / 1e6 or None,
    )


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version(), "System": platform.platform(terse=True)}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _command(project: Project) -> str:
    """A command line that repeats the run on another machine."""
    task, settings, columns = project.task, project.settings, project.imported.columns
    words = ["activellm", "run", Path(project.imported.source).name, "--task", task.description]
    for label in task.labels:
        words += ["--label", f"{label.name}={label.definition}" if label.definition else label.name]
    options = {
        "--text": columns.text,
        "--text-b": columns.pair,
        "--id": columns.id,
        "--label-column": columns.label,
    }
    words += [word for option, value in options.items() if value for word in (option, value)]
    words += ["--multi"] if task.multi else []
    defaults = type(settings)()
    for name, value in settings.model_dump(exclude={"preset"}).items():
        if value != getattr(defaults, name) or name == "seed":
            words += _option(name, value)
    return shlex.join(words)


def _option(name: str, value: object) -> list[str]:
    """A setting as it is written on the command line: a flag, or once for each value."""
    option = f"--{name.replace('_', '-')}"
    if value is True:
        return [option]
    values = value if isinstance(value, tuple) else (value,)
    return [word for one in values for word in (option, str(one))]
