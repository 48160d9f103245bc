"""The format of stored judgements: what label probabilities an LLM gave the texts of a set.

One JSON object a candidate set, one a line, plain or gzipped. Fields that are not named here are
passed over.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from activellm.errors import DataError
from activellm.recorded.sessions import lines_of


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class JudgedText(_Part):
    """A candidate: its text, its gold label, and its label probabilities in the set's order."""

    text: str
    label: str = Field(default="", coerce_numbers_to_str=True)
    p: tuple[float, ...]


class JudgedSet(_Part):
    """A candidate set as one judge sees it.

    Attributes:
        dataset: The data set.
        candidate_set: What the set is called; the same in all files that judge it.
        labels: The label names, in the order of the probabilities.
        candidates: The texts; None where another file names them.
        p: Their label probabilities, where `candidates` are not there.
    """

    dataset: str
    candidate_set: str = Field(coerce_numbers_to_str=True)
    labels: tuple[str, ...] = Field(min_length=2)
    candidates: tuple[JudgedText, ...] | None = Field(default=None, min_length=1)
    p: tuple[tuple[float, ...], ...] = ()

    @property
    def probabilities(self) -> tuple[tuple[float, ...], ...]:
        """One row a candidate."""
        return self.p if self.candidates is None else tuple(one.p for one in self.candidates)

    @model_validator(mode="after")
    def _rows(self) -> JudgedSet:
        for row in self.probabilities:
            if len(row) != len(self.labels) or min(row) < 0 or not sum(row) > 0:
                raise ValueError("p must be one probability for each label")
        return self


def read_judged_sets(path: Path, dataset: str) -> dict[str, JudgedSet]:
    """The sets of one data set, by what they are called.

    Args:
        path: A .jsonl file, or .jsonl.gz.
        dataset: What it calls the data set.

    Raises:
        DataError: If it cannot be read, a line is no judged set, or there is none of that data set.
    """
    found: dict[str, JudgedSet] = {}
    known = set()
    for number, line in lines_of(path):
        where = f"{path}, line {number}"
        try:
            one = JudgedSet.model_validate_json(line)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"]) or "line"
            words = problem["msg"].removeprefix("Value error, ")
            raise DataError(f"Not a judged set: {place}: {words}.", where=where) from None
        known.add(one.dataset)
        if one.dataset == dataset:
            if one.candidate_set in found:
                raise DataError(f"Set {one.candidate_set!r} is there twice.", where=where)
            found[one.candidate_set] = one
    if not found:
        raise DataError(
            f"It judges no candidate set of {dataset!r}.",
            where=str(path),
            remedy=f"It knows: {', '.join(sorted(known)) or 'nothing'}.",
        )
    return found
