"""Plain text, token by token: the two runtimes and a plain pass of transformers must agree."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activellm.errors import QueryModelError
from activellm.llm import Message, RecordedModel, ScriptedModel
from activellm.llm.gguf import GgufModel
from activellm.llm.scoring import TokenScores, token_scores
from activellm.llm.surprise import MOST, causal_surprisals
from activellm.llm.transformers_local import TransformersModel

torch = pytest.importorskip("torch")
pytest.importorskip("xllamacpp")

TEXTS = [
    "the film is good and the book is bad.",
    "roads",
    "a text about 12 parks\n\nplease: yes",
    "5 € for 日本語 😀",
]


@pytest.fixture(scope="module")
def folder_model(tiny_models: tuple[Path, Path]) -> TransformersModel:
    return TransformersModel(str(tiny_models[1]), threads=1)


@pytest.fixture(scope="module")
def llama_model(tiny_models: tuple[Path, Path]) -> GgufModel:
    return GgufModel(tiny_models[0], threads=1)


@pytest.fixture(params=["folder", "llama"])
def model(
    request: pytest.FixtureRequest, folder_model: TransformersModel, llama_model: GgufModel
) -> TransformersModel | GgufModel:
    return folder_model if request.param == "folder" else llama_model


def plain_pass(folder: Path, text: str) -> np.ndarray:
    """One text alone through transformers itself."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        logits = AutoModelForCausalLM.from_pretrained(folder)(ids).logits[0].log_softmax(-1)
    return np.array([logits[i, token].item() for i, token in enumerate(ids[0, 1:])])


def test_each_token_is_scored_as_by_a_plain_pass(
    model: TransformersModel | GgufModel, tiny_models: tuple[Path, Path]
) -> None:
    for text, found in zip(TEXTS, model.token_logprobs(TEXTS), strict=True):
        np.testing.assert_allclose(found, plain_pass(tiny_models[1], text), atol=0.01, rtol=0.002)


def test_a_text_of_one_token_has_no_score(model: TransformersModel | GgufModel) -> None:
    assert model.count_tokens("x") == 1
    assert model.token_logprobs(["x"])[0].shape == (0,)


def test_progress_ends_with_all_texts(model: TransformersModel | GgufModel) -> None:
    told: list[tuple[int, int | None]] = []
    model.token_logprobs(TEXTS * 4, progress=lambda _, done, total: told.append((done, total)))
    assert told[-1] == (4 * len(TEXTS),) * 2


def test_a_text_that_does_not_fit_is_refused(model: TransformersModel | GgufModel) -> None:
    with pytest.raises(QueryModelError, match="holds 512"):
        model.token_logprobs(["the film " * 600])
    with pytest.raises(QueryModelError, match="holds 512"):
        model.continue_text("the film", tokens=600, temperature=0.0, seed=0)


def test_the_likeliest_continuation_is_the_same_in_both(
    folder_model: TransformersModel, llama_model: GgufModel
) -> None:
    said = {
        one.continue_text("the film is", tokens=12, temperature=0.0, seed=0)
        for one in (folder_model, llama_model)
    }
    assert len(said) == 1


def test_drawing_is_by_seed(model: TransformersModel | GgufModel) -> None:
    def draw(seed: int) -> str:
        return model.continue_text("the film", tokens=8, temperature=1.0, seed=seed)

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_drawing_is_from_the_whole_distribution(model: TransformersModel | GgufModel) -> None:
    """A cut at the 40 likeliest tokens would leave no more than 40 kinds of first words."""
    drawn = Counter(
        model.continue_text("the film", tokens=1, temperature=1.0, seed=seed) for seed in range(150)
    )
    assert len(drawn) > 60


def test_wrappers_are_left_out(
    folder_model: TransformersModel, tmp_path: Path, model: TransformersModel | GgufModel
) -> None:
    assert isinstance(model, TokenScores)
    wrapped = RecordedModel(RecordedModel(folder_model, tmp_path / "a"), tmp_path / "b")
    assert token_scores(wrapped) is folder_model
    assert token_scores(RecordedModel(ScriptedModel(["x"]), tmp_path)) is None


def test_a_label_that_is_cut_inside_a_character_is_scored(
    folder_model: TransformersModel, llama_model: GgufModel
) -> None:
    prompts = [(Message("user", "the film"),)]
    labels = ["日本", "😀", "good"]
    one, other = (model.score(prompts, labels).logprobs for model in (folder_model, llama_model))
    np.testing.assert_allclose(one, other, atol=0.02, rtol=0.002)


def test_surprisals_are_the_scores_with_their_sign_changed_and_nothing_beyond(
    model: TransformersModel | GgufModel,
) -> None:
    texts = [*TEXTS, "", " "]
    table = causal_surprisals(model, texts)
    scores = model.token_logprobs(TEXTS)
    assert table.shape == (6, max(len(one) for one in scores))
    for row, logs in zip(table, scores, strict=False):
        np.testing.assert_allclose(row[: len(logs)], -logs, rtol=1e-6)
        assert not row[len(logs) :].any()
    assert not table[4:].any()


def test_the_surprise_of_a_long_text_is_that_of_its_beginning(folder_model: Any) -> None:
    long, cut = (causal_surprisals(folder_model, ["road " * n]) for n in (MOST, MOST // 5))
    np.testing.assert_array_equal(long, cut)
