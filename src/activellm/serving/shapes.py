"""What goes over the wire between a client and the classifier's server."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_BATCH = 256
"""Texts of one request."""

MAX_BODY = 4 * 1024 * 1024
"""Bytes of one request."""

Pair = tuple[str, str]
Batch = Field(min_length=1, max_length=MAX_BATCH, description="The texts, or pairs, of one batch.")


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OneText(_Sent):
    """One text."""

    text: str


class Texts(_Sent):
    """A batch of texts."""

    texts: Annotated[list[str], Batch]


class OnePair(_Sent):
    """One pair of texts."""

    text: Pair


class Pairs(_Sent):
    """A batch of pairs of texts."""

    texts: Annotated[list[Pair], Batch]


class Prediction(BaseModel):
    """What the classifier says of a text: null where there is nothing to read in it.

    `labels` is one label; in a task of several labels a text, those of probability 0.5 or more.
    """

    labels: list[str] | None
    probabilities: dict[str, float] | None


class Predictions(BaseModel):
    """One prediction for each text, in the order of the request."""

    predictions: list[Prediction]


class Health(BaseModel):
    """That the server is there."""

    status: str


class Failed(BaseModel):
    """An error: its kind, and words for people."""

    class Error(BaseModel):
        """What went wrong."""

        code: str
        message: str

    error: Error
