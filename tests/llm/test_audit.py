import hashlib
import json
import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from query_model_contract import LABELS, PROMPTS, QueryModelContract, ask

from activellm.errors import QueryModelError, StoreError
from activellm.llm import Completion, Message, Messages, QueryModel, ScriptedModel, Usage
from activellm.llm.audit import AuditedModel, sending, texts_sent
from activellm.llm.audit_log import AuditLine, AuditLog, fingerprint
from activellm.llm.budget import Spent
from activellm.llm.estimates import estimate
from activellm.llm.prices import Price, PricedModel

PRICE = Price("a model", 10.0, 30.0)
SAID = Completion("seen", usage=Usage(1, 0, 40, 200, 0.1, None))
COST = (40 * 10 + 200 * 30) / 1e6


def audited(log: AuditLog, answers: list[object], price: Price | None = PRICE) -> AuditedModel:
    model = ScriptedModel(answers, name="openai/gpt-4", runs_here=False)  # type: ignore[arg-type]
    return AuditedModel(PricedModel(model, price), log, price)


class TestContract(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self, tmp_path: Path) -> QueryModel:
        model = ScriptedModel(respond=lambda _: SAID, score=lambda prompt, text: -1.0 - len(text))
        return AuditedModel(model, AuditLog(tmp_path / "audit.jsonl"))


def test_the_number_of_texts_holds_inside_the_block_only() -> None:
    assert texts_sent() is None
    with sending(200):
        with sending(3):
            assert texts_sent() == 3
        assert texts_sent() == 200
    assert texts_sent() is None


