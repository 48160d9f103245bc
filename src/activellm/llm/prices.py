"""What hosted query models cost, from a dated table that users can override.

A price that is not in the table is unknown (None), never zero; a model that runs here is free.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from activellm.errors import DataError
from activellm.llm.batches.contract import HALF
from activellm.llm.protocol import Completion, Messages, QueryModel, Usage
from activellm.llm.scoring import Row
from activellm.llm.wrapper import WrappedModel, waits_for_batches

_OURS = Path(__file__).with_name("prices.toml")
_VERSION = re.compile(r"([-@:](latest|\d{3,4}|\d{8}|\d{4}-\d\d-\d\d))?")
"""What may follow a name in the table: a date, a running number of three digits, "latest"."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in US dollars for a million tokens.

    Attributes:
        name: The name in the table that it was found under.
        input, output: For tokens that are read, and that are written.
        as_of: When the price was looked at.
        source: Where.
        above: Questions of more tokens than this have other prices; None if there is one price.
        input_above, output_above: Those prices.
    """

    name: str
    input: float
    output: float
    as_of: date | None = None
    source: str = ""
    above: int | None = None
    input_above: float = 0.0
    output_above: float = 0.0

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """US dollars for a call of so many tokens."""
        long = self.above is not None and prompt_tokens > self.above
        read, written = (self.input_above, self.output_above) if long else (self.input, self.output)
        return (prompt_tokens * read + completion_tokens * written) / 1e6

    def halved(self) -> Price:
        """The price of a question that is handed in by a batch."""
        money = (self.input, self.output, self.input_above, self.output_above)
        read, written, read_above, written_above = (HALF * dollars for dollars in money)
        return replace(
            self,
            input=read,
            output=written,
            input_above=read_above,
            output_above=written_above,
        )


FREE = Price("runs here", 0.0, 0.0)
"""The price of a model that runs on this machine."""

FORM = (
    "Write [[sheet]], as_of = 2026-01-31, [sheet.models] and below it "
    '"PROVIDER/NAME" = { input = 1.0, output = 2.0 } (US dollars for a million tokens).'
)
"""How a price is given, for messages."""

PriceTable: TypeAlias = Mapping[str, Price]
"""Prices by model name."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Entry(_Strict):
    input: float = Field(ge=0)
    output: float = Field(ge=0)
    above: int | None = Field(default=None, ge=1)
    input_above: float | None = Field(default=None, ge=0)
    output_above: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _whole(self) -> _Entry:
        given = {value is None for value in (self.above, self.input_above, self.output_above)}
        if len(given) > 1:
            raise ValueError("above, input_above and output_above belong together")
        return self


class _Sheet(_Strict):
    as_of: date
    source: str = ""
    models: dict[str, _Entry]


class _File(_Strict):
    sheet: tuple[_Sheet, ...]


def load_prices(path: Path | None = None) -> PriceTable:
    """Our prices, with those of a file of the same form before them.

    Args:
        path: A TOML file of [[sheet]] tables: as_of (a date), source, and [sheet.models] with
            "PROVIDER/NAME" = { input = US dollars, output = US dollars } for a million tokens.

    Raises:
        DataError: If the file cannot be read or is none; it names the entry.
    """
    ours = _our_prices()
    return ours if path is None else MappingProxyType({**ours, **_read(path)})


@cache
def _our_prices() -> PriceTable:
    return MappingProxyType(_read(_OURS))


def price_of(model_name: str, table: PriceTable | None = None) -> Price | None:
    """The price of a hosted model; None if it is unknown.

    The longest name in the table decides that is the model's name but for a date or version at its
    end: another variant of a model can cost ten times as much.

    Args:
        model_name: As the user names it ("openai/gpt-4o-2024-08-06").
        table: Where to look; None for our own prices.
    """
    table = _our_prices() if table is None else table
    fitting = [
        name
        for name in table
        if model_name.startswith(name) and _VERSION.fullmatch(model_name[len(name) :])
    ]
    return table[max(fitting, key=len)] if fitting else None


def price_for(model: QueryModel, table: PriceTable | None = None) -> Price | None:
    """The price of a model: `FREE` if it runs here, half of it by batches, None if unknown."""
    price = FREE if model.runs_here else price_of(model.name, table)
    return price.halved() if price is not None and waits_for_batches(model) else price


class PricedModel(WrappedModel):
    """A query model whose usage says what it cost, where the price and the tokens are known.

    Args:
        model: The model inside.
        price: Its price; None if unknown.
    """

    def __init__(self, model: QueryModel, price: Price | None) -> None:
        super().__init__(model)
        self.price = price

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """The model's answer, priced."""
        answer = super().complete(
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            json_schema=json_schema,
        )
        return replace(answer, usage=self._priced(answer.usage))

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """The model's scores, priced."""
        for row in super().score_rows(prompts, continuations):
            yield replace(row, usage=self._priced(row.usage))

    def _priced(self, usage: Usage) -> Usage:
        """The same usage with its cost, as far as it is known."""
        if self.price is FREE:
            return replace(usage, cost=0.0)
        read, written = usage.prompt_tokens, usage.completion_tokens
        if self.price is None or read is None or written is None:
            return replace(usage, cost=None)
        return replace(usage, cost=self.price.cost(read, written))


def _read(path: Path) -> dict[str, Price]:
    """The prices in a file.

    Raises:
        DataError: If it cannot be read or is no price file.
    """
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise DataError(f"Cannot read the prices: {error.strerror}.", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"Not a TOML file: {error}.", where=str(path)) from None
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "file"
        raise DataError(
            f"Not a price file: {place}: {problem['msg']}.", where=str(path), remedy=FORM
        ) from None
    return {
        name: Price(name, as_of=sheet.as_of, source=sheet.source, **_values(entry))
        for sheet in file.sheet
        for name, entry in sheet.models.items()
    }


def _values(entry: _Entry) -> dict[str, Any]:
    return {name: value for name, value in entry.model_dump().items() if value is not None}
