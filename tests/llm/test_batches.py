"""Questions handed in by batches, against strict servers of both interfaces."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fake_batch_servers import FakeBatches
from fake_provider_servers import KEY
from query_model_contract import SCHEMA

from activellm.errors import QueryModelError, UsageError
from activellm.llm import Message, QueryModel, open_model
from activellm.llm.batches.contract import BatchOptions
from activellm.llm.batches.ledger import read_batches
from activellm.llm.batches.standing import standing
from activellm.llm.retry import Limits
from activellm.llm.side_by_side import Job, side_by_side
from activellm.progress import Progress, silent

SPEAK = ("openai", "anthropic")
QUICK = {"gather": 0.4, "first_look": 0.01, "longest_look": 0.02, "settle": 0.0}
LIMITS = Limits(timeout=5, attempts=2, deadline=10)

Opens = Callable[..., QueryModel]
Serves = Callable[..., FakeBatches]


@pytest.fixture
def serves(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serves]:
    """Starts a server that users' names lead to."""
    with ExitStack() as running:

        def start(speaks: str, **planned: Any) -> FakeBatches:
            server = running.enter_context(FakeBatches(speaks, **planned))
            monkeypatch.setenv(f"ACTIVELLM_{speaks.upper()}_URL", server.url)
            monkeypatch.setenv(f"{speaks.upper()}_API_KEY", KEY)
            return server

        yield start


@pytest.fixture
def opens(tmp_path: Path) -> Opens:
    """Opens a model that keeps its batches and recordings in one place."""

    def opened(speaks: str, *, recorded: bool = True, **options: Any) -> QueryModel:
        batches = BatchOptions(tmp_path / "batches", **{**QUICK, **options})
        recordings = tmp_path / "recordings" if recorded else None
        return open_model(
            f"{speaks}/tiny",
            batches=batches,
            limits=LIMITS,
            recordings=recordings,
            parallel=len(TEXTS),  # so that these wait for no more
        )

    return opened


def ask(model: QueryModel, *texts: str, progress: Progress = silent, **settings: Any) -> list[str]:
    """The answers to all texts, asked side by side."""

    def work(text: str) -> str:
        return model.complete((Message("user", text),), max_tokens=50, **settings).text

    jobs = [Job(model, partial(work, text)) for text in texts]
    return side_by_side(jobs, progress=progress)


def answers(*texts: str) -> list[str]:
    return [f"answer to {text}" for text in texts]


TEXTS = tuple(f"text {number}" for number in range(12))


@pytest.mark.parametrize("speaks", SPEAK)
def test_one_batch_answers_all_in_the_order_of_the_questions(
    speaks: str, serves: Serves, opens: Opens
) -> None:
    server = serves(speaks)
    assert ask(opens(speaks), *TEXTS) == answers(*TEXTS)
    assert [len(batch["questions"]) for batch in server.made] == [12]
    calls = len(server.calls)
    assert ask(opens(speaks), *TEXTS) == answers(*TEXTS)
    assert len(server.calls) == calls  # all of it is recorded


@pytest.mark.parametrize("speaks", SPEAK)
def test_a_question_is_named_by_its_recording(
    speaks: str, serves: Serves, opens: Opens, tmp_path: Path
) -> None:
    server = serves(speaks)
    (said,) = ask(opens(speaks), "one", json_schema=SCHEMA, temperature=0.5, seed=3)
    assert json.loads(said) == {"label": "positive"}
    assert server.asked == [path.stem for path in (tmp_path / "recordings").glob("*.json")]


@pytest.mark.parametrize("speaks", SPEAK)
@pytest.mark.parametrize("limit", [{"most_questions": 5}, {"most_bytes": 1100}])
def test_more_than_a_batch_holds_is_split(
    speaks: str, limit: dict[str, int], serves: Serves, opens: Opens
) -> None:
    server = serves(speaks, most=5)
    assert ask(opens(speaks, **limit), *TEXTS) == answers(*TEXTS)
    assert len(server.made) >= 3
    assert sorted(server.asked) == sorted(set(server.asked))


