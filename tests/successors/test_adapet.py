import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_masked
import torch
from masked_contract import MaskedContract
from successor_contract import SENTIMENT, TARGETS, TEXTS, task_of
from transformers import AutoModelForMaskedLM, AutoTokenizer

from activellm.errors import ActiveLLMError, UsageError
from activellm.successors import make_successor, read_successor
from activellm.successors.adapet import Adapet
from activellm.successors.adapet_loss import (
    Verbalizer,
    choose_masks,
    conditioned_loss,
    decoupled_loss,
    draw_label,
)
from activellm.successors.cloze import FIRST, SLOT, Filled
from activellm.successors.learned import Learned


class TestAdapet(MaskedContract):
    name = "adapet"
    quick = {"steps": 30, "learning_rate": 5e-3, "batch_size": 36, "max_length": 64}  # noqa: RUF012
    variants = {  # noqa: RUF012
        "pattern": "{label}:_{text}",
        "words": "good|bad",
        "mask_share": 0.3,
        "steps": 2,
        "batch_size": 4,
        "learning_rate": 1e-4,
        "weight_decay": 0.3,
        "warmup": 0.5,
        "max_length": 32,
    }
    wrong = [  # noqa: RUF012
        {"pattern": "{text} it is"},
        {"pattern": "{text} {text} is {label}"},
        {"pattern": "{first} is {label}"},
        {"words": "good"},
        {"words": "good|"},
        {"mask_share": 1.5},
        {"mask_share": float("nan")},
        {"words": 5},
        {"steps": 0},
        {"steps": 1.5},
        {"batch_size": 0},
        {"learning_rate": float("inf")},
        {"weight_decay": -0.1},
        {"warmup": 1.0},
        {"max_length": 8},
    ]


SPOKEN = Verbalizer.of(["a", "b", "c"], [[5, 6], [5, 7, 8], [9]], end=3)
CHANCES = np.random.default_rng(0).uniform(0.05, 0.9, (4, 3, 3))
GOALS = [0, 1, 2, 1]


def test_the_decoupled_loss_is_the_sum_of_cross_entropies_over_the_vocabulary() -> None:
    tokens = {0: [5, 6], 1: [5, 7, 8], 2: [9]}
    expected = []
    for chances, goal in zip(CHANCES, GOALS, strict=True):
        total = 0.0
        for label, words in tokens.items():
            parts = []
            for place, word in enumerate(words):
                if label == goal:
                    parts.append(-math.log(chances[label, place]))
                elif tokens[goal][place : place + 1] != [word]:
                    parts.append(-math.log(1 - chances[label, place]))
            total += sum(parts) / len(parts) if parts else 0.0
        expected.append(total)
    found = decoupled_loss(torch.tensor(CHANCES).log(), torch.tensor(GOALS), SPOKEN)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_text_is_probable_given_a_true_label_and_improbable_given_a_wrong_one() -> None:
    masked, true = torch.tensor([[True, True, False], [True] * 3, [False] * 3]), [True, False, True]
    chances = CHANCES[:3, 0]
    expected = [
        -(math.log(chances[0, 0]) + math.log(chances[0, 1])) / 2,
        -sum(math.log(1 - chance) for chance in chances[1]) / 3,
        0.0,
    ]
    found = conditioned_loss(torch.tensor(chances).log(), masked, torch.tensor(true))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_certainty_gives_a_finite_loss_and_gradient() -> None:
    chances = torch.zeros(1, 3, 3, requires_grad=True)
    decoupled_loss(chances, torch.tensor([0]), SPOKEN).sum().backward()
    assert torch.isfinite(chances.grad).all()


def test_up_to_a_share_of_a_texts_own_tokens_is_masked() -> None:
    rng = np.random.default_rng(0)
    filled = Filled(list(range(120)), 110, list(range(5, 105)))
    counts = []
    for _ in range(300):
        places = choose_masks(filled, 0.105, rng)
        assert len({*places}) == len(places) > 0
        assert {*places} <= {*filled.texts}
        counts.append(len(places))
    assert (min(counts), max(counts)) == (1, 10)
    assert choose_masks(Filled([1, 2], 1, []), 0.5, rng) == []
    assert choose_masks(Filled([1, 2], 1, [1]), 0.5, rng) == [1]


