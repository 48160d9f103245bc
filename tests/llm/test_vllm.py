"""The real vLLM, on a GPU or with its build for CPUs: the same numbers as transformers."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from query_model_contract import LABELS, PROMPTS, QueryModelContract, ask

pytest.importorskip("vllm", reason="vLLM is not installed", exc_type=ImportError)
pytest.importorskip("torch")

from activellm.llm import QueryModel, open_model
from activellm.llm.transformers_local import TransformersModel

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),  # of what vLLM imports and leaves open
]

MANY = [ask(f"{text} {number}") for text in ("the film", "2 books", "water") for number in range(8)]
REMOTE: list[Any] = []


def note_remote(event: str, args: tuple[Any, ...]) -> None:
    """Notes connections to other machines, and questions for their addresses."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = str(args[1][0])
        if not host.startswith("127.") and host not in ("::1", "localhost"):
            REMOTE.append(args[1])


sys.addaudithook(note_remote)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vLLM computes no attention heads of 16 numbers, as the other tests' tiny model has."""
    import tiny_llama

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_llama, "HEADS", 2)
        patch.setattr(tiny_llama, "KV_HEADS", 1)
        return tiny_llama.build(tmp_path_factory.mktemp("tiny-vllm"))[1]


@pytest.fixture(scope="module")
def loaded(folder: Path) -> QueryModel:
    return open_model(f"vllm-offline/{folder}", threads=1)


@pytest.fixture(scope="module")
def plain(folder: Path) -> TransformersModel:
    return TransformersModel(str(folder), threads=1)


class TestContractOfVllm(QueryModelContract):
    promises_json = True
    score_noise = 1e-3

    @pytest.fixture
    def model(self, loaded: QueryModel) -> QueryModel:
        return loaded


def test_scores_are_exact(loaded: QueryModel, plain: TransformersModel) -> None:
    found, expected = loaded.score(MANY, LABELS), plain.score(MANY, LABELS)
    np.testing.assert_allclose(found.logprobs, expected.logprobs, atol=1e-3, rtol=1e-4)
    np.testing.assert_array_equal(found.tokens, expected.tokens)


def test_the_whole_vocabulary_sums_to_one(loaded: Any) -> None:
    """More tokens than vLLM takes in one request."""
    from activellm.llm.engine import Question

    prompt = loaded.texts.written(PROMPTS[0])
    vocabulary = tuple(range(len(loaded.texts.tokenizer)))
    ((_, answer),) = loaded._room.ask([Question(prompt, wanted=vocabulary)])
    assert set(vocabulary) <= set(answer.logprobs)
    assert np.exp([answer.logprobs[token] for token in vocabulary]).sum() == pytest.approx(1, 1e-3)


def test_plain_text_is_read_and_continued(loaded: Any, plain: TransformersModel) -> None:
    texts = ["the film is good and the book is bad.", "x", "5 € for 日本語"] * 3
    for one, other in zip(loaded.token_logprobs(texts), plain.token_logprobs(texts), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3, rtol=1e-4)
    said = [
        which.continue_text("the film", tokens=6, temperature=0.0, seed=0)
        for which in (loaded, plain)
    ]
    assert said[0] == said[1]


def test_questions_of_all_kinds_may_be_computed_together(loaded: Any) -> None:
    """Beside one that wants given tokens, vLLM reports no others: each kind keeps its own."""
    from activellm.llm.engine import Question

    prompts = [loaded.texts.written(prompt) for prompt in MANY[:4]]
    kinds: list[dict[str, Any]] = [
        {"wanted": (5, 9, 200)},
        {"read": True},
        {"max_tokens": 6},
        {"max_tokens": 6, "temperature": 1.0, "seed": 3},
        {"wanted": (7,)},
    ]
    questions = [Question(prompt, **kind) for prompt in prompts for kind in kinds]
    together = dict(loaded._room.ask(questions))
    for index, question in enumerate(questions):
        ((_, alone),) = loaded._room.ask([question])
        assert together[index].text == alone.text
        np.testing.assert_allclose(together[index].read, alone.read, atol=1e-3)
        for token in question.wanted:
            assert together[index].logprobs[token] == pytest.approx(alone.logprobs[token], abs=1e-3)


def test_a_schema_that_it_cannot_keep_is_refused_alone(loaded: QueryModel) -> None:
    from activellm.errors import QueryModelError

    with pytest.raises(QueryModelError, match="vLLM refused"):
        loaded.complete(PROMPTS[0], max_tokens=4, json_schema={"type": "no such type"})
    assert loaded.complete(PROMPTS[0], max_tokens=4).text


def test_loading_is_silent_leaves_torch_alone_and_calls_nobody(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import random

    import torch

    capfd.readouterr()
    random.seed(3)
    np.random.seed(3)
    torch.manual_seed(3)
    expected = random.random(), np.random.random(), torch.rand(1)
    random.seed(3)
    np.random.seed(3)
    torch.manual_seed(3)
    open_model(f"vllm-offline/{folder}", threads=1, context=256).score(PROMPTS, LABELS)
    assert (random.random(), np.random.random(), torch.rand(1)) == expected
    torch.set_num_threads(2)
    assert torch.get_num_threads() == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert [line for line in err.splitlines() if "NUMA binding" not in line] == []
    assert REMOTE == []
