"""A run that is killed goes on with its batches: at every step, and with the budget it had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fake_batch_servers import FakeBatches
from fake_provider_servers import KEY

from activellm.llm import Guard, Message, QueryModel, guarded, open_model
from activellm.llm.audit_log import AuditLog
from activellm.llm.batches.contract import BatchOptions
from activellm.llm.batches.standing import owed, standing
from activellm.llm.budget import Budget, BudgetError
from activellm.llm.prices import Price
from activellm.llm.retry import Limits
from activellm.llm.side_by_side import Job, side_by_side

TEXTS = tuple(f"text {number}" for number in range(6))
PRICE = Price("any", 3.0, 9.0)
NAMES = {"openai": "openai/tiny", "anthropic": "anthropic/tiny"}


def opened(speaks: str, folder: Path, *, budget: Budget | None = None) -> QueryModel:
    batches = BatchOptions(
        folder / "batches", gather=0.3, first_look=0.01, longest_look=0.05, settle=0.0
    )
    limits = Limits(timeout=5, attempts=2, deadline=10)
    model = open_model(NAMES[speaks], batches=batches, limits=limits, parallel=len(TEXTS))
    guard = Guard(
        recordings=folder / "recordings",
        audit=AuditLog(folder / "audit.jsonl"),
        budget=budget,
        prices={NAMES[speaks]: PRICE},
    )
    return guarded(model, guard)


def ask(model: QueryModel, texts: tuple[str, ...] = TEXTS) -> list[Any]:
    work = partial(model.complete, max_tokens=50)
    return side_by_side([Job(model, partial(work, (Message("user", text),))) for text in texts])


class Killed:
    """A process that asks, and is killed at a certain step."""

    def __init__(self, speaks: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, speaks, str(folder)],
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def now(self, *_: object) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self) -> None:
        _, said = self.process.communicate(timeout=120)
        assert self.process.returncode == -signal.SIGKILL, said.decode()


@pytest.fixture
def serves(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with ExitStack() as running:

        def start(speaks: str) -> FakeBatches:
            server = running.enter_context(FakeBatches(speaks))
            monkeypatch.setenv(f"ACTIVELLM_{speaks.upper()}_URL", server.url)
            monkeypatch.setenv(f"{speaks.upper()}_API_KEY", KEY)
            return server

        yield start


def kill_at(server: FakeBatches, step: str, speaks: str, folder: Path) -> None:
    """Ask in a process that dies at a step of its batch."""
    victim: list[Killed] = []

    def at(method: str, path: str) -> None:
        looked = method == "GET" and path.rsplit("/", 1)[-1].startswith("batch_")
        reached = {
            "before anything is sent": path.endswith(("/files", "/batches")) and method == "POST",
            "while it waits": looked,
            "before answers are kept": path.endswith(("/content", "/results")),
        }
        if reached.get(step, False) and victim:
            victim.pop().now()

    server.hold = step == "while it waits"
    server.on_call = at
    server.on_made = lambda: (
        victim.pop().now() if step == "before its id is noted" and victim else None
    )
    one = Killed(speaks, folder)
    victim.append(one)
    one.wait()
    server.hold, server.on_call, server.on_made = False, None, None


STEPS = (
    "before anything is sent",
    "before its id is noted",
    "while it waits",
    "before answers are kept",
)


@pytest.mark.parametrize(
    ("speaks", "step"),
    # Anthropic makes the batch with the first that it is sent.
    [("openai", step) for step in STEPS] + [("anthropic", step) for step in STEPS[1:]],
)
def test_no_question_is_handed_in_twice(
    speaks: str, step: str, serves: Any, tmp_path: Path
) -> None:
    server = serves(speaks)
    kill_at(server, step, speaks, tmp_path)
    assert len(server.made) == (step != "before anything is sent")
    said = ask(opened(speaks, tmp_path))
    assert [one.text for one in said] == [f"answer to {text}" for text in TEXTS]
    assert len(server.made) == 1
    lines = list(AuditLog(tmp_path / "audit.jsonl").lines())
    assert [line.outcome for line in lines if line.kind == "complete"] == ["answered"] * len(TEXTS)
    assert {line.prompts for line in lines if line.kind == "batch"} == {len(TEXTS)}


def test_what_a_killed_run_owes_is_kept_from_the_budget_until_it_goes_on(
    serves: Any, tmp_path: Path
) -> None:
    server = serves("openai")
    kill_at(server, "while it waits", "openai", tmp_path)

    def debts() -> dict[str, tuple[int, float | None]]:
        return owed(tmp_path / "batches", tmp_path / "recordings", lambda _: PRICE)

    assert standing(tmp_path / "batches") == "1 handed in, 1 not fetched yet"
    most = sum(cost or 0.0 for _, cost in debts().values())
    assert len(debts()) == len(TEXTS)
    budget = Budget(max_cost=most * 1.05, owed=debts())
    assert budget.spent.cost == pytest.approx(most)
    with pytest.raises(BudgetError):
        ask(opened("openai", tmp_path, budget=budget), ("another",))
    said = ask(opened("openai", tmp_path, budget=budget))
    paid = sum(one.usage.cost for one in said)
    assert 0 < paid < most
    assert budget.spent.cost == pytest.approx(paid)
    assert debts() == {}
    assert standing(tmp_path / "batches") == "1 handed in, 0 not fetched yet"
    assert len(server.made) == 1


@pytest.mark.parametrize("speaks", NAMES)
def test_a_batch_costs_half(speaks: str, serves: Any, tmp_path: Path) -> None:
    serves(speaks)
    (one,) = ask(opened(speaks, tmp_path), ("one",))
    assert one.usage.prompt_tokens > 0
    full = PRICE.cost(one.usage.prompt_tokens, one.usage.completion_tokens)
    assert one.usage.cost == pytest.approx(full / 2)


if __name__ == "__main__":
    ask(opened(sys.argv[1], Path(sys.argv[2])))
