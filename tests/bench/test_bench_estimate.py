"""What a run would take, before it begins."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from small_experiment import TOML, begin, write
from typer.testing import CliRunner

from activellm.bench import asking
from activellm.bench.estimating import estimate_run
from activellm.bench.executors import Here
from activellm.bench.paying import paying
from activellm.bench.running import run
from activellm.cli.bench_estimate import lines, refuse_too_dear
from activellm.cli.main import app
from activellm.errors import UsageError
from activellm.llm.audit_log import AuditLog
from activellm.llm.budget import Budget, BudgetError
from activellm.llm.guard import Guard, guarded
from activellm.llm.prices import price_of
from activellm.llm.protocol import Completion, Message, Usage
from activellm.llm.scripted import ScriptedModel

GPT = 'llm = ["openai/gpt-4o"]\nstrategies = ["listwise", "coverage", "hybrid"]'
SCRIPT = {"rules": [{"logprobs": {"good": -0.1, "bad": -2.0}}]}


def with_llm(tmp_path: Path, encoder: Path, words: str) -> Path:
    return write(tmp_path, encoder, TOML.replace('strategies = ["kmeans"]', words))


def test_calls_and_cost_of_a_model_elsewhere(tmp_path: Path, tiny_encoder: Path) -> None:
    workshop, _ = begin(with_llm(tmp_path, tiny_encoder, GPT))
    found = estimate_run(workshop.into(None))
    assert (found.selections, found.trainings, found.there) == (12, 24, 0)
    listwise, coverage, hybrid = found.asked
    assert (listwise.calls, listwise.runs_here) == (3, False)
    assert coverage.calls == 3  # one answer in JSON for each of three lists of 20
    assert hybrid.calls == 0  # it asks what coverage asks
    price = price_of("openai/gpt-4o")
    assert price is not None
    tokens = coverage.most.prompt_tokens, coverage.most.completion_tokens_most
    assert coverage.most.cost_most == pytest.approx(price.cost(*tokens))
    assert found.cost == pytest.approx(sum(one.most.cost_most or 0 for one in found.asked))
    assert "unknown yet" in "\n".join(lines(found, 1))


def test_many_cells_are_counted_by_some(
    tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_PLANNED", 1)
    workshop, _ = begin(with_llm(tmp_path, tiny_encoder, GPT))
    assert [one.calls for one in estimate_run(workshop.into(None)).asked] == [3, 3, 0]


def test_what_is_there_or_recorded_is_not_counted(tmp_path: Path, tiny_encoder: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT))
    words = f'llm = ["scripted/{script}"]\nstrategies = ["coverage"]'
    file = with_llm(tmp_path, tiny_encoder, words)
    workshop, results = begin(file)
    before = estimate_run(workshop)
    (asked,) = before.asked
    assert 20 <= asked.calls <= 60  # three lists of 20, whose common texts are asked once
    assert asked.most.cost_most == 0
    run(workshop, results, Here(workshop))
    recorded = list((results.folder / "recordings").glob("?" * 64 + ".json"))
    assert asked.calls == len(recorded)
    after = estimate_run(workshop, results.choices(), results.scores())
    assert (after.selections, after.trainings, after.there, after.asked) == (0, 0, 12, ())
    again = estimate_run(workshop, (), results.scores())
    assert (again.asked[0].calls, again.asked[0].recorded) == (0, asked.calls)
    partly = estimate_run(workshop, results.choices(), results.scores()[:-1])
    assert partly.trainings == 1
    assert partly.unknown == ()
    measured = results.scores()[-1]
    assert partly.seconds == pytest.approx(
        measured["fit_cpu_s"] + measured["predict_cpu_s"], rel=3, abs=1
    )


def test_a_price_that_is_unknown_holds_no_limit(tmp_path: Path, tiny_encoder: Path) -> None:
    file = with_llm(tmp_path, tiny_encoder, GPT.replace("gpt-4o", "new-one"))
    workshop, _ = begin(file)
    assert estimate_run(workshop.into(None)).cost is None
    limited, _ = begin(file, "out", 1.0)
    with pytest.raises(BudgetError, match="price is unknown"):
        estimate_run(limited)


def test_the_command_estimates_and_refuses_without_writing(
    tmp_path: Path, tiny_encoder: Path
) -> None:
    file = with_llm(tmp_path, tiny_encoder, GPT)
    before = {*tmp_path.iterdir()}
    told = CliRunner().invoke(app, ["bench", "run", str(file), "--estimate"])
    assert told.exit_code == 0, told.output
    assert re.search(r"listwise asks openai/gpt-4o \(ELSEWHERE\): 3 calls, at most", told.output)
    asked = ["bench", "run", str(file), "--max-cost", "0.001"]
    refused = CliRunner().invoke(app, asked)
    assert refused.exit_code == 2
    assert "--max-cost: This may cost up to $" in refused.output
    unknown = CliRunner().invoke(app, ["bench", "run", str(file), "--executor", "rey"])
    assert unknown.exit_code == 2
    assert "processes, ray" in unknown.output
    assert {*tmp_path.iterdir()} == before


def test_what_is_spent_counts_too(tmp_path: Path, tiny_encoder: Path) -> None:
    workshop, _ = begin(with_llm(tmp_path, tiny_encoder, GPT))
    found = estimate_run(workshop.into(None))
    cost = found.cost or 0.0
    refuse_too_dear(found, cost)
    spent = type(found)(**{**vars(found), "spent": 0.01})
    with pytest.raises(UsageError, match=r"beside \$0.01 that is spent"):
        refuse_too_dear(spent, cost)


def paid_guard(folder: Path, max_cost: float) -> Guard:
    """A process's own guard over the folder that all share."""
    return Guard(budget=Budget(max_cost), audit=AuditLog(folder / "audit.jsonl"))


def test_processes_share_one_limit(tmp_path: Path) -> None:
    answer = Completion("yes", usage=Usage(1, 0, 100_000, 100, 1.0, None))
    price = price_of("openai/gpt-4o")
    assert price is not None
    one_call = price.cost(100_000, 100)
    made = 0
    question = (Message("user", "word " * 20),)
    for _ in range(4):  # each as if it were a process of its own
        guard = paid_guard(tmp_path, 2.5 * one_call)
        inner = ScriptedModel([answer], name="openai/gpt-4o", runs_here=False)
        model = guarded(inner, guard)
        with paying(guard, tmp_path):
            try:
                model.complete(question, max_tokens=100)
            except BudgetError:
                break
        made += 1
    assert made == 3  # the third one's own question, an estimate, still fitted