@pytest.mark.parametrize("speaks", SPEAK)
def test_failed_and_lost_lines_are_asked_again_and_no_others(
    speaks: str, serves: Serves, opens: Opens, tmp_path: Path
) -> None:
    server = serves(speaks, lines={1: 500, 4: "lost", 7: "expired"})
    told: list[str] = []
    said = ask(opens(speaks), *TEXTS, progress=lambda what, *_: told.append(what))
    assert said == answers(*TEXTS)
    assert [len(batch["questions"]) for batch in server.made] == [12, 3]
    assert any(what.startswith("Batch batch_1") and "3 asked again" in what for what in told)
    said_later = standing(tmp_path / "batches")
    assert all(why in said_later for why in ("status 500: 1", "missing: 1", "expired: 1"))


@pytest.mark.parametrize("speaks", SPEAK)
def test_what_an_expired_batch_lacks_is_asked_again(
    speaks: str, serves: Serves, opens: Opens
) -> None:
    server = serves(speaks, fates={0: "expired"})
    assert ask(opens(speaks), *TEXTS) == answers(*TEXTS)
    first, second = server.made
    assert 0 < len(second["questions"]) < len(first["questions"])


@pytest.mark.parametrize("speaks", SPEAK)
def test_it_stops_asking_a_question_that_never_gets_an_answer(
    speaks: str, serves: Serves, opens: Opens
) -> None:
    server = serves(speaks, fates=dict.fromkeys(range(9), "expired"))
    with pytest.raises(QueryModelError, match=r"ended before .* \(after 3 batches\)") as caught:
        ask(opens(speaks), *TEXTS)
    assert caught.value.unpaid
    assert len(server.made) == 3
    server.fates = {}
    assert ask(opens(speaks), *TEXTS) == answers(*TEXTS)
    assert len(server.made) == 4


@pytest.mark.parametrize("speaks", SPEAK)
def test_a_cancelled_batch_is_not_handed_in_again_until_the_next_run(
    speaks: str, serves: Serves, opens: Opens
) -> None:
    server = serves(speaks, fates={0: "cancelled"})
    with pytest.raises(QueryModelError, match="cancelled"):
        ask(opens(speaks), *TEXTS)
    assert len(server.made) == 1
    assert ask(opens(speaks), *TEXTS) == answers(*TEXTS)
    assert 0 < len(server.made[1]["questions"]) < 12  # what was answered is not asked again


def test_a_refused_batch_says_why(serves: Serves, opens: Opens) -> None:
    server = serves("openai", fates={0: "failed", 1: "failed"})
    with pytest.raises(QueryModelError, match="batch_0 was refused: line 1 is no JSON") as caught:
        ask(opens("openai"), *TEXTS)
    assert caught.value.unpaid
    server.why = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached."}
    with pytest.raises(QueryModelError, match=r"limit reached.*--parallel"):
        ask(opens("openai"), *TEXTS)
    assert ask(opens("openai"), *TEXTS) == answers(*TEXTS)


@pytest.mark.parametrize("speaks", SPEAK)
def test_a_parameter_that_the_model_refuses_is_left_out(
    speaks: str, serves: Serves, opens: Opens
) -> None:
    server = serves(speaks, refuse="temperature")
    assert ask(opens(speaks), *TEXTS) == answers(*TEXTS)
    assert len(server.made) == 2
    assert server.made[0]["questions"].keys() == server.made[1]["questions"].keys()


@pytest.mark.parametrize("speaks", SPEAK)
def test_a_question_that_is_wrong_fails_at_once(speaks: str, serves: Serves, opens: Opens) -> None:
    server = serves(speaks, lines={0: 400})
    with pytest.raises(QueryModelError, match="400: planned 400") as caught:
        ask(opens(speaks), "one")
    assert caught.value.unpaid
    assert len(server.made) == 1


@pytest.mark.parametrize("speaks", SPEAK)
def test_a_creation_without_an_answer_is_found_again(
    speaks: str, serves: Serves, opens: Opens, tmp_path: Path
) -> None:
    server = serves(speaks)
    for other in ("older", "other"):
        ask(opens(speaks, recorded=False), other)
    (tmp_path / "batches").rename(tmp_path / "elsewhere")  # as if another project had made them
    server.silent = 1
    assert ask(opens(speaks), "one") == answers("one")
    assert len(server.made) == 3
    assert [batch.id for batch in read_batches(tmp_path / "batches")] == ["batch_2"]


