"""Read what a GGUF file says of itself, without loading the model.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from activellm.errors import DataError

_FORMATS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_LONGEST = 1 << 26
"""No string or array of a real header is longer; a broken file says such things."""


@dataclass(frozen=True, slots=True)
class Header:
    """What ActiveLLM needs to know of a GGUF file.

    Attributes:
        context_length: Tokens that the model was trained to hold.
        chat_template: The template that the file carries, to be looked at, never run.
        pre_tokenizer: How text is cut before it is tokenised ("smollm").
    """

    context_length: int
    chat_template: str
    pre_tokenizer: str


def read_header(path: Path) -> Header:
    """Read the header of a GGUF file.

    Raises:
        DataError: If it cannot be read, or is no GGUF file.
    """
    try:
        with path.open("rb") as file:
            fields = _fields(file)
    except OSError as error:
        raise DataError(f"Cannot read it: {error.strerror}.", where=str(path)) from None
    except (ValueError, struct.error, UnicodeDecodeError):
        raise DataError("Not a GGUF file, or a damaged one.", where=str(path)) from None
    architecture = fields.get("general.architecture", "")
    return Header(
        context_length=int(fields.get(f"{architecture}.context_length", 0)) or 2048,
        chat_template=str(fields.get("tokenizer.chat_template", "")),
        pre_tokenizer=str(fields.get("tokenizer.ggml.pre", "")),
    )


def _fields(file: BinaryIO) -> Mapping[str, Any]:
    if file.read(4) != b"GGUF":
        raise ValueError("magic")
    version, _tensors, count = _unpack(file, "IQQ")
    if not 2 <= version <= 3 or count > _LONGEST:
        raise ValueError("version")
    found = {}
    for _ in range(count):
        name = _string(file)
        (kind,) = _unpack(file, "I")
        found[name] = _value(file, kind)
    return found


def _value(file: BinaryIO, kind: int) -> Any:
    """A value; of an array nothing is kept."""
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        return _skip_array(file)
    if kind not in _FORMATS:
        raise ValueError("type")
    return _unpack(file, _FORMATS[kind])[0]


def _skip_array(file: BinaryIO) -> None:
    kind, length = _unpack(file, "IQ")
    if length > _LONGEST:
        raise ValueError("array")
    if kind in _FORMATS:
        file.seek(length * struct.calcsize(_FORMATS[kind]), 1)
        return
    for _ in range(length):
        if kind == _STRING:
            (size,) = _unpack(file, "Q")
            file.seek(size, 1)
        else:
            _value(file, kind)


def _string(file: BinaryIO) -> str:
    (size,) = _unpack(file, "Q")
    if size > _LONGEST:
        raise ValueError("string")
    return _exactly(file, size).decode("utf-8")


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(f"<{layout}", _exactly(file, struct.calcsize(f"<{layout}")))


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise ValueError("end of file")
    return data
