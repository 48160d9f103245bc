"""Long texts in windows: what is cut, and what the windows say together."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
from scipy.special import expit, softmax
from successor_contract import MULTI, PAIR, SENTIMENT, TARGETS, TEXTS, multi_targets

from activellm.encoders import open_encoder
from activellm.encoders.pairs import combine
from activellm.encoders.tokens import Tokenizer
from activellm.errors import UsageError
from activellm.progress import silent
from activellm.successors import load_successor
from activellm.successors.finetune import FineTune
from activellm.successors.windows import MOST_WINDOWS, Windows, pooled_vectors, windows


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> Tokenizer:
    return Tokenizer.load(tiny, 16)


LONG = " ".join(tiny_encoder.WORDS)  # 30 words of one token each; 14 fit


def test_short_texts_stay_as_they_are(tokenizer: Tokenizer) -> None:
    texts = ["", "good", " ".join(tiny_encoder.WORDS[:14]), "\ud83d"]
    cut = windows(tokenizer, texts)
    assert cut.contents == tuple(texts)
    np.testing.assert_array_equal(cut.owner, range(4))
    assert cut.weights(None) is None
    table = np.random.default_rng(0).random((4, 3)).astype(np.float32)
    assert cut.means(table) is table


def test_windows_overlap_reach_the_end_and_begin_with_words(tokenizer: Tokenizer) -> None:
    cut = windows(tokenizer, ["good", LONG, "bad"])
    assert cut.owner.tolist() == [0, 1, 1, 1, 2]
    np.testing.assert_allclose(cut.shares, [1, 1 / 3, 1 / 3, 1 / 3, 1])
    words = [part.split() for part in cut.contents[1:4] if isinstance(part, str)]
    assert all(len(part) == 14 for part in words)
    assert words[0] == tiny_encoder.WORDS[:14]
    assert words[2] == tiny_encoder.WORDS[-14:]
    for one, following in pairwise(words):
        assert len({*one} & {*following}) >= 14 // 4
    assert {word for part in words for word in part} == {*tiny_encoder.WORDS}


def test_a_word_is_not_begun_in_its_middle(tokenizer: Tokenizer) -> None:
    """Words that are spelled letter by letter, a token each."""
    text = " ".join(["xyxyx"] * 20)
    parts = windows(tokenizer, [text]).contents
    assert len(parts) > 5
    assert all(str(part).startswith("xyxyx") for part in parts)


def test_of_a_very_long_text_so_many_windows_from_beginning_to_end(tokenizer: Tokenizer) -> None:
    text = "good " + "a " * 5000 + "bad"
    parts = windows(tokenizer, [text, "x " * 50_000]).contents
    assert len(parts) == 2 * MOST_WINDOWS
    assert str(parts[0]).startswith("good")
    assert str(parts[MOST_WINDOWS - 1]).endswith("bad")
    assert max(len(row["input_ids"]) for row in tokenizer.encode(parts)) <= 16


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_pair_the_longer_text_is_cut(tokenizer: Tokenizer, turned: bool) -> None:
    def pair(one: str, other: str) -> tuple[str, str]:
        return (other, one) if turned else (one, other)

    cut = windows(tokenizer, [pair("good film", LONG), ("good", "bad"), pair("", LONG), ("", "")])
    of_first = [part for part, owner in zip(cut.contents, cut.owner, strict=True) if owner == 0]
    assert len(of_first) == 4
    assert all(part[turned] == "good film" for part in of_first)
    assert of_first[0][not turned].split() == tiny_encoder.WORDS[:11]
    both = windows(tokenizer, [(LONG, LONG)])
    assert all(one == " ".join(tiny_encoder.WORDS[:6]) for one, _ in both.contents)
    assert max(len(row["input_ids"]) for row in tokenizer.encode(cut.contents)) <= 16


def test_a_tokenizer_that_knows_no_places_is_refused(tokenizer: Tokenizer) -> None:
    class Slow:
        is_fast = False

    with pytest.raises(UsageError, match="does not say where"):
        windows(Tokenizer(Slow(), 16), ["good"])


def test_vectors_are_the_scaled_mean_of_the_windows(tiny: Path, tokenizer: Tokenizer) -> None:
    encoder = open_encoder(str(tiny), device="cpu", max_length=16)
    found = pooled_vectors(encoder, [LONG, "good"], silent)
    mean = encoder.embed(windows(tokenizer, [LONG]).contents).mean(axis=0)
    np.testing.assert_allclose(found[0], mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_allclose(found[1], encoder.embed(["good"])[0], atol=1e-6)
    pairs = pooled_vectors(encoder, [(LONG, "good")], silent)
    np.testing.assert_allclose(pairs, combine(found[:1], found[1:]), atol=1e-6)


@pytest.mark.parametrize("multi", [False, True])
def test_the_prediction_is_that_of_the_mean_log_odds(multi: bool) -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(size=(4, 3))
    chances = expit(odds) if multi else softmax(odds, axis=1)
    cut = Windows(("a", "b", "c", "d"), np.array([0, 1, 1, 1]), np.array([1, *[1 / 3] * 3]))
    expected = np.vstack([odds[0], odds[1:].mean(axis=0)])
    expected = expit(expected) if multi else softmax(expected, axis=1)
    np.testing.assert_allclose(cut.chances(chances, multi=multi), expected)
    stacked = cut.chances(np.stack([chances, chances[::-1]]), multi=multi)
    np.testing.assert_allclose(stacked[0], expected)
    certain = np.array([[1.0, 0.0]] * 4) if multi else np.array([[0.6, 0.4, 0.0]] * 4)
    np.testing.assert_allclose(cut.chances(certain, multi=multi), certain[:2], atol=1e-30)


@pytest.mark.parametrize("form", ["single", "multi", "pair"])
def test_what_stands_late_in_a_text_is_learned_only_in_windows(
    form: str, tiny: Path, tmp_path: Path
) -> None:
    """The telling words stand behind the limit; and it is the same when loaded."""
    task, targets = {
        "single": (SENTIMENT, TARGETS),
        "multi": (MULTI, multi_targets()),
        "pair": (PAIR, TARGETS),
    }[form]
    filler = "it is the water and " * 5
    texts: list[Any] = [filler + text for text in TEXTS]
    contents = [("bus", text) for text in texts] if form == "pair" else texts
    models = {}
    for long_texts, epochs in (("cut", 1), ("windows", 100)):
        models[long_texts] = FineTune(
            task,
            seed=0,
            encoder=str(tiny),
            device="cpu",
            epochs=epochs,
            batch_size=8,
            learning_rate=3e-3,
            max_length=24,
            long_texts=long_texts,
        ).fit(contents, targets)
    same = models["cut"].predict_proba(contents)
    np.testing.assert_allclose(same, np.tile(same[:1], (12, 1)), atol=1e-6)
    model = models["windows"]
    found = model.predict_proba(contents)
    assert (model.predict(contents) == targets).mean() > 0.7
    np.testing.assert_allclose(model.proba_of(model.features(contents)), found, atol=1e-5)
    assert model.sample_proba(contents, 2, seed=0).shape == (2, *found.shape)
    model.save(tmp_path)
    np.testing.assert_array_equal(load_successor(tmp_path).predict_proba(contents), found)


def test_balanced_labels_count_their_texts_not_their_windows(tiny: Path) -> None:
    """One label's texts are long, the other's short: in all they weigh the same."""
    import torch

    from activellm.successors.heads import Head

    cut = Windows(("a",) * 5, np.array([0, 1, 1, 1, 1]), np.array([1, *[1 / 4] * 4]))
    head = Head(
        SENTIMENT,
        np.array([0, 1])[cut.owner],
        "balanced",
        torch.device("cpu"),
        cut.weights(None),
    )
    logits = torch.zeros(5, 2)
    first = head.loss(logits[:1], torch.tensor([0])).item()
    second = head.loss(logits[1:], torch.tensor([1, 2, 3, 4])).item()
    assert first == pytest.approx(4 * second)