@pytest.mark.parametrize("speaks", SPEAK)
def test_a_batch_that_is_gone_is_not_paid_for_again_unasked(
    speaks: str, serves: Serves, opens: Opens, tmp_path: Path
) -> None:
    server = serves(speaks)
    ask(opens(speaks, recorded=False), "one")
    server.made.clear()
    with pytest.raises(QueryModelError, match=r"keeps its answers no longer.*remove its note in"):
        ask(opens(speaks, recorded=False), "one")
    assert server.made == []
    for note in (tmp_path / "batches").glob("*.json"):
        note.unlink()
    assert ask(opens(speaks, recorded=False), "one") == answers("one")


@pytest.mark.parametrize("speaks", SPEAK)
def test_an_unusable_answer_is_asked_anew_by_the_next_run(
    speaks: str, serves: Serves, opens: Opens
) -> None:
    server = serves(speaks)
    words = " ".join(["word"] * 2000)
    reply = opens(speaks)
    with pytest.raises(QueryModelError, match="read only"):
        server_cuts(server, reply, words)
    assert ask(opens(speaks), words)[0].startswith("answer to word")
    assert len(server.made) == 2


def server_cuts(server: FakeBatches, model: QueryModel, words: str) -> None:
    """Ask, where the server reports far fewer tokens than it was sent."""
    made = server.make

    def make(questions: list[tuple[str, dict[str, Any]]], **more: Any) -> dict[str, Any]:
        batch = made(questions, **more)
        for _, answer in batch["lines"].values():
            answer["usage"].update(prompt_tokens=9, input_tokens=9, cache_read_input_tokens=0)
        return batch

    server.make = make  # type: ignore[method-assign]
    try:
        ask(model, words)
    finally:
        server.make = made  # type: ignore[method-assign]


@pytest.mark.parametrize("speaks", SPEAK)
def test_a_wrong_key_is_said_and_never_shown(
    speaks: str, serves: Serves, opens: Opens, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = serves(speaks)
    monkeypatch.setenv(f"{speaks.upper()}_API_KEY", "another-Key-987")
    with pytest.raises(QueryModelError, match="401") as caught:
        ask(opens(speaks), *TEXTS)
    assert caught.value.unpaid
    assert "another-Key-987" not in str(caught.value)
    assert list(read_batches(tmp_path / "batches")) == []
    monkeypatch.setenv(f"{speaks.upper()}_API_KEY", KEY)
    assert ask(opens(speaks), *TEXTS) == answers(*TEXTS)
    assert len(server.made) == 1
    kept = [path.read_text() for path in tmp_path.rglob("*.json")]
    assert kept
    assert not any(KEY in text for text in kept)
    notes = [path.read_text() for path in (tmp_path / "batches").glob("*.json")]
    assert not any("text 1" in text for text in notes)


@pytest.mark.parametrize("speaks", SPEAK)
def test_waiting_is_told(speaks: str, serves: Serves, opens: Opens) -> None:
    serves(speaks, looks=3)
    told: list[tuple[str, int, int | None]] = []
    model = opens(speaks)
    jobs = [Job(model, partial(model.complete, (Message("user", "a"),), max_tokens=9))]
    side_by_side(jobs, progress=lambda what, done, total: told.append((what, done, total)))
    waited = [one for one in told if one[0].startswith("Batch batch_0, handed in 2")]
    assert [done for _, done, _ in waited] == [0, 0, 0, 1]


def test_models_that_take_no_batches_say_so() -> None:
    for name in ("embedded", "groq/llama", "http://127.0.0.1:1/v1#m"):
        with pytest.raises(UsageError, match=r"takes no batches.*--llm-batch"):
            open_model(name, batches=BatchOptions())


def test_without_a_folder_batches_work_too(serves: Serves) -> None:
    server = serves("openai")
    model = open_model("openai/tiny", batches=BatchOptions(**QUICK), limits=LIMITS)
    assert ask(model, "a", "b") == answers("a", "b")
    assert len(server.made) == 1
