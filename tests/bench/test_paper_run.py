"""A table of the paper from recorded sessions to what the command prints."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from activellm.bench.datasets import DataEntry
from activellm.bench.experiment import Experiment
from activellm.bench.paper.experiments import Part, plan
from activellm.bench.paper.running import Finished, idle
from activellm.bench.paper.sources import POOL, TEST, Sources
from activellm.bench.paper.tables import table
from activellm.bench.results import Results
from activellm.bench.running import Ran
from activellm.bench.workshop import Workshop
from activellm.cli.main import main

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))
from fake_openai_server import FakeOpenAIServer

WORDS = {"negative": ["dull", "awful", "poor", "sad"], "positive": ["fine", "nice", "good", "warm"]}
THINGS = ["film", "meal", "book", "park", "tree", "water", "light", "bus", "text", "road"]
ROWS = [
    {"text": f"{word} {one} and {other}", "label": label}
    for other in THINGS
    for one in THINGS
    for label, words in WORDS.items()
    for word in words
]


def lines(path: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def session(llm: str, mode: str, run: int, answer: str) -> dict[str, Any]:
    rows = ROWS[run * 40 : run * 40 + 40]
    return {
        "id": f"sst2/{llm}/{mode}/{run}",
        "task": "sst2",
        "llm": llm,
        "mode": mode,
        "run": str(run),
        "n_to_select": 6,
        "instances": [{"number": number, **row} for number, row in enumerate(rows)],
        "answer": answer,
    }


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with SST-2 and sessions of two LLMs on it."""
    (tmp_path / "data" / "sst2").mkdir(parents=True)
    lines(tmp_path / "data" / "sst2" / POOL, ROWS[:400])
    lines(tmp_path / "data" / "sst2" / TEST, ROWS[400:460])
    sessions = [session("gpt-4", "10", run, f"{run}, 3, 17, 22, 31, 36") for run in (4, 5, 6, 7)]
    sessions.append(session("gpt-3.5", "gpt_35_100", 4, "I choose 2, 9, 14, 25, 28, 33"))
    lines(tmp_path / "sessions.jsonl", sessions)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["activellm", "bench", "paper", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_whole_way(
    user: Path,
    tiny_encoder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    have = ["--data", "data", "--sessions", "sessions.jsonl", "--encoder", str(tiny_encoder)]
    asked = ["llms", *have, "--successor", "linear", "--base-draws", "3", "--device", "cpu"]
    assert command(monkeypatch, *asked) == 0
    shown = capsys.readouterr().out
    assert "20 measurements made, 0 were there" not in shown  # 4 sets x 3 random, and 5 sessions
    assert "17 measurements made, 0 were there" in shown
    assert "| sst2 | gpt-4, 200 shown (recorded) | 6 |" in shown
    assert "| 4 x 1 |" in shown
    assert "over 4 draws" in shown
    assert "ahead of" in shown  # the one session of the other LLM
    assert "of 3 random selections from the same texts: no evidence either way." in shown
    folder = user / "paper-llms"
    assert (folder / "llms.md").read_text() in shown
    rows = Results(folder / "llms-recorded.bench").choices()
    picked = next(row for row in rows if row["llm"] == "recorded/gpt-4" and row["draw"] == 0)
    assert [row["draw"] for row in rows if row["llm"] == "recorded/gpt-3.5"] == [0]
    assert len(picked["picks"]) == 6

    assert command(monkeypatch, *asked, "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert {row["verdict"]["kind"] for row in again["rows"]} == {"no number", "one draw"}
    assert again["failed"] == {}
    assert len(Results(folder / "llms-recorded.bench").scores()) == 17

    # What the folder holds beyond the experiment's own does not count.
    fewer = [*asked[:-3], "2", *asked[-2:], "--json"]
    assert command(monkeypatch, *fewer) == 0
    less = json.loads(capsys.readouterr().out)["rows"]
    assert {row["random"] for row in less} == {2, 8}
    assert {row["random"] for row in again["rows"]} == {3, 12}
    assert command(monkeypatch, *asked, "--json") == 0
    assert json.loads(capsys.readouterr().out)["rows"] == again["rows"]

    # The written experiment is the same one: `bench run` finds all of it done.
    monkeypatch.setattr(
        sys, "argv", ["activellm", "bench", "run", str(folder / "llms-recorded.toml"), "--json"]
    )
    with pytest.raises(SystemExit):
        main()
    assert json.loads(capsys.readouterr().out)["kept"] == 17


def test_a_live_llm_is_asked_once(
    user: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    have = ["--data", "data", "--task", "sst2", "--successor", "tfidf", "--draws", "2"]
    few = [*have, "--base-draws", "2", "--device", "cpu", "--json"]
    with FakeOpenAIServer() as server:
        assert command(monkeypatch, "shown", *few, "--llm", f"{server.url}#m") == 2
        assert "no data set of shown called 'sst2'. Known: cti." in capsys.readouterr().err
        assert command(monkeypatch, "picks", *few, "--llm", f"{server.url}#m") == 0
        found = json.loads(capsys.readouterr().out)
        calls = len(server.calls)
        assert command(monkeypatch, "picks", *few, "--llm", f"{server.url}#m") == 0
        assert len(server.calls) == calls
    assert found["failed"] == {}
    rows = {row["place"]["labels"]: row for row in found["rows"]}
    assert rows.keys() == {*range(10, 101, 10), 32}
    assert rows[70]["verdict"]["cautions"][0].startswith("GPT-4 answered the first texts")
    assert {(row["difference"]["draws"], row["random"]) for row in rows.values()} == {(2, 4)}
    kinds = {labels: row["verdict"]["kind"] for labels, row in rows.items()}
    assert [labels for labels, kind in kinds.items() if kind == "not comparable"] == [70, 80, 90]


def test_only_sessions_of_a_tables_modes_are_read(user: Path) -> None:
    other = session("gpt-4", "9", 3, "1, 2, 3, 4, 5, 6")
    with (user / "sessions.jsonl").open("a") as file:
        file.write(json.dumps(other) + "\n")
    sources = Sources(data=user / "data", sessions=user / "sessions.jsonl", tasks=("sst2",))
    first, *_ = plan(table("main"), sources).parts
    (given,) = Workshop(first.experiment, user).given.values()
    assert len(given.courses) == 4
    assert {run.mode for run in given.runs} == {"10"}


def test_a_learner_that_learned_nothing_is_told() -> None:
    experiment = Experiment(
        name="x", data=(DataEntry(preset="sst2", hub=True),), strategies=("random",)
    )
    part = Part(table("main").studies[0], experiment)
    rows = [{"successor": "a", "matthews": value} for value in (0.0, 0.2, 0.0)]
    rows += [{"successor": "b", "matthews": 0.1 * (number > 0)} for number in range(11)]
    told = idle([Finished(part, Ran(0, 0, 0, {}), tuple(rows), (), ())])
    assert told.keys() == {"a"}
    assert told["a"].startswith("In 2 of 3 trainings this learner came to answer one label")


def test_only_writing_runs_nothing(
    user: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    have = ["--data", "data", "--sessions", "sessions.jsonl", "--task", "sst2"]
    assert command(monkeypatch, "main", *have, "--write", "there/main.toml") == 0
    assert sorted(path.name for path in (user / "there").iterdir()) == [
        *("main-classic.toml", "main.toml")
    ]
    assert "activellm bench run there/main-classic.toml" in capsys.readouterr().out
    assert not (user / "paper-main").exists()


def test_wrong_use_ends_with_2_and_the_list(
    user: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "mian") == 2
    assert "Did you mean 'main'? Known: few-shot, iterative, llms, main" in capsys.readouterr().err
    assert command(monkeypatch, "prompts", "--data", "data") == 2
    assert "it needs recorded sessions or an LLM" in capsys.readouterr().err
    assert sorted(path.name for path in user.iterdir()) == ["data", "sessions.jsonl"]


def test_without_a_table_all_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch) == 0
    listed = capsys.readouterr().out
    assert "few-shot  SetFit, ADAPET and PERFECT" in listed
    assert "Needs recorded sessions or an LLM." in listed
    assert command(monkeypatch, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["tables"]) == 7
