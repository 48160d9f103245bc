import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fake_openai_server import FakeOpenAIServer
from query_model_contract import LABELS, PROMPTS, QueryModelContract, ask

from activellm.errors import ActiveLLMError, QueryModelError, UsageError
from activellm.llm import Completion, Message, QueryModel, ScriptedModel, Usage, open_model
from activellm.llm.audit_log import AuditLog
from activellm.llm.budget import Budget, BudgetError
from activellm.llm.guard import Guard, LocalModel, check_local, guarded
from activellm.llm.prices import Price
from activellm.llm.redaction import Redactor
from activellm.llm.retry import Limits

SAID = Completion("seen", usage=Usage(1, 0, 40, 200, 0.1, None))
PRICES = {"hosted": Price("hosted", 10.0, 30.0)}


def everything(folder: Path, **changes: object) -> Guard:
    settings = {
        "redact": Redactor(folder / "private" / "map.json"),
        "budget": Budget(max_cost=1.0),
        "audit": AuditLog(folder / "audit.jsonl"),
        "recordings": folder / "recordings",
        "prices": PRICES,
    }
    return Guard(**{**settings, **changes})  # type: ignore[arg-type]


class TestContract(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self, tmp_path: Path) -> QueryModel:
        model = ScriptedModel(
            respond=lambda _: SAID,
            score=lambda prompt, text: -1.0 - len(text) - len(prompt[-1].content),
            name="hosted",
            runs_here=False,
        )
        return guarded(model, everything(tmp_path))

    # The second question of each of these tests is a replay.


def test_texts_are_redacted_before_they_are_recorded_and_replays_are_free(tmp_path: Path) -> None:
    inside = ScriptedModel([SAID], name="hosted", runs_here=False)
    guard = everything(tmp_path)
    model = guarded(inside, guard)
    question = ask("write to bob@example.com")
    first = model.complete(question, max_tokens=300)
    again = model.complete(question, max_tokens=300)
    assert inside.calls == 1
    assert "bob" not in inside.asked[0][-1].content
    assert "[EMAIL-A]" in inside.asked[0][-1].content
    (recording,) = (tmp_path / "recordings").glob("*.json")
    assert "bob" not in recording.read_text()
    assert "bob@example.com" in (tmp_path / "private" / "map.json").read_text()
    cost = (40 * 10 + 200 * 30) / 1e6
    assert first.usage.cost == pytest.approx(cost)
    assert (again.usage.calls, again.usage.replayed, again.usage.cost) == (0, 1, 0.0)
    assert json.loads(recording.read_text())["answer"]["usage"]["cost"] == pytest.approx(cost)
    (line,) = AuditLog(tmp_path / "audit.jsonl").lines()
    assert line.cost == pytest.approx(cost)
    assert guard.budget is not None
    assert guard.budget.spent.cost == pytest.approx(cost)


def test_a_replay_needs_no_budget(tmp_path: Path) -> None:
    inside = ScriptedModel([SAID], name="hosted", runs_here=False)
    guarded(inside, everything(tmp_path)).complete(PROMPTS[0], max_tokens=300)
    broke = guarded(inside, everything(tmp_path, budget=Budget(max_cost=0.0)))
    assert broke.complete(PROMPTS[0], max_tokens=300).text == "seen"
    with pytest.raises(BudgetError):
        broke.complete(PROMPTS[1], max_tokens=300)
    assert len(list(AuditLog(tmp_path / "audit.jsonl").lines())) == 1  # nothing was sent


def test_a_project_that_goes_on_knows_what_it_has_spent(tmp_path: Path) -> None:
    inside = ScriptedModel(respond=lambda _: SAID, name="hosted", runs_here=False)
    guarded(inside, everything(tmp_path)).complete(PROMPTS[0], max_tokens=300)
    spent = AuditLog(tmp_path / "audit.jsonl").spent(PRICES.get)
    budget = Budget(max_cost=0.02, spent=spent)
    later = guarded(inside, everything(tmp_path, budget=budget))
    later.complete(PROMPTS[1], max_tokens=300)
    with pytest.raises(BudgetError, match=r"\$0\.0128 is spent"):
        later.complete(PROMPTS[2], max_tokens=300)


def test_an_empty_guard_only_prices(tmp_path: Path) -> None:
    model = guarded(ScriptedModel([SAID]), Guard())
    assert model.complete(PROMPTS[0], max_tokens=300).usage.cost == 0.0
    assert list(tmp_path.iterdir()) == []


def test_local_only_refuses_what_leaves_the_machine() -> None:
    hosted = ScriptedModel([SAID], name="openai/gpt-4", runs_here=False)
    for refuse in (LocalModel, check_local, lambda m: guarded(m, Guard(local_only=True))):
        with pytest.raises(UsageError, match="leave this machine") as caught:
            refuse(hosted)
        assert caught.value.where == "openai/gpt-4"
    check_local(hosted, local_only=False)
    server = open_model("https://llm.example.org/v1#m")
    with pytest.raises(UsageError, match=re.escape("https://llm.example.org/v1")):
        guarded(server, Guard(local_only=True))


