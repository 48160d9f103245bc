"""From the options to a project: an existing one, checked against them, or a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from activellm.errors import UsageError

if TYPE_CHECKING:
    from activellm.blocks import BlockExecutor
    from activellm.cli.options import ProjectOptions
    from activellm.pool import Pool
    from activellm.progress import Progress
    from activellm.project import Project
    from activellm.task import Task

_SETTINGS = (
    "preset",
    "strategy",
    "schedule",
    "llm",
    "llm_batch",
    "prompt",
    "recap",
    "answers",
    "shown",
    "committee",
    "orders",
    "parallel",
    "requests_per_minute",
    "max_cost",
    "max_tokens",
    "prices",
    "local_only",
    "redact",
    "candidates",
    "keep_candidates",
    "select",
    "rounds",
    "stopping",
    "sampler",
    "fold_near",
    "successor",
    "ensemble",
    "weak_labels",
    "encoder",
    "device",
    "holdout",
    "powered",
    "draws",
    "test_size",
    "oracle",
    "database",
    "seed",
)
_TEAM = ("overlap", "consensus", "soft_labels", "reveal", "repeats", "checks")
_KEPT = (
    "oracle", "database", "seed", "fold_near",
    "local_only", "redact", "max_cost", "max_tokens", "prices", *_TEAM,
)  # fmt: skip
"""Settings that a preset given later leaves as they are."""
_MANY_LABELS = 100


def open_or_create(
    options: ProjectOptions, progress: Progress, executor: BlockExecutor | None = None
) -> tuple[Project, bool]:
    """The project that the options name, its near copies folded, and whether it is new.

    Raises:
        UsageError: If options contradict what an existing project was made with.
    """
    from activellm.project import fold_near

    folder = project_folder(options)
    new = not (folder / "project.toml").exists()
    project = create(folder, options, progress) if new else _continued(folder, options)
    fold_near(project, progress, executor)
    return project, new


def project_folder(options: ProjectOptions) -> Path:
    """Where the project is: as named, or beside the pool file under its name."""
    if options.project is not None:
        return options.project
    if options.pool in (None, "-"):
        return find_project(None)
    source = Path(str(options.pool))
    return source.with_name(source.name.split(".")[0] + ".activellm")


def find_project(folder: Path | None) -> Path:
    """The named project folder, else this folder if it is one, else the only one in it.

    Raises:
        UsageError: If there is none, or more than one.
    """
    if folder is not None:
        return folder
    here = Path.cwd()
    if (here / "project.toml").exists():
        return here
    found = sorted(path.parent for path in here.glob("*.activellm/project.toml"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            "There is no project here.",
            where=str(here),
            remedy="Make one with: activellm run POOL --task ... --label ..., "
            "or name one with --project.",
        )
    names = ", ".join(path.name for path in found)
    raise UsageError(f"There are several projects here: {names}.", remedy="Name one: --project.")


def create(folder: Path, options: ProjectOptions, progress: Progress) -> Project:
    """Import the texts and make the project folder; on any error nothing is left behind."""
    from activellm.pool import import_pool, open_source
    from activellm.project import Project
    from activellm.settings import Settings
    from activellm.task import Task

    if options.pool is None:
        raise UsageError("A file of texts is needed.", where="POOL", remedy="activellm run --help")
    _refuse_two_ways(options)
    settings = Settings.build(**_given(options))
    settings.check_names()
    _check_task_options(options, settings.gold_column)
    columns: dict[str, Any] = {
        "text": options.text,
        "text_b": options.text_b,
        "id": options.id,
        "label": options.label_column,
        "pair": options.task_file is not None and Task.load(options.task_file).pair,
    }

    def bring_pool(path: Path) -> Any:
        source = open_source(str(options.pool), options.format, encoding=options.encoding)
        # Beside the folder, which does not exist before it is whole: a killed import goes on there.
        stage = folder.with_name(f".{folder.name}.import")
        return import_pool(source, path, **columns, stage=stage, progress=progress)

    def bring_test(path: Path) -> Any:
        return import_pool(open_source(str(options.test)), path, **columns)

    return Project.create(
        folder,
        settings=settings,
        bring_pool=bring_pool,
        bring_test=bring_test if options.test else None,
        make_task=lambda pool: make_task(options, settings.gold_column, pool),
    )


def make_task(options: ProjectOptions, gold_column: str | None, pool: Pool) -> Task:
    """The task that the options describe; in a simulation its labels may come from the column."""
    from activellm.task import Task, parse_label, read_guidelines

    if options.task_file is not None:
        task = Task.load(options.task_file)
        if pool.pair and not task.pair:
            raise UsageError("The task is not about pairs of texts.", where="--text-b")
        return task
    labels = [parse_label(option) for option in options.label or ()]
    fields: dict[str, Any] = {
        "description": options.task or "",
        "labels": labels or _labels_of(pool, str(gold_column)),
        "kind": "multi" if options.multi else "single",
        "pair": options.text_b is not None,
        "guidelines": read_guidelines(options.guidelines) if options.guidelines else "",
    }
    if options.text_b is not None:
        fields["pair_names"] = (options.text or "Text A", options.text_b)
    if options.language is not None:
        fields["language"] = options.language
    return Task.build(where="--task, --label", **fields)


def _labels_of(pool: Pool, column: str) -> list[dict[str, str]]:
    from activellm.pool.cells import different_cells

    if column not in pool.meta:
        raise UsageError(
            f"There is no column {column!r}.",
            where="--oracle",
            remedy=f"Columns: {', '.join(pool.meta) or 'none besides the text'}.",
        )
    names = sorted({cell for cell, _ in different_cells(pool, column)} - {""})
    if len(names) > _MANY_LABELS:
        raise UsageError(
            f"The column {column!r} has {len(names)} different values, too many for labels.",
            where="--oracle",
            remedy="Name the labels with --label.",
        )
    return [{"name": name} for name in names]


def _check_task_options(options: ProjectOptions, gold_column: str | None) -> None:
    """Say early, before a long import, what is missing for a task."""
    if options.task_file is not None:
        if options.task or options.label or options.guidelines or options.multi:
            raise UsageError(
                "It replaces --task, --label, --guidelines and --multi.", where="--task-file"
            )
        return
    if not options.task:
        raise UsageError("Say what is to be decided.", where="--task")
    if options.test is not None and gold_column is None:
        raise UsageError(
            "Measuring on labelled texts is for simulation.",
            where="--test",
            remedy="Use it with --oracle column:NAME.",
        )
    if len(options.label or ()) < 2 and (options.label or gold_column is None):
        raise UsageError(
            "At least two labels are needed.", where="--label", remedy="Give --label for each one."
        )


def _continued(folder: Path, options: ProjectOptions) -> Project:
    """An existing project with changed settings, if the options do not contradict it."""
    from activellm.project import Project
    from activellm.settings import STRATEGY_OPTIONS, Settings

    _refuse_two_ways(options)
    project = Project(folder)
    given = _given(options)
    merged = {**project.settings.model_dump(), **given}
    if given.get("preset"):  # a preset given now goes before what was set then
        merged = {**{k: v for k, v in merged.items() if k in _KEPT}, **given}
    if "strategy" in given and "schedule" not in given:
        merged["schedule"] = ""  # the strategy named now goes before the schedule set then
    before = project.settings.schedule or project.settings.strategy
    if (merged.get("schedule") or merged.get("strategy")) != before:
        # What other strategies were told does not bind these.
        merged = {k: v for k, v in merged.items() if k in given or k not in STRATEGY_OPTIONS}
    if project.settings.local_only:
        merged["local_only"] = True
    _refuse_other_task(project, options)
    project.configure(Settings.build(**merged))
    return project


def _refuse_two_ways(options: ProjectOptions) -> None:
    if options.strategy is not None and options.schedule is not None:
        raise UsageError("It says by itself which strategy is used when.", where="--schedule")


def _refuse_other_task(project: Project, options: ProjectOptions) -> None:
    remedy = "Name another folder with --project for another task or pool."
    if options.pool is not None and Path(options.pool).name != Path(project.imported.source).name:
        raise UsageError(
            f"The project {project.folder} was made from {project.imported.source}.",
            where="POOL",
            remedy=remedy,
        )
    from activellm.task import Task, parse_label

    task = project.task
    labels = tuple(parse_label(option) for option in options.label or ())
    other = (
        (options.task is not None and options.task.strip() != task.description)
        or (labels and labels != task.labels)
        or (options.task_file is not None and Task.load(options.task_file) != task)
    )
    if other:
        raise UsageError(
            f"The project {project.folder} has another task.", where="--task", remedy=remedy
        )


def _given(options: ProjectOptions) -> dict[str, Any]:
    """The settings that the user really gave."""
    values = {name: getattr(options, name) for name in _SETTINGS}
    return {name: value for name, value in values.items() if value is not None}
