"""Questions to an engine: everything around it, with transformers as the engine."""

import json
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from query_model_contract import LABELS, PROMPTS, QueryModelContract, ask

from activellm.errors import MissingExtraError, QueryModelError, UsageError
from activellm.llm import QueryModel, RecordedModel, engine_room, open_model
from activellm.llm.engine_model import EngineModel
from activellm.llm.side_by_side import Job, side_by_side
from activellm.llm.transformers_local import TransformersModel

pytest.importorskip("torch")
pytest.importorskip("transformers")

from torch_engine import Started

MANY = [ask(f"{text} {number}") for text in ("the film", "2 books", "water") for number in range(8)]


@pytest.fixture(scope="module")
def folder(tiny_models: tuple[Path, Path]) -> Path:
    return tiny_models[1]


@pytest.fixture(scope="module")
def plain(folder: Path) -> TransformersModel:
    return TransformersModel(str(folder), threads=1)


@pytest.fixture(scope="module")
def shared_model(folder: Path) -> EngineModel:
    return Started(folder).model()


class TestContractOfAnEngine(QueryModelContract):
    score_noise = 1e-3

    @pytest.fixture
    def model(self, shared_model: EngineModel) -> QueryModel:
        return shared_model


def test_the_scores_are_those_of_transformers(plain: TransformersModel, folder: Path) -> None:
    found, expected = Started(folder).model().score(MANY, LABELS), plain.score(MANY, LABELS)
    np.testing.assert_allclose(found.logprobs, expected.logprobs, atol=1e-3)
    np.testing.assert_array_equal(found.tokens, expected.tokens)
    assert found.usage.prompt_tokens == expected.usage.prompt_tokens


def test_plain_text_is_read_as_by_transformers(plain: TransformersModel, folder: Path) -> None:
    texts = ["the film is good and the book is bad.", "x", "5 € for 日本語"]
    model = Started(folder).model()
    for one, other in zip(model.token_logprobs(texts), plain.token_logprobs(texts), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    said = [
        which.continue_text("the film", tokens=6, temperature=0.0, seed=0)
        for which in (model, plain)
    ]
    assert said[0] == said[1]


def test_all_questions_of_a_call_are_handed_over_together(folder: Path) -> None:
    started = Started(folder)
    started.model(context=300).score(MANY, ["positive", "negative"])
    (engine,) = started.engines
    assert engine.most_waiting == len(engine.added)
    assert engine.context == 300
    assert threading.get_ident() not in engine.threads


def test_no_more_than_so_many_wait_in_the_engine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_room, "MOST_UNDER_WAY", 6)
    started = Started(folder, at_once=1)
    scores = started.model().score(MANY, ["positive"])
    assert started.engines[0].most_waiting <= 6
    assert (scores.logprobs < 0).all()


def test_what_threads_ask_is_computed_together(folder: Path, plain: TransformersModel) -> None:
    started = Started(folder)
    model = started.model()
    jobs = [Job(model, partial(model.complete, prompt, max_tokens=4)) for prompt in MANY]
    said = [one.text for one in side_by_side(jobs)]
    (engine,) = started.engines
    assert engine.most_waiting > 1
    assert said == [plain.complete(prompt, max_tokens=4).text for prompt in MANY]


def test_a_refused_question_harms_no_other(folder: Path) -> None:
    model = Started(folder).model()
    with pytest.raises(QueryModelError, match="no 13 tokens"):
        model.complete(PROMPTS[0], max_tokens=13)
    assert model.complete(PROMPTS[0], max_tokens=4).text


def test_rows_are_recorded_before_the_engine_fails(folder: Path, tmp_path: Path) -> None:
    started = Started(folder, fail_after=10)
    model = RecordedModel(started.model(), tmp_path)
    with pytest.raises(QueryModelError, match="engine failed"):
        model.score(MANY, ["a"])
    kept = len(list(tmp_path.glob("*.json")))
    assert kept == 8  # all but those of the step that failed
    started.options = {}
    assert model.score(MANY, ["a"]).usage.replayed == kept
    assert len(started.engines) == 2
    assert len(started.engines[1].added) == len(MANY) - kept