def test_local_only_looks_again_before_each_call() -> None:
    model = ScriptedModel(respond=lambda _: SAID, score=lambda *_: -1.0)
    asked = guarded(model, Guard(local_only=True))
    asked.complete(PROMPTS[0], max_tokens=5)
    model.runs_here = False
    with pytest.raises(UsageError):
        asked.complete(PROMPTS[0], max_tokens=5)
    with pytest.raises(UsageError):
        asked.score(PROMPTS, LABELS)
    assert model.calls == 1


KEY = "sk-planted-4f9a1c7e2b"


def test_a_planted_key_is_in_nothing_that_is_written_or_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIVELLM_API_KEY", KEY)
    echo = f"wrong key: {KEY}, Bearer {KEY}"
    steps = [{"status": status, "message": echo} for status in (400, 401, 403, 404, 429, 500)]
    said: list[str] = []
    with FakeOpenAIServer([*steps, {"html": True}, {"answer": "fine"}]) as server:
        limits = Limits(timeout=5, attempts=1, deadline=5)
        model = guarded(
            open_model(f"{server.url}#m", limits=limits), everything(tmp_path, budget=None)
        )
        for number in range(len(steps) + 2):
            try:
                said.append(model.complete(ask(f"text {number}"), max_tokens=9).text)
            except ActiveLLMError as error:
                chain = [error, error.__cause__, error.__context__]
                said += [f"{link!r} {link} {getattr(link, '__dict__', '')}" for link in chain]
        sent = [call["authorization"] for call in server.calls]
    assert sent == [f"Bearer {KEY}"] * (len(steps) + 2)
    assert said[-1] == "fine"
    assert not [words for words in said if KEY in words]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2  # the log and one recording
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert len(list(AuditLog(tmp_path / "audit.jsonl").lines())) == len(steps) + 2
    assert KEY not in f"{model!r} {dict(model.identity())}"


SELECT = """
import json, sys
from pathlib import Path
import numpy as np
from activellm import Task
from activellm.llm import open_model
from activellm.llm.audit_log import AuditLog
from activellm.llm.guard import Guard, guarded
from activellm.llm.redaction import Redactor
from activellm.pool.example import Example
from activellm.selection import SelectionContext, open_strategy

folder, address = Path(sys.argv[1]), sys.argv[2]
task = Task.build(
    description="Is the message urgent?", labels=[{"name": "urgent"}, {"name": "calm"}]
)
texts = [f"message {n} by user{n}@example.com, call 0301 23456{n:02}" for n in range(40)]
redactor = Redactor(folder / "map.json")
redactor.learn(texts)
model = guarded(
    open_model(f"{address}#m"),
    Guard(
        redact=redactor,
        audit=AuditLog(folder / "audit.jsonl"),
        recordings=folder / "recordings",
    ),
)
context = SelectionContext(
    task=task,
    candidates=tuple(Example(f"id-{n}", text) for n, text in enumerate(texts)),
    rng=np.random.default_rng(7),
    open_model=lambda: model,
)
selection = open_strategy("listwise").select(context, 6)
print(json.dumps([[pick.id, pick.reason] for pick in selection.picks]))
print(sorted(selection.recordings))
print(selection.usage.calls, selection.usage.replayed)
"""


def run_selection(folder: Path, address: str, key: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path)}
    environment |= {"ACTIVELLM_API_KEY": key} if key else {}
    command = [sys.executable, "-c", SELECT, str(folder), address]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_copied_folder_replays_a_selection_without_key_or_server(tmp_path: Path) -> None:
    with FakeOpenAIServer() as server:
        first = run_selection(tmp_path / "a", server.url, KEY)
        address = server.url
        assert server.calls
        assert not [call for call in server.calls if "@example.com" in json.dumps(call)]
    recordings = {path.name: path.read_bytes() for path in (tmp_path / "a/recordings").iterdir()}
    (tmp_path / "b" / "recordings").mkdir(parents=True)
    for name, data in recordings.items():
        (tmp_path / "b" / "recordings" / name).write_bytes(data)
    again = run_selection(tmp_path / "b", address, "")
    assert again[:2] == first[:2]
    calls, replayed = map(int, again[2].split())
    assert (calls, replayed) == (0, int(first[2].split()[0]))
    assert not (tmp_path / "b" / "audit.jsonl").exists()
    after = {path.name: path.read_bytes() for path in (tmp_path / "b/recordings").iterdir()}
    assert after == recordings


def test_a_guarded_failure_is_recorded_nowhere(tmp_path: Path) -> None:
    inside = ScriptedModel([QueryModelError("gone")], name="hosted", runs_here=False)
    model = guarded(inside, everything(tmp_path))
    with pytest.raises(QueryModelError, match="gone"):
        model.complete((Message("user", "text"),), max_tokens=5)
    assert not list((tmp_path / "recordings").glob("*.json"))
