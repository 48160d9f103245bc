import gzip
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.llm import QueryModel, open_model
from activellm.llm.tokens import estimate_tokens, fewest_tokens

TEXTS = [
    "The city council announced on 12 March 2024 that 1,300,000 euros will be spent on roads.",
    "don't!!! ... why?? (no) #tag @name http://example.org/a/b?c=d",
    "Über den Fluss führt eine Brücke, die 1894 gebaut wurde.",
    "اللغة العربية جميلة",
    "我们的城市很美丽，水很清。",
]


@pytest.fixture(scope="module")
def model() -> QueryModel:
    return open_model("embedded")


@pytest.mark.weights
@pytest.mark.parametrize("text", TEXTS)
def test_estimates_enclose_a_real_count(text: str, model: QueryModel) -> None:
    """The embedded model's tokeniser knows English best, and splits the rest finely."""
    assert fewest_tokens(text) <= model.count_tokens(text)
    if text.isascii():
        assert model.count_tokens(text) <= 1.3 * estimate_tokens(text)


@pytest.mark.weights
def test_estimates_enclose_the_counts_of_real_texts(shared: Path, model: QueryModel) -> None:
    for name in ("cti", "ag_news", "banking77", "enron_spam"):
        with gzip.open(shared / "data" / name / "test.jsonl.gz", "rt", encoding="utf-8") as file:
            texts = [json.loads(line)["text"] for line in itertools.islice(file, 20)]
        text = "\n".join(texts)[:8000]
        assert 0.4 * model.count_tokens(text) < fewest_tokens(text) < model.count_tokens(text)
        assert estimate_tokens(text) > 0.95 * model.count_tokens(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("one two", 2), ("1234", 2), ("a1b", 3), ("我们的城", 2), ("...", 0)],
)
def test_the_low_estimate_by_hand(text: str, count: int) -> None:
    assert fewest_tokens(text) == count


@given(st.text())
def test_low_is_never_above_one_a_character(text: str) -> None:
    assert 0 <= fewest_tokens(text) <= len(text)
    assert estimate_tokens(text) * 3 >= len(text.encode("utf-8", "surrogatepass"))
