"""Each of the paper's tables as experiments: valid, and covering what the table names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from activellm.bench.experiment import read_experiment
from activellm.bench.grid import cells
from activellm.bench.paper.experiments import Part, plan, write_experiment
from activellm.bench.paper.numbers import reported
from activellm.bench.paper.running import places
from activellm.bench.paper.sources import POOL, TEST, Sources
from activellm.bench.paper.study import FOR_SMALL, LONG, SHORT
from activellm.bench.paper.tables import TABLES, table
from activellm.bench.paper.ways import task_of, way_of
from activellm.bench.presets import presets
from activellm.errors import DataError, UnknownNameError, UsageError

LLM = "openai/gpt-4o"


def session(task: str, llm: str, mode: str, **more: Any) -> dict[str, Any]:
    texts = [{"number": n, "text": f"{task} text {n}", "label": "positive"} for n in range(60)]
    fixed = {"task": task, "llm": llm, "mode": mode, "run": "1", "n_to_select": 4}
    return {**fixed, "id": f"{task}/{llm}/{mode}", "instances": texts, "answer": "7, 21, 3, 40"} | {
        **more
    }


SESSIONS = [
    *(session("cti", "gpt-4", mode) for mode in ("1", "4", "8", "10", "11")),
    session("sst2", "gpt-4", "10"),
    session("sst2", "gpt-3.5", "gpt_35_100"),
    session("qqp", "gpt-4", "10", instances=[{"number": 0, "text": "no label"}]),
    session("sst2_10", "gpt-4", "10"),
    session("cti_90", "gpt-4", "10"),
    *(session("sst2_25_cont", "gpt-4", "10", id=f"i{n}", iteration=n) for n in (1, 2)),
    session("CR_16", "gpt-4", "10"),
]


@pytest.fixture
def have(tmp_path: Path) -> Callable[..., Sources]:
    """What a user has: empty files of all data sets, and a file of sessions."""
    for name in presets():
        (tmp_path / "data" / name).mkdir(parents=True)
        for file in (POOL, TEST):
            (tmp_path / "data" / name / file).touch()
    file = tmp_path / "sessions.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in SESSIONS))

    def make(**changes: Any) -> Sources:
        return Sources(**{"data": tmp_path / "data", "sessions": file, "llms": (LLM,)} | changes)

    return make


def rows_of(name: str, parts: Iterable[Part]) -> set[tuple[str, str, int]]:
    """Data set, way and labels of all that live parts would measure."""
    found = set()
    for part in parts:
        if part.study.sessions:
            continue
        for cell in cells(part.experiment.model_copy(update={"draws": 1, "base_draws": 1})):
            for number in range(1, cell.rounds + 1):
                way = way_of(name, cell.choice)
                found.add((task_of(cell.data), way, cell.select * number))
    return found


@pytest.mark.parametrize("name", TABLES)
def test_experiments_cover_the_numbers_of_the_logs(name: str, have: Callable[..., Sources]) -> None:
    """With a live LLM every number of the logs has its row, but those that need a certain LLM."""
    parts = plan(table(name), have(sessions=None)).parts
    rows = rows_of(name, parts)
    missing = set(reported(name)) - rows
    if name == "llms":
        assert {way for _, way, _ in rows} == {"random", "gpt-4o, 200 shown"}
        missing = {key for key in missing if key[1] == "gpt-4o, 200 shown"}
    if name == "iterative":
        other = "LLM, recap by index, other system prompt"
        assert {way for _, way, _ in missing} == {other}
        missing = set()
    assert missing == set()


@pytest.mark.parametrize("name", TABLES)
def test_a_written_experiment_is_the_same_one(
    name: str, have: Callable[..., Sources], tmp_path: Path
) -> None:
    parts = plan(table(name), have()).parts
    kept = places(table(name), parts, tmp_path / "there")
    assert len({one.file for one in kept}) == len(parts)
    for one in kept:
        write_experiment(one.part.experiment, one.file)
        read = read_experiment(one.file)
        for entry, written in zip(read.data, one.part.experiment.data, strict=True):
            for path in ("pool", "test", "sessions"):
                assert not Path(getattr(entry, path)).is_absolute()
                there = (one.file.parent / getattr(entry, path)).resolve()
                assert there == Path(getattr(written, path) or one.file.parent)
        assert read.model_dump(exclude={"data"}) == one.part.experiment.model_dump(exclude={"data"})


def test_recorded_sessions_are_those_of_the_table(have: Callable[..., Sources]) -> None:
    def recorded(name: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        return {
            entry.called: (entry.session_tasks, entry.session_modes)
            for part in plan(table(name), have(llms=())).parts
            if part.study.sessions
            for entry in part.experiment.data
        }

    assert recorded("main") == {"cti": (("cti",), ("10",)), "sst2": (("sst2",), ("10",))}
    assert recorded("prompts") == {"cti": (("cti",), ("1", "4"))}
    assert recorded("shown") == {"cti": (("cti",), ("8", "10", "11"))}
    assert recorded("picks") == {
        "sst2": (("sst2_10", "sst2"), ("10",)),
        "cti": (("cti_90", "cti"), ("10",)),
    }
    assert recorded("llms") == {"sst2": (("sst2",), ())}
    assert recorded("iterative") == {"sst2, no recap": (("sst2_25_cont",), ())}
    assert recorded("few-shot") == {"cr": (("CR_16",), ())}


def test_the_prompt_with_guidelines_has_some(have: Callable[..., Sources]) -> None:
    parts = {part.study.name: part.experiment for part in plan(table("prompts"), have()).parts}
    shown = {name: bool(one.data[0].guidelines) for name, one in parts.items()}
    assert shown == {"recorded": False, "live": False, "guidelines": True}
    assert parts["guidelines"].prompts == ("c2",)


def test_what_is_left_out_is_told(have: Callable[..., Sources]) -> None:
    sources = have(llms=(), successors=("linear",))
    (sources.data / "mnli" / TEST).unlink()  # type: ignore[operator]
    planned = plan(table("main"), sources)
    assert [part.study.name for part in planned.parts] == [
        *("recorded-cti", "recorded", "classic-cti", "classic")
    ]
    assert "qqp, recorded: the sessions' texts have no labels." in planned.left_out
    assert f"mnli: its texts are not in {sources.data}." in planned.left_out
    assert "mnli" not in {entry.called for entry in planned.parts[-1].experiment.data}
    assert {part.experiment.successors for part in planned.parts} == {("linear",)}


def test_learners_are_the_papers_unless_others_are_named(have: Callable[..., Sources]) -> None:
    main = {part.study.name: part.experiment for part in plan(table("main"), have()).parts}
    assert main["recorded-cti"].successors == main["cti"].successors == (LONG,)
    assert main["glue"].successors == main["classic"].successors == (FOR_SMALL,)
    bert = plan(table("main"), have(encoder="bert-base-uncased"))
    assert bert.parts[-1].experiment.successors == (SHORT,)
    assert bert.left_out == ("qqp, recorded: the sessions' texts have no labels.",)
    small = plan(table("few-shot"), have())
    assert {part.experiment.successors for part in small.parts} == {("setfit",)}
    assert any("masked-language head" in one for one in small.left_out)
    bert = plan(table("few-shot"), have(encoder="bert-base-uncased"))
    assert bert.parts[0].experiment.successors == ("setfit", "adapet", "perfect")
    assert bert.left_out == ()


def test_repeats_beside_few_sessions_and_many_draws(have: Callable[..., Sources]) -> None:
    parts = plan(table("shown"), have()).parts
    assert [part.experiment.base_draws for part in parts] == [20, 5]
    parts = plan(table("shown"), have(base_draws=3, seeds=2, draws=7)).parts
    assert {(part.experiment.base_draws, part.experiment.seeds) for part in parts} == {(3, 2)}
    assert parts[-1].experiment.draws == 7


def test_wrong_use_is_told(have: Callable[..., Sources], tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Known: few-shot, iterative, llms, main"):
        table("table1")
    with pytest.raises(UsageError, match="needs recorded sessions or an LLM"):
        plan(table("prompts"), have(sessions=None, llms=()))
    with pytest.raises(DataError, match="no such folder"):
        plan(table("main"), have(data=tmp_path / "nowhere"))
    with pytest.raises(DataError, match="no such file of recorded"):
        plan(table("main"), have(sessions=tmp_path / "nowhere"))
    with pytest.raises(UnknownNameError, match="Did you mean 'sst2'"):
        plan(table("main"), have(tasks=("sst-2",)))
    with pytest.raises(UsageError, match="--sessions"):
        plan(table("main"), have(llms=("recorded/gpt-4",)))
    with pytest.raises(UsageError, match="successors: something is named twice"):
        plan(table("main"), have(successors=("linear", "linear")))
    with pytest.raises(UnknownNameError, match="Did you mean 'linear'"):
        plan(table("main"), have(successors=("liner",)))
