"""Which encoding a text file is in."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from activellm.errors import DataError
from activellm.pool.sources.raw import SAVE_AS_UTF8, RawInput, readable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = "cp1252"
_KNOWN = (
    *(_COMMON, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859_2", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
"""What text files are in if not in Unicode. Given the free choice of all encodings that Python
knows, detection prefers rare ones (hp_roman8, mac_greek) on short samples."""

_TIE = 0.05
"""By this much better must another encoding's text cohere to win over the commonest one."""

_SAMPLE = 1 << 16
_CHUNK = 1 << 20


def evident_encoding(head: bytes) -> str:
    """The encoding that a file's beginning shows by a mark or by its zero bytes; "" if none."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), _wide(head))


def detect_encoding(raw: RawInput) -> str:
    """The encoding of a text file that does not show it at once, as Python calls it.

    A file that is UTF-8 to its very end is UTF-8; else the encoding is guessed from those lines
    that are not ASCII.

    Raises:
        DataError: If no encoding fits, or a UTF-8 file has a damaged place.
    """
    with readable(raw.name):
        return "utf-8" if _is_utf8(raw) else _guess(raw)


def check_encoding(name: str) -> str:
    """Return the encoding's name if Python knows it.

    Raises:
        DataError: If not.
    """
    try:
        codecs.lookup(name)
    except LookupError:
        raise DataError(f"There is no encoding called {name!r}.", where="--encoding") from None
    return name


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: in most languages every other byte of many is zero."""
    half = max(len(head) // 2, 1)
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > half * 0.3 and even < half * 0.02:
        return "utf-16-le"
    if even > half * 0.3 and odd < half * 0.02:
        return "utf-16-be"
    return ""


def _is_utf8(raw: RawInput) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with raw.open() as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _guess(raw: RawInput) -> str:
    from charset_normalizer import from_bytes

    lines = list(_telling_lines(raw))
    _refuse_damaged_utf8(raw, lines)
    sample = b"\n".join(line for _, line in lines)
    matches = from_bytes(sample, cp_isolation=list(_KNOWN), threshold=0.3)
    best = matches.best()
    if best is None:
        raise DataError("Its encoding could not be found out.", where=raw.name, remedy=SAVE_AS_UTF8)
    rivals = {match.encoding: match for match in matches}
    if common := rivals.get(_COMMON):
        close = common.chaos <= best.chaos and common.coherence > best.coherence - _TIE
    else:
        close = _decodes_alike(sample, str(best))
    return _COMMON if close else best.encoding


def _decodes_alike(sample: bytes, text: str) -> bool:
    try:
        return sample.decode(_COMMON) == text
    except UnicodeDecodeError:
        return False


def _telling_lines(raw: RawInput) -> Iterator[tuple[int, bytes]]:
    """Lines that are not ASCII, with their numbers, up to `_SAMPLE` bytes in all."""
    size = 0
    with raw.open() as file:
        for number, line in enumerate(file, start=1):
            if not line.isascii():
                yield number, line[:_SAMPLE].rstrip(b"\r\n")
                size += len(line)
                if size > _SAMPLE:
                    return


def _refuse_damaged_utf8(raw: RawInput, lines: list[tuple[int, bytes]]) -> None:
    """Other encodings look like UTF-8 by rare accident only, so much of it means a damaged file."""
    good = bad = first_bad = 0
    for number, line in lines:
        text = line.decode("utf-8", errors="surrogateescape")
        broken = sum("\udc80" <= character <= "\udcff" for character in text)
        first_bad = first_bad or (number if broken else 0)
        bad += broken
        good += sum(character > "\x7f" for character in text) - broken
    if good > bad:
        where = f"{raw.name}, line {first_bad}" if first_bad else raw.name
        raise DataError(
            "The file is in UTF-8, but bytes that are not are mixed in.",
            where=where,
            remedy=SAVE_AS_UTF8,
        )
