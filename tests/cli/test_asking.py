"""Asking LLMs by the command line: preview, privacy, budget, votes, keys, replays."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from activellm.project import Project, rounds

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))
from fake_openai_server import FakeOpenAIServer

KEY = "sk-planted-9f8e7d6c5b4a"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAIServer]:
    """Stands in for OpenAI: hosted, so that texts sent to it leave the machine."""
    with FakeOpenAIServer(then={"auto": True}) as running:
        monkeypatch.setenv("ACTIVELLM_OPENAI_URL", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield running


@pytest.fixture
def asking(messages: Path, tiny_encoder: Path) -> list[object]:
    """Options of a job that asks a hosted LLM."""
    return [
        *(messages, "--task", "Which office must act first?", "--oracle", "column:label"),
        *("--llm", "openai/gpt-4o", "--encoder", tiny_encoder, "--strategy", "listwise"),
        *("--candidates", 60, "--select", 8, "--successor", "linear", "--draws", 0),
    ]


def sent(server: FakeOpenAIServer) -> list[str]:
    return [
        "\n".join(turn["content"] for turn in call["body"]["messages"]) for call in server.calls
    ]


def test_preview_shows_what_select_then_sends_and_sends_nothing(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer, tmp_path: Path
) -> None:
    told = activellm("preview", *asking, "--shown", 20, "--json").json
    assert server.calls == []
    assert told["calls"] == 4
    assert told["later"] == 1
    assert told["leaving"] == 60
    assert 0 < told["most"]["cost_most"] < 1
    activellm("select", "--project", tmp_path / "messages.activellm", "--json").json  # noqa: B018
    previewed = {"\n".join(t["content"] for t in q["messages"]) for q in told["questions"]}
    assert previewed <= set(sent(server))
    bodies = [json.dumps(call["body"], sort_keys=True) for call in server.calls]
    for question in told["questions"]:
        assert question["server"] == server.url
        assert json.dumps(json.loads(question["body"]), sort_keys=True) in bodies
    people = activellm("preview", *asking, "--shown", 20, "--all")
    assert "LEAVES THIS MACHINE" in people.out
    assert people.out.count("BEGIN OF LIST") == 3


def test_preview_of_an_unknown_price_says_unknown(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer
) -> None:
    asking[asking.index("openai/gpt-4o")] = "openai/of-tomorrow"
    assert "unknown" in activellm("preview", *asking).out
    assert activellm("preview", *asking, "--json").json["most"]["cost_most"] is None
    refused = activellm("run", *asking, "--max-cost", 1)
    assert refused.code == 1
    assert "--prices" in refused.err
    assert server.calls == []


def test_judging_is_previewed_too(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer
) -> None:
    told = activellm("preview", *asking, "--strategy", "coverage", "--json").json
    assert sum(question["texts"] for question in told["questions"]) == 60
    assert server.calls == []
    none = activellm("preview", *asking, "--strategy", "kmeans")
    assert "asks no LLM" in none.out


def test_local_only_refuses_before_anything_and_no_option_takes_it_back(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer, tmp_path: Path
) -> None:
    refused = activellm("run", *asking, "--local-only")
    assert refused.code == 2
    assert "Texts would leave this machine" in refused.err
    assert not (tmp_path / "messages.activellm").exists()
    activellm("init", *asking, "--llm", "none", "--strategy", "kmeans", "--local-only")
    project = tmp_path / "messages.activellm"
    for more in (["--llm", "openai/gpt-4o"], ["--preset", "paper", "--llm", "openai/gpt-4o"]):
        again = activellm("run", "--project", project, *more)
        assert again.code == 2
        assert "--local-only is set" in again.err
    assert Project(project).settings.local_only
    assert server.calls == []


def test_redaction_reaches_the_server_and_only_the_server(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer, messages: Path
) -> None:
    with messages.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["text"] += f" Write to person{number}@example.org or call +49 170 12345{number:02d}."
    with messages.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    told = activellm("preview", *asking, "--redact", "--json").json
    assert "example.org" not in json.dumps(told["questions"])
    activellm("run", *asking, "--redact", "--json").json  # noqa: B018
    everything = json.dumps(sent(server))
    assert "example.org" not in everything
    assert "170 12345" not in everything
    assert "[EMAIL-" in everything
    assert "[PHONE-" in everything
    project = messages.with_name("messages.activellm")
    recorded = "".join(path.read_text("utf-8") for path in project.glob("recordings/*.json"))
    assert "example.org" not in recorded
    (kept,) = project.glob("redaction-map.json")
    assert "example.org" in kept.read_text("utf-8")
    assert kept.stat().st_mode & 0o077 == 0
    assert "example.org" in (project / "report.html").read_text("utf-8"), "people see the texts"


def test_a_budget_stops_before_the_call_that_would_break_it(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer, tmp_path: Path
) -> None:
    stopped = activellm("run", *asking, "--max-tokens", 500)
    assert stopped.code == 1
    assert "--max-tokens" in stopped.err
    assert server.calls == []
    dear = activellm("run", *asking, "--max-cost", 0.0001, "--max-tokens", 10**9)
    assert dear.code == 1
    assert "--max-cost" in dear.err
    assert server.calls == []
    done = activellm("run", *asking, "--max-cost", 5)
    assert done.code == 0, done.err
    lines = Project(tmp_path / "messages.activellm").audit_lines()
    assert len(lines) == len(server.calls)
    assert sum(line["cost"] for line in lines) > 0
    assert {line["runs_here"] for line in lines} == {False}


def test_a_committee_in_several_orders_votes(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer, tmp_path: Path
) -> None:
    activellm("run", *asking, "--committee", "openai/gpt-4o-mini", "--orders", 2, "--json").json  # noqa: B018
    project = Project(tmp_path / "messages.activellm")
    health = rounds(project)[0].selection.health
    assert [ballot.model for ballot in health.ballots] == [
        *["openai/gpt-4o"] * 2,
        *["openai/gpt-4o-mini"] * 2,
    ]
    assert health.agreement.ballots == 4
    page = (project.folder / "report.html").read_text("utf-8")
    assert "How the ballots agree" in page
    assert "openai/gpt-4o-mini" in page


def test_options_that_would_do_nothing_are_refused(
    activellm: Callable, asking: list[object], tmp_path: Path
) -> None:
    for option, value in (("--orders", 3), ("--committee", "embedded"), ("--prompt", "a1")):
        refused = activellm("run", *asking, "--strategy", "kmeans", option, value)
        assert refused.code == 2
        assert refused.err.startswith(f"Error: {option}: ")
    preset = activellm("preview", *asking, "--preset", "paper", "--strategy", "kmeans", "--json")
    assert preset.json["calls"] == 0, "what a preset brings along was not asked for"
    shutil.rmtree(tmp_path / "messages.activellm")
    activellm("preview", *asking, "--orders", 3, "--json").json  # noqa: B018
    other = activellm("preview", *asking, "--strategy", "kmeans", "--json")
    assert other.json["calls"] == 0, "another strategy is not bound by what the first was told"
    shutil.rmtree(tmp_path / "messages.activellm")
    unknown = activellm("run", *asking, "--prompt", "z9")
    assert unknown.code == 2
    assert "a1, a2, a3, b1" in unknown.err
    assert not (tmp_path / "messages.activellm").exists()


def test_the_key_is_in_nothing_that_is_written_or_said(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer, tmp_path: Path
) -> None:
    server.steps = [{"status": 401, "message": f"Incorrect key {KEY}"}]
    failed = activellm("run", *asking)
    assert failed.code == 1
    assert "answered 401" in failed.err
    server.steps = [{"answer": f"I was called with {KEY}. 3, 17, 8, 12, 40, 22, 35, 51"}]
    done = activellm("run", *asking)
    assert done.code == 0, done.err
    assert all(call["authorization"] == f"Bearer {KEY}" for call in server.calls)
    for said in (failed.out, failed.err, done.out, done.err):
        assert KEY not in said
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path


def test_recordings_replay_on_another_machine_without_key_or_server(
    activellm: Callable,
    asking: list[object],
    messages: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FakeOpenAIServer(then={"auto": True}) as server:
        monkeypatch.setenv("ACTIVELLM_OPENAI_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        options: list[Any] = [*asking, "--shown", 25, "--orders", 2]
        first = activellm("run", *options, "--json").json
    monkeypatch.delenv("OPENAI_API_KEY")
    elsewhere = tmp_path / "elsewhere"
    activellm("init", *options, "--project", elsewhere, "--json").json  # noqa: B018
    shutil.copytree(Path(first["project"]) / "recordings", elsewhere / "recordings")
    again = activellm("run", "--project", elsewhere, "--json").json
    assert again["evaluations"] == first["evaluations"]
    one, other = (
        rounds(Project(Path(folder)))[0].selection for folder in (first["project"], elsewhere)
    )
    assert one.picks == other.picks
    assert other.usage.calls == 0
    assert other.usage.replayed == one.usage.calls


def test_contamination_keeps_to_local_only(activellm: Callable, messages: Path) -> None:
    refused = activellm("contamination", messages, "--llm", "openai/gpt-4o", "--local-only")
    assert refused.code == 2
    assert "--local-only" in refused.err


@pytest.mark.parametrize("recap", ["none", "text", "index", "classes"])
def test_four_rounds_with_each_recap_never_pick_a_text_twice(
    activellm: Callable, asking: list[object], server: FakeOpenAIServer, tmp_path: Path, recap: str
) -> None:
    path = tmp_path / "p"
    kept = "--keep-candidates" if recap == "index" else "--renew-candidates"
    options = ("--recap", recap, "--rounds", 4, kept, "--project", path)
    outcome = activellm("run", *asking, *options, "--json").json
    assert [one["labels"] for one in outcome["rounds"]] == [8, 16, 24, 32]
    assert {one["strategy"] for one in outcome["rounds"]} == {"listwise"}
    project = Project(path)
    done = rounds(project)
    picked = [id_ for one in done for id_ in one.selection.ids]
    assert len(set(picked)) == 32

    prompts = [prompt for prompt in sent(server) if "exactly 8 of" in prompt]
    first = {one.text for one in project.pool.examples(done[0].selection.ids)}
    told = [sum(text in prompt for text in first) for prompt in (prompts[0], prompts[-1])]
    assert told[0] == 8, "the first prompt shows them as candidates"
    assert (told[1] > 0) == (recap != "none")
    assert ("labelled already" in prompts[-1]) == (recap != "none")