def test_half_of_the_labels_in_the_slot_are_true() -> None:
    rng = np.random.default_rng(0)
    drawn = np.bincount([draw_label(2, 4, rng) for _ in range(3000)], minlength=4) / 3000
    np.testing.assert_allclose(drawn, [1 / 6, 1 / 6, 1 / 2, 1 / 6], atol=0.03)


@pytest.fixture(scope="module")
def reader(masked_bert: Path) -> Any:
    """An untrained network whose labels are of several tokens."""
    model = Adapet(SENTIMENT, seed=0, encoder=str(masked_bert), device="cpu", words="so good|bad")
    learned = Learned.of(np.array([6, 6]), 12, SENTIMENT)
    tokenizer, network = model._encoder.open(torch.device("cpu"), 256)
    made = model._reader(network, tokenizer, learned)
    made.network.eval()
    return made


def by_hand(folder: Path, sentence: str) -> Any:
    """Probabilities of every word at every token of a sentence, without any batch."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder).eval()
    coded = tokenizer(sentence, return_tensors="pt")
    with torch.no_grad():
        chances = model(**coded).logits[0].softmax(-1)
    return tokenizer.convert_tokens_to_ids, coded["input_ids"][0].tolist(), chances.double()


def test_a_score_is_the_mean_log_probability_of_the_labels_tokens(
    reader: Any, masked_bert: Path
) -> None:
    (batch,) = [batch for _, batch in reader.clozes.batches(["good film"], 100)]
    with torch.no_grad():
        found = reader.network(**batch).logits[0]
    number, tokens, chances = by_hand(masked_bert, "good film this is [MASK] [MASK]")
    first, second = (at for at, token in enumerate(tokens) if token == number("[MASK]"))
    so, good, bad = (number(word) for word in ("so", "good", "bad"))
    expected = [
        (chances[first, so].log() + chances[second, good].log()) / 2,
        chances[first, bad].log(),
    ]
    torch.testing.assert_close(found.double(), torch.stack(expected), atol=1e-4, rtol=1e-4)


def test_both_objectives_are_those_of_single_texts(reader: Any, masked_bert: Path) -> None:
    network, clozes = reader.network, reader.clozes
    texts, goals = ["good film", "so very sad a book", ""], [0, 1, 1]
    items = clozes.items(texts)
    with torch.no_grad():
        found = network.text_loss(clozes, items, torch.tensor(goals), 0.9, np.random.default_rng(6))
        label = network.label_loss(clozes, items, torch.tensor(goals))
    rng, words = np.random.default_rng(6), ["so good", "bad"]
    drawn = [draw_label(goal, 2, rng) for goal in goals]
    for row, (text, goal, said) in enumerate(zip(texts, goals, drawn, strict=True)):
        places = choose_masks(clozes.fill(items[row], network.verbalizer.row(said)), 0.9, rng)
        split = f"[CLS] {text} this is {words[said]} [SEP]".split()
        masked = [word if at not in places else "[MASK]" for at, word in enumerate(split)]
        number, tokens, chances = by_hand(masked_bert, " ".join(masked[1:-1]))
        assert len(tokens) == len(split)
        own = [chances[at, number(split[at])] for at in places]
        losses = [-chance.log() if said == goal else -(1 - chance).log() for chance in own]
        assert found[row].item() == pytest.approx(
            float(sum(losses)) / max(1, len(losses)), abs=1e-4
        )
        number, tokens, chances = by_hand(masked_bert, f"{text} this is [MASK] [MASK]")
        so, good, bad = (
            chances[at, number(w)] for at, w in ((-3, "so"), (-2, "good"), (-3, "bad"))
        )
        right = [-(so.log() + good.log()) / 2, -bad.log()][goal]
        wrong = [-((1 - so).log() + (1 - good).log()) / 2, -(1 - bad).log()][1 - goal]
        assert label[row].item() == pytest.approx((right + wrong).item(), abs=1e-4)
    assert {0, 1} == {int(said == goal) for said, goal in zip(drawn, goals, strict=True)}


def test_pattern_and_words_can_be_written_behind_the_name(masked_bert: Path) -> None:
    name, settings = read_successor("adapet(pattern={text}_is_{label}, words=so_good|bad)")
    made = make_successor(name, SENTIMENT, seed=0, encoder=str(masked_bert), **settings)
    assert made._template == (FIRST, " is ", SLOT)
    assert made._spoken == ("so good", "bad")


@pytest.mark.parametrize("words", ["good|good", "good|Good"])
def test_labels_that_the_encoder_cannot_tell_apart(masked_bert: Path, words: str) -> None:
    model = Adapet(SENTIMENT, seed=0, encoder=str(masked_bert), device="cpu", words=words, steps=1)
    with pytest.raises(UsageError, match="'neg', the same as for 'pos'"):
        model.fit(TEXTS, TARGETS)


def test_words_that_begin_others_get_an_end_mark() -> None:
    verbalizer = Verbalizer.of(["a", "b"], [[5], [5, 6]], end=3)
    assert [verbalizer.row(0), verbalizer.row(1)] == [[5, 3], [5, 6]]
    with pytest.raises(UsageError, match="no words of its own for the label 'b'"):
        Verbalizer.of(["a", "b"], [[5], []], end=3)


def test_several_labels_are_yes_and_no_questions_that_a_model_may_know(masked_bert: Path) -> None:
    """The tiny encoder has read that good texts are pos; training that does nothing keeps it."""
    task = task_of("pos", "neg", kind="multi")
    model = Adapet(
        task, seed=0, encoder=str(masked_bert), device="cpu", steps=1, learning_rate=1e-12
    )
    texts = ["good film", "bad meal", "lovely tree", "dull book"]
    right = np.array([[1, 0], [0, 1]] * 2)
    np.testing.assert_array_equal(model.fit(texts, right).predict(texts), right)


def test_it_learns_on_robertas_kind_and_any_masked_model_loads_what_it_saves(
    masked_roberta: Path, tmp_path: Path
) -> None:
    model = Adapet(
        SENTIMENT,
        seed=3,
        encoder=str(masked_roberta),
        device="cpu",
        steps=60,
        learning_rate=5e-3,
    ).fit(TEXTS, TARGETS)
    assert (model.predict(TEXTS) == TARGETS).mean() > 0.9
    model.save(tmp_path)
    trained = AutoModelForMaskedLM.from_pretrained(tmp_path).state_dict()
    first = AutoModelForMaskedLM.from_pretrained(masked_roberta).state_dict()
    moved = {name for name, weights in trained.items() if not torch.equal(weights, first[name])}
    assert "roberta.encoder.layer.0.attention.self.query.weight" in moved
    assert "lm_head.dense.weight" in moved


def test_once_trained_it_needs_no_encoder(tmp_path: Path) -> None:
    for name in ("encoder", "model"):
        (tmp_path / name).mkdir()
    folder = tiny_masked.build(tmp_path / "encoder", "bert", steps=0)
    model = Adapet(SENTIMENT, seed=0, encoder=str(folder), device="cpu", steps=1)
    model.fit(TEXTS, TARGETS).save(tmp_path / "model")
    expected = model.predict_proba(TEXTS)
    shutil.rmtree(folder)
    again = Adapet.load(tmp_path / "model", device="cpu")
    np.testing.assert_array_equal(again.predict_proba(TEXTS), expected)


def test_a_broken_loss_is_a_clear_error(masked_bert: Path) -> None:
    model = Adapet(
        SENTIMENT, seed=0, encoder=str(masked_bert), device="cpu", learning_rate=1e30, warmup=0.0
    )
    with pytest.raises(ActiveLLMError, match="not a number any more"):
        model.fit(TEXTS, TARGETS)
