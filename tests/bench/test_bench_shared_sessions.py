"""The paper's recorded sessions and the stored judgements, where they are on this machine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from activellm.bench.datasets import DataEntry, DataSet, open_data
from activellm.bench.experiment import Experiment
from activellm.bench.grid import Cell
from activellm.bench.presets import presets
from activellm.bench.simulate import Chosen, choose
from activellm.bench.workshop import Workshop
from activellm.recorded import Session, lines_of, read_sessions

TASKS = {
    "cti": ["cti", "cti_25_cont_index_recap", *(f"cti_{n}" for n in (10, 20, 30, 50, 100))]
    + [f"cti_{n}" for n in (60, 70, 80, 90)],
    "sst2": ["sst2", "sst2_25_cont_index_recap", "sst2_25_cont"]
    + [f"sst2_{n}" for n in (10, 50, 70, 80)],
    "cola": ["cola"],
    "mrpc": ["mrpc"],
    "rte": ["rte", "rte_25_cont_index_recap"],
    "wnli": ["wnli"],
    "cr": ["CR_16"],
    "emotion": ["emotion_48"],
    "amazon_counterfactual_en": ["setfit32/amazon_counterfactual_en"],
    "sst5": ["setfit32/sst5"],
}


def entry(shared: Path, name: str) -> DataEntry:
    return DataEntry(
        preset=name,
        sessions=str(shared / "recorded" / "recorded.jsonl.gz"),
        session_tasks=tuple(TASKS[name]),
        test=str(shared / "data" / name / "test.jsonl.gz"),
        test_size=50,
    )


@pytest.fixture(scope="module")
def sessions(shared: Path) -> list[Session]:
    return [*read_sessions(shared / "recorded" / "recorded.jsonl.gz")]


@pytest.fixture(scope="module")
def clean(shared: Path) -> frozenset[str]:
    """The ids of sessions whose first reply holds exactly one list, of as many as were wanted."""
    rows = (json.loads(line) for _, line in lines_of(shared / "recorded" / "recorded.jsonl.gz"))
    return frozenset(row["id"] for row in rows if row["clean_single_list"])


def played(shared: Path, name: str) -> tuple[DataSet, list[tuple[Cell, list[Chosen]]]]:
    experiment = Experiment(
        name="shared", data=(entry(shared, name),), strategies=("listwise",), llm=("recorded",)
    )
    workshop = Workshop(experiment, shared)
    cells = [cell for cell in workshop.cells() if cell.schedule == "listwise"]
    return workshop.data(name), [(cell, [*choose(cell, workshop)]) for cell in cells]


@pytest.mark.parametrize("name", TASKS)
def test_every_labelled_session_is_played(
    shared: Path, sessions: list[Session], clean: frozenset[str], name: str
) -> None:
    data, found = played(shared, name)
    assert data.given is not None
    own = [one for one in sessions if one.task in TASKS[name]]
    assert data.given.left_out == ()
    assert all(text.label is not None for one in own for text in one.instances)
    used = [one.id for run in data.given.runs for one in run.sessions]
    assert sorted(used) == sorted(one.id for one in own)
    compared = 0
    for cell, rounds in found:
        run = data.given.run(cell)
        assert run is not None
        assert len(rounds) == len(run.sessions)
        labelled: set[str] = set()
        for session, shown, chosen in zip(run.sessions, run.shown, rounds, strict=True):
            assert len(set(chosen.picks)) == cell.select == session.n_to_select
            assert not labelled & set(chosen.picks)
            assert set(chosen.picks) <= set(chosen.candidates) <= set(shown.values())
            listed = [shown[number] for number in session.taken_down or () if number in shown]
            again = session.taken & {*(session.taken_down or ())}
            if session.id in clean and not again and not labelled & {*listed}:
                assert list(chosen.picks) == listed, session.id
                assert chosen.filled == ()
                compared += 1
            labelled |= set(chosen.picks)
    assert compared > 0 or not clean & {one.id for one in own}


def test_llms_meet_on_the_same_candidates(shared: Path) -> None:
    data, found = played(shared, "mrpc")
    assert data.given is not None
    by_draw = Counter(cell.draw for cell, _ in found)
    assert sorted(by_draw.values()) == [1, 5]  # five LLMs were shown the same 101 texts
    candidates = {(cell.draw, chosen.candidates) for cell, (chosen,) in found}
    assert len(candidates) == 2


def test_stored_judgements_of_all_data_sets_open(shared: Path) -> None:
    folder = shared / "judgements"
    files = {
        "1.5B": str(folder / "judgements.jsonl.gz"),
        "135M": str(folder / "judgements_135m.jsonl.gz"),
    }
    name = "ag_news"
    one = DataEntry(
        preset=name,
        judgements=files,
        test=str(shared / "data" / name / "test.jsonl.gz"),
        test_size=50,
    )
    data = open_data(one, shared)
    assert data.given is not None
    assert (len(data.given.courses), set(data.given.listed)) == (5, {200})
    right = []
    for sets in data.given.judged["1.5B"]:
        for id_, row in sets.items():
            assert set(row) == set(presets()[name].labels)
            right.append(max(row, key=row.__getitem__) == data.answer(id_)[0])
    assert sum(right) / len(right) == pytest.approx(0.726, abs=0.001)  # as its README says