def test_an_engine_that_cannot_start_is_tried_once() -> None:
    calls = []

    def start(context: int) -> None:
        calls.append(context)
        raise QueryModelError("No GPU.")

    room = engine_room.EngineRoom(partial(start, 1))
    for _ in range(2):
        with pytest.raises(QueryModelError, match="No GPU"):
            room.start()
    assert calls == [1]


def test_a_question_that_the_engine_forgets_is_not_waited_for(folder: Path) -> None:
    started = Started(folder)
    model = started.model()
    model._room.start()
    (engine,) = started.engines
    engine.add = lambda number, question: None  # type: ignore[method-assign]
    with pytest.raises(QueryModelError, match="lost a question"):
        model.complete(PROMPTS[0], max_tokens=2)


def test_who_stops_reading_stops_the_work(folder: Path) -> None:
    started = Started(folder, at_once=1)
    model = started.model()
    rows = model.score_rows(MANY, ["a"])
    next(rows)
    rows.close()
    model.complete(PROMPTS[0], max_tokens=2)
    (engine,) = started.engines
    assert engine.dropped
    assert engine.answered < len(MANY)


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from query_model_contract import ask
from torch_engine import Started
from activellm.llm import RecordedModel, engine_room
engine_room.MOST_UNDER_WAY = 4
prompts = [ask(f"the film {number}") for number in range(24)]
started = Started(Path(sys.argv[2]), at_once=1, kill_after=12)
RecordedModel(started.model(), Path(sys.argv[3])).score(prompts, ["a"])
"""


def test_a_killed_batch_is_gone_on_with(folder: Path, tmp_path: Path) -> None:
    places = [str(Path(__file__).parent), str(folder), str(tmp_path)]
    run = subprocess.run([sys.executable, "-c", KILLED, *places], timeout=120)
    assert run.returncode == -9
    kept = len(list(tmp_path.glob("*.json")))
    assert 12 - 4 <= kept <= 13
    started = Started(folder)
    prompts = [ask(f"the film {number}") for number in range(24)]
    usage = RecordedModel(started.model(), tmp_path).score(prompts, ["a"]).usage
    assert (usage.replayed, usage.calls) == (kept, 24 - kept)
    assert len(started.engines[0].added) == 24 - kept


def test_a_process_ends_while_the_engine_works(folder: Path) -> None:
    """A main thread that gives up does not wait for all that was asked."""
    program = """
import atexit, sys, threading, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from query_model_contract import ask
from torch_engine import Started
started = Started(Path(sys.argv[2]), at_once=1)
model = started.model()
prompts = [ask("the film " * 20)] * 400
atexit.register(lambda: print(started.engines[0].answered))  # when all threads have ended
threading.Thread(target=model.score, args=(prompts, ["a"]), daemon=True).start()
while not (started.engines and started.engines[0].answered):
    time.sleep(0.01)
"""
    run = subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent), str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert 1 <= int(run.stdout) < 400


def test_the_name_of_an_offline_model(folder: Path, tmp_path: Path) -> None:
    model = open_model(f"vllm-offline/{folder}", context=300, parallel=7)
    assert isinstance(model, EngineModel)
    assert (model.context_length, model.parallel, model.runs_here) == (300, 7, True)
    assert model.identity()["runtime"] == "vllm"
    assert model.count_tokens("the film is good") > 2
    with pytest.raises(UsageError, match="folders and hub ids"):
        open_model("vllm-offline/some.gguf")


def test_weights_of_another_kind_are_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    from activellm.llm.vllm_engine import VllmEngine

    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}), encoding="utf-8")
    (tmp_path / "pytorch_model.bin").write_bytes(b"not read")
    with pytest.raises(QueryModelError, match="no weights as safetensors"):
        VllmEngine(str(tmp_path), 100)


def test_without_vllm_the_install_line_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingExtraError, match="run by vLLM") as caught:
        open_model(f"vllm-offline/{folder}").score(PROMPTS, LABELS)
    assert "pip install 'activellm[vllm]'" in caught.value.remedy