def test_each_call_is_one_line_with_no_word_of_it(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "logs" / "audit.jsonl")
    model = audited(log, [SAID, Completion("secret answer")])
    before = datetime.now(UTC)
    with sending(5):
        model.complete(PROMPTS[0], max_tokens=300)
    model.complete(PROMPTS[1], max_tokens=300)
    first, second = (json.loads(line) for line in log.path.read_text().splitlines())
    assert set(first) == set(AuditLine.__dataclass_fields__)
    content = [{"content": turn.content, "role": turn.role} for turn in PROMPTS[0]]
    canonical = json.dumps(content, separators=(",", ":"), sort_keys=True)
    assert first["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert first["texts"] == 5
    assert second["texts"] is None
    assert (first["model"], first["runs_here"], first["kind"]) == (
        "openai/gpt-4",
        False,
        "complete",
    )
    assert (first["prompt_tokens"], first["completion_tokens"]) == (40, 200)
    assert first["cost"] == pytest.approx(COST)
    assert first["outcome"] == "answered"
    when = datetime.fromisoformat(first["time"])
    assert before - timedelta(seconds=1) <= when <= datetime.now(UTC) + timedelta(seconds=1)
    assert "film" not in log.path.read_text()
    assert "secret" not in log.path.read_text()
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_where_texts_go_is_the_server_or_this_machine(tmp_path: Path) -> None:
    class Server(ScriptedModel):
        def identity(self) -> dict[str, str]:
            return {"server": "https://llm.example.org/v1", "model": "m"}

    log = AuditLog(tmp_path / "audit.jsonl")
    AuditedModel(Server([SAID], runs_here=False), log).complete(PROMPTS[0], max_tokens=9)
    AuditedModel(ScriptedModel([SAID]), log).complete(PROMPTS[0], max_tokens=9)
    there, here = log.lines()
    assert (there.server, there.runs_here) == ("https://llm.example.org/v1", False)
    assert (here.server, here.runs_here) == ("this machine", True)


def test_scores_are_one_line_a_call(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    model = AuditedModel(ScriptedModel(score=lambda *_: -1.0), log)
    with sending(3):
        usage = model.score(PROMPTS, LABELS).usage
    (line,) = log.lines()
    assert (line.kind, line.prompts, line.texts) == ("score", 3, 3)
    assert line.prompt_tokens == usage.prompt_tokens
    assert line.sha256 == fingerprint(PROMPTS)
    assert fingerprint(PROMPTS) != fingerprint(PROMPTS[::-1])


def test_failures_are_noted_by_kind_and_never_by_words(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    refused = QueryModelError("the key sk-123 is wrong")
    refused.unpaid = True  # type: ignore[attr-defined]
    model = audited(log, [QueryModelError("no answer to: the film is good"), refused])
    for _ in range(2):
        with pytest.raises(QueryModelError):
            model.complete(PROMPTS[0], max_tokens=300)
    lost, unpaid = log.lines()
    assert lost.outcome == unpaid.outcome == "failed: QueryModelError"
    most = estimate(model, PROMPTS[0], 300, PRICE)
    assert (lost.cost, lost.tokens_most, lost.cost_most) == (
        None,
        most.tokens_most,
        most.cost_most,
    )
    assert (unpaid.cost, unpaid.tokens_most) == (0.0, None)
    assert "film" not in log.path.read_text()
    assert "sk-123" not in log.path.read_text()


def test_scoring_that_fails_half_way_is_noted(tmp_path: Path) -> None:
    def fails_on_the_second(messages: Messages, text: str) -> float:
        if messages == PROMPTS[1]:
            raise QueryModelError("gone")
        return -1.0

    log = AuditLog(tmp_path / "audit.jsonl")
    model = AuditedModel(ScriptedModel(score=fails_on_the_second), log)
    with pytest.raises(QueryModelError):
        model.score(PROMPTS, LABELS)
    (line,) = log.lines()
    assert line.outcome == "failed: QueryModelError"
    assert line.cost_most == 0.0  # it runs here


def test_spent_is_on_the_safe_side(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    assert log.spent() == Spent()
    uncounted = Completion("x", usage=Usage(1, 0, None, None, 0.1, None))
    model = audited(log, [SAID, QueryModelError("time-out"), uncounted])
    model.complete(PROMPTS[0], max_tokens=300)
    with pytest.raises(QueryModelError):
        model.complete(PROMPTS[0], max_tokens=300)
    model.complete(PROMPTS[0], max_tokens=300)
    most = estimate(model, PROMPTS[0], 300, PRICE)
    assert most.cost_most is not None
    spent = log.spent()
    assert spent.tokens == 240 + 2 * most.tokens_most
    assert spent.cost == pytest.approx(COST + 2 * most.cost_most)
    assert spent.unknown == 0


def test_calls_of_unknown_price_can_be_priced_later(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    model = audited(log, [SAID, QueryModelError("time-out")], None)
    model.complete(PROMPTS[0], max_tokens=300)
    assert log.spent() == Spent(240, 0.0, 1)
    later = {"openai/gpt-4": PRICE}
    assert log.spent(later.get).cost == pytest.approx(COST)
    with pytest.raises(QueryModelError):
        model.complete(PROMPTS[0], max_tokens=300)
    most = estimate(model, PROMPTS[0], 300, PRICE).cost_most
    assert most is not None
    assert log.spent(later.get).cost >= COST + most
    assert log.spent(later.get).unknown == 0


def test_a_line_that_a_kill_has_cut_off_harms_no_other(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    model = audited(log, [SAID] * 3)
    model.complete(PROMPTS[0], max_tokens=300)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + whole[:40])
    assert len(list(log.lines())) == 1
    model.complete(PROMPTS[0], max_tokens=300)
    model.complete(PROMPTS[0], max_tokens=300)
    assert len(list(log.lines())) == 3
    assert log.path.read_bytes().startswith(whole + whole[:40] + b"\n{")


def test_no_call_is_made_that_cannot_be_noted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    inside = ScriptedModel([SAID])
    model = AuditedModel(inside, AuditLog(tmp_path / "file" / "audit.jsonl"))
    with pytest.raises(StoreError, match="audit log cannot be written"):
        model.complete(PROMPTS[0], max_tokens=5)
    assert inside.calls == 0


WRITES = """
import sys
from pathlib import Path
from activellm.llm import Message, ScriptedModel
from activellm.llm.audit import AuditedModel, sending
from activellm.llm.audit_log import AuditLog

model = AuditedModel(ScriptedModel(respond=lambda _: "x"), AuditLog(Path(sys.argv[1])))
for number in range(100):
    with sending(number):
        model.complete((Message("user", "x" * 50),), max_tokens=5)
"""


def test_threads_and_processes_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITES, str(path)]
    processes = [subprocess.Popen(command, env=environment) for _ in range(2)]
    model = AuditedModel(ScriptedModel(respond=lambda _: "x"), AuditLog(path))

    def hundred() -> None:
        for number in range(100):
            with sending(number):
                model.complete((Message("user", "y"),), max_tokens=5)

    threads = [threading.Thread(target=hundred) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    lines = list(AuditLog(path).lines())
    assert len(lines) == len(path.read_text().splitlines()) == 500
    assert sorted(line.texts or 0 for line in lines) == sorted(list(range(100)) * 5)


def test_a_long_prompt_makes_no_longer_line(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    audited(log, [SAID]).complete(ask("word " * 10_000), max_tokens=5)
    assert len(log.path.read_bytes()) < 1000
