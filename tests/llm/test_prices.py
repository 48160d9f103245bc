from datetime import date
from pathlib import Path

import pytest
from query_model_contract import LABELS, PROMPTS, QueryModelContract

from activellm.errors import DataError
from activellm.llm import Completion, QueryModel, ScriptedModel, Usage
from activellm.llm.prices import FREE, Price, PricedModel, load_prices, price_for, price_of

PRICE = Price("a model", 2.0, 8.0)


class TestContract(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self) -> QueryModel:
        said = Completion("seen", usage=Usage(1, 0, 9, 2, 0.5, None))
        model = ScriptedModel(respond=lambda _: said, score=lambda prompt, text: -1.0 - len(text))
        return PricedModel(model, PRICE)


@pytest.mark.parametrize(
    ("name", "read", "written"),
    [
        # As the providers' pages said at the sheet's date.
        ("openai/gpt-4", 30.0, 60.0),
        ("openai/gpt-4-0613", 30.0, 60.0),
        ("openai/gpt-4-1106-preview", 10.0, 30.0),
        ("openai/gpt-4o", 2.5, 10.0),
        ("openai/gpt-4o-2024-08-06", 2.5, 10.0),
        ("openai/gpt-4o-2024-05-13", 5.0, 15.0),
        ("openai/gpt-4o-mini-2024-07-18", 0.15, 0.6),
        ("openai/gpt-4.1-nano", 0.1, 0.4),
        ("openai/gpt-5-pro-2025-10-06", 15.0, 120.0),
        ("openai/o4-mini", 1.1, 4.4),
        ("anthropic/claude-3-5-sonnet-20241022", 3.0, 15.0),
        ("anthropic/claude-opus-4-5-20251101", 5.0, 25.0),
        ("mistral/mistral-large-latest", 2.0, 6.0),
        ("mistral/open-mixtral-8x7b", 0.7, 0.7),
        ("gemini/gemini-1.5-pro-002", 1.25, 5.0),
        ("groq/llama-3.3-70b-versatile", 0.59, 0.79),
    ],
)
def test_the_longest_name_decides(name: str, read: float, written: float) -> None:
    price = price_of(name)
    assert price is not None
    assert (price.input, price.output) == (read, written)
    assert price.as_of is not None
    assert price.source


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-4o-audio-preview",  # other prices than gpt-4o
        "openai/gpt-4.5-preview",  # not gpt-4
        "openai/gpt-5-image",
        "openai/gpt-5-6",  # a later model, not a version of gpt-5
        "openai/",
        "azure/my-deployment",
        "http://gpu.example.org/v1#llama",
        "",
    ],
)
def test_what_is_not_in_the_table_is_unknown(name: str) -> None:
    assert price_of(name) is None


def test_a_call_costs_tokens_times_price() -> None:
    assert PRICE.cost(1_000_000, 0) == 2.0
    assert PRICE.cost(1500, 250) == pytest.approx(0.003 + 0.002)
    long = price_of("gemini/gemini-2.5-pro")
    assert long is not None
    assert long.cost(200_000, 1000) == pytest.approx(0.25 + 0.01)
    assert long.cost(200_001, 1000) == pytest.approx(0.5000025 + 0.015)


def test_a_users_file_goes_before_ours(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(
        '[[sheet]]\nas_of = 2026-02-03\nsource = "our contract"\n[sheet.models]\n'
        '"openai/gpt-4o" = { input = 1, output = 2.5 }\n'
        '"http://gpu.example.org/v1#llama" = { input = 0.1, output = 0.1 }\n',
        encoding="utf-8",
    )
    table = load_prices(path)
    ours = price_of("openai/gpt-4o", table)
    assert ours == Price("openai/gpt-4o", 1.0, 2.5, date(2026, 2, 3), "our contract")
    assert price_of("http://gpu.example.org/v1#llama", table) is not None
    assert price_of("openai/gpt-4", table) == price_of("openai/gpt-4")
    assert price_of("openai/gpt-4o") != ours


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not toml", "TOML"),
        ("[[sheet]]\nas_of = 2026-02-03\n", "sheet.0.models"),
        (
            '[[sheet]]\nas_of = 2026-02-03\n[sheet.models]\n"a/b" = {input = -1, output = 1}',
            "sheet.0.models.a/b.input",
        ),
        (
            '[[sheet]]\nas_of = 2026-02-03\n[sheet.models]\n"a/b" = {input = 1, outputs = 1}',
            "sheet.0.models.a/b.output",
        ),
        (
            "[[sheet]]\nas_of = 2026-02-03\n[sheet.models]\n"
            '"a/b" = {input = 1, output = 1, above = 3}',
            "belong together",
        ),
        (
            '[[sheet]]\nas_of = 2026-02-03\n[sheet.models]\n"a/b" = {input = nan, output = 1}',
            "sheet.0.models.a/b.input",
        ),
    ],
)
def test_a_wrong_price_file_names_file_and_entry(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words) as caught:
        load_prices(path)
    assert caught.value.where == str(path)
    with pytest.raises(DataError, match="No such file"):
        load_prices(tmp_path / "none.toml")


def test_usage_is_priced_and_unknown_is_never_zero() -> None:
    counted = Completion("x", usage=Usage(1, 0, 1000, 500, 0.1, None))
    uncounted = Completion("x", usage=Usage(1, 0, None, None, 0.1, None))

    def cost(price: Price | None, answer: Completion) -> float | None:
        model = PricedModel(ScriptedModel([answer]), price)
        return model.complete(PROMPTS[0], max_tokens=9).usage.cost

    assert cost(PRICE, counted) == pytest.approx(0.002 + 0.004)
    assert cost(None, counted) is None
    assert cost(PRICE, uncounted) is None
    assert cost(FREE, uncounted) == 0.0


def test_scores_are_priced_too() -> None:
    model = PricedModel(ScriptedModel(score=lambda *_: -1.0), PRICE)
    usage = model.score(PROMPTS, LABELS).usage
    assert usage.prompt_tokens
    assert usage.cost == pytest.approx(usage.prompt_tokens * 2.0 / 1e6)


def test_what_runs_here_is_free_and_the_rest_is_looked_up() -> None:
    assert price_for(ScriptedModel([], name="openai/gpt-4")) is FREE
    hosted = price_for(ScriptedModel([], name="openai/gpt-4", runs_here=False))
    assert hosted is not None
    assert hosted.input == 30.0
