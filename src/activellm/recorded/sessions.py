"""The format of recorded sessions: what an LLM was shown, what it answered, what people took down.

One JSON object a line, plain or gzipped. Fields that are not named here are passed over.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activellm.errors import DataError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Instance(_Part):
    """One text that the LLM was shown.

    Attributes:
        number: What the LLM should answer with.
        text: The text; a pair is one text already.
        id: What its data set calls it, if the LLM saw that too.
        label: The gold label, if it is known.
    """

    number: int
    text: str = ""
    id: int | str | None = None
    label: str | int | float | None = None


class Session(_Part):
    """One question to an LLM, and its answer.

    Attributes:
        id: What it is called, distinct in a file.
        task: The data set.
        llm: Who answered.
        mode: How it was asked: a prompt's name, or any other word.
        run: Which of several askings in this way; iterations of one run have the same.
        iteration: Which round of a run that goes on from what was picked before, 1 is the first;
            None for a single selection.
        n_to_select: How many picks were asked for.
        instances: What was shown.
        prompt: What was sent, if that was kept.
        answer: The answer as it came; may hold several turns.
        authors_list: The picks that people took down; None if they took none.
        authors_list_used: Those of them that were used.
        authors_list_relation: How that list came out of the answer.
        already_labeled: Numbers that were labelled before, which cannot be picked.
    """

    id: str
    task: str = ""
    llm: str = ""
    mode: str = Field(default="", coerce_numbers_to_str=True)
    run: str = Field(default="", coerce_numbers_to_str=True)
    iteration: int | None = Field(default=None, ge=1)
    n_to_select: int = Field(ge=1)
    instances: tuple[Instance, ...] = Field(min_length=1)
    prompt: str = ""
    answer: str
    authors_list: tuple[int, ...] | None = None
    authors_list_used: tuple[int, ...] | None = None
    authors_list_relation: str = ""
    already_labeled: tuple[int, ...] | None = None

    @property
    def shown(self) -> frozenset[int]:
        """The numbers that were shown."""
        return frozenset(one.number for one in self.instances)

    @property
    def taken_down(self) -> tuple[int, ...] | None:
        """The picks that people took down and used; None if they took none."""
        used = self.authors_list_used
        return self.authors_list if used is None else used

    @property
    def taken(self) -> frozenset[int]:
        """The numbers that cannot be picked."""
        return frozenset(self.already_labeled or ())


def read_sessions(path: Path) -> Iterator[Session]:
    """Read sessions one by one.

    Args:
        path: A .jsonl file, or .jsonl.gz.

    Raises:
        DataError: If it cannot be read, or a line is no session; it names file and line.
    """
    for number, line in lines_of(path):
        yield _session(line, f"{path}, line {number}")


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not empty, with their numbers; unpacked if its name says so.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError("It is no whole gzip file.", where=str(path)) from None
    except OSError as error:
        raise DataError(f"Cannot read it: {error.strerror or error}.", where=str(path)) from None


def _session(line: bytes, where: str) -> Session:
    try:
        return Session.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "line"
        raise DataError(
            f"Not a recorded session: {place}: {problem['msg']}.", where=where
        ) from None
