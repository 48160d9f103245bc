from pathlib import Path

import pytest
import tiny_masked

from activellm.encoders.tokens import Tokenizer
from activellm.errors import UsageError
from activellm.successors.cloze import FIRST, SECOND, SLOT, Clozes, ask_about, read_template

PATTERN = read_template("{text} this is {label}?", pair=False)
PAIR_PATTERN = read_template("{first} and {second} are {label}", pair=True)


@pytest.fixture(scope="module", params=["bert", "roberta", "deberta-v2"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_masked.build(tmp_path_factory.mktemp("cloze"), request.param, steps=0)


def opened(folder: Path, template: tuple[str, ...], slot: int = 1, longest: int = 64) -> Clozes:
    return Clozes(Tokenizer.load(folder, longest), (template,), slot)


def test_patterns() -> None:
    assert PATTERN == (FIRST, " this is ", SLOT, "?")
    assert PAIR_PATTERN == (FIRST, " and ", SECOND, " are ", SLOT)
    assert read_template("{label}:_{text}", pair=False) == (SLOT, ": ", FIRST)
    assert ask_about(PATTERN, "good") == (FIRST, " this is good?? ", SLOT)
    assert ask_about((SLOT, ": ", FIRST), "good") == ("good: ", FIRST, "? ", SLOT)


@pytest.mark.parametrize(
    ("written", "pair"),
    [
        ("{text}", False),
        ("{label}", False),
        ("{text} {label} {label}", False),
        ("{text} {slot}", False),
        ("{first} {second} {label}", False),
        ("{text} {label}", True),
        ("{first} {label}", True),
        ("", False),
    ],
)
def test_what_is_no_pattern_is_refused(written: str, pair: bool) -> None:
    with pytest.raises(UsageError, match="pattern"):
        read_template(written, pair=pair)


def test_the_tokens_are_those_of_the_whole_sentence(folder: Path) -> None:
    clozes = opened(folder, PATTERN)
    inner = clozes.tokenizer.inner
    mask = inner.mask_token
    for text in ("good film", "so very sad", "an unknown word"):
        (item,) = clozes.items([text])
        filled = clozes.fill(item)
        assert filled.tokens[filled.slot] == inner.mask_token_id
        whole = inner(f"{text} this is {mask}?")["input_ids"]
        assert filled.tokens[: filled.slot + 1] == whole[: filled.slot + 1]
        assert filled.tokens[-2:] == whole[-2:]
        own = [filled.tokens[place] for place in filled.texts]
        assert own == inner(text, add_special_tokens=False)["input_ids"]
        words = clozes.words("good")
        assert words == inner(" good", add_special_tokens=False)["input_ids"]
        told = clozes.fill(item, words)
        assert (
            told.tokens == filled.tokens[: filled.slot] + words + filled.tokens[filled.slot + 1 :]
        )


def test_only_texts_are_cut(folder: Path) -> None:
    for template, content in (
        (PATTERN, "good " * 5000),
        (PAIR_PATTERN, ("good " * 5000, "bad " * 5000)),
        (PAIR_PATTERN, ("good", "bad " * 5000)),
        (PAIR_PATTERN, ("good " * 5000, "bad")),
    ):
        clozes = opened(folder, template, slot=3, longest=32)
        (item,) = clozes.items([content])
        filled = clozes.fill(item)
        assert len(filled.tokens) == 32
        mask = clozes.tokenizer.inner.mask_token_id
        assert filled.tokens[filled.slot : filled.slot + 3] == [mask] * 3
        assert filled.tokens.count(mask) == 3
        if isinstance(content, tuple):
            (whole,) = opened(folder, template, slot=3, longest=250).items([content])
            short = min(len(whole.first), len(whole.second))
            assert min(len(item.first), len(item.second)) == min(short, len(filled.texts) // 2)


def test_a_mask_written_in_a_text_is_not_the_slot(folder: Path) -> None:
    clozes = opened(folder, PATTERN)
    mask = clozes.tokenizer.inner.mask_token
    (item,) = clozes.items([f"{mask} {mask}"])
    filled = clozes.fill(item)
    assert filled.slot == filled.texts[-1] + 1 + len(clozes._coded[0][1])


def test_a_pattern_that_leaves_no_room_is_refused(folder: Path) -> None:
    long = read_template("{text} " + "this is " * 40 + "{label}", pair=False)
    with pytest.raises(UsageError, match="no room"):
        opened(folder, long, longest=32)


def test_batches_hold_every_item_once(folder: Path) -> None:
    templates = (ask_about(PATTERN, "pos"), ask_about(PATTERN, "neg"))
    clozes = Clozes(Tokenizer.load(folder, 64), templates, 2)
    contents = ["good film", "", "so very sad a book " * 4, "bad"] * 5
    expected = [clozes.fill(item).tokens for item in clozes.items(contents)]
    seen: dict[int, list[int]] = {}
    for rows, batch in clozes.batches(contents, tokens=100):
        assert batch["input_ids"].numel() <= 100
        assert batch["places"].shape == (len(rows), 2)
        for row, tokens, mask in zip(
            rows, batch["input_ids"], batch["attention_mask"], strict=True
        ):
            seen[int(row)] = tokens[mask.bool()].tolist()
    assert [seen[row] for row in range(len(expected))] == expected
