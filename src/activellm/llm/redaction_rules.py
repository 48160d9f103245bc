"""Finds personal data that has a form of its own. Each rule would rather miss than take too much.

What must never be taken: lists of numbers, dates, prices, versions, and the numbers that begin a
prompt's own lines. So no form crosses a comma or a line end, numbers that rise by one step are a
list, and IBANs and cards must have the right check digits.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

KINDS = ("SECRET", "EMAIL", "IBAN", "CARD", "IP", "PHONE", "MENTION", "LITERAL")
"""Kinds of our own rules. LITERAL is what looks like one of our placeholders and is none."""


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data in a text.

    Attributes:
        start, end: Where it stands.
        kind: One of `KINDS`, or what an analyzer calls it.
        value: What it says, whatever its spelling: equal values are the same datum.
    """

    start: int
    end: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One form of one kind.

    Attributes:
        kind: As in `Found`.
        pattern: The form, in plain digits, signs and spaces (`plain`). If it has a group "value",
            only that is taken.
        value: Gives the value of what fits the form; empty if it is none.
        shrinks: Whether groups of digits at the end may be left out until there is a value.
    """

    kind: str
    pattern: re.Pattern[str]
    value: Callable[[str], str]
    shrinks: bool = False

    def find(self, text: str) -> Iterator[Found]:
        """All places of a plain text that it fits."""
        group = "value" if "value" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            start = match.start(group)
            for piece in _shorter_and_shorter(match[group]) if self.shrinks else [match[group]]:
                if value := self.value(piece):
                    yield Found(start, start + len(piece), self.kind, value)
                    break


def _shorter_and_shorter(text: str) -> Iterator[str]:
    """The text, then without its last group of digits, and so on."""
    while text:
        yield text
        cut = _LAST_GROUP.search(text)
        text = text[: cut.start()] if cut else ""


def find(text: str) -> list[Found]:
    """The personal data in a text, in the order of the text; none overlaps another."""
    text = plain(text)
    return without_overlaps(found for rule in RULES for found in rule.find(text))


def without_overlaps(pieces: Iterable[Found]) -> list[Found]:
    """Those that do not overlap an earlier one, in the order of the text."""
    taken: list[Found] = []
    for piece in pieces:
        place = bisect(taken, piece.start, key=lambda old: old.start)
        free = place == 0 or taken[place - 1].end <= piece.start
        if free and (place == len(taken) or piece.end <= taken[place].start):
            taken.insert(place, piece)
    return taken


def plain(text: str) -> str:
    """The text with every digit, sign and space that matters here in its ASCII form.

    It has the same length, so that what is found in it has its place in the text.
    """
    return text if text.isascii() else text.translate(_plain_characters())


@cache
def _plain_characters() -> dict[int, str]:
    digits = {
        code: str(unicodedata.decimal(chr(code)))
        for code in range(128, 0x1FBFA)
        if chr(code).isdecimal()
    }
    signs = {"@": "＠﹫", "+": "＋", "-": "‐‑‒–−－", " ": "\u00a0\u2007\u2009\u202f", ".": "．"}
    return digits | {ord(other): sign for sign, others in signs.items() for other in others}


def digits_of(text: str) -> str:
    """Its digits."""
    return "".join(character for character in text if character.isdigit())


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the right check digit (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def is_iban(value: str) -> bool:
    """Whether the check digits are right (ISO 13616; modulo 97 must be 1)."""
    turned = value[4:] + value[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def is_list(text: str) -> bool:
    """Whether the numbers in a text go up or down by one step, as in 10-20-30."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return len(numbers) > 2 and len(steps) == 1


def _exactly(value: str) -> str:
    return value


def _email(value: str) -> str:
    return _DOT.sub(".", _AT.sub("@", value)).lower()


def _card(value: str) -> str:
    digits = digits_of(value)
    return digits if is_luhn(digits) and not is_list(value) else ""


def _iban(value: str) -> str:
    compact = value.replace(" ", "")
    return compact if is_iban(compact) else ""


def _ip4(value: str) -> str:
    # Four single digits are a version or a section; the addresses of that form are nobody's.
    return "" if all(len(part) == 1 for part in value.split(".")) else value


def _ip6(value: str) -> str:
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return ""
    written = [character for character in value if character != ":"]
    has_digit = any(character.isdigit() for character in written)
    return str(address) if len(written) >= 5 and has_digit else ""


def _international(value: str) -> str:
    digits = digits_of(value.replace("(0)", "")).removeprefix("00")
    return f"+{digits}" if 8 <= len(digits) <= 15 and not is_list(value) else ""


def _national(value: str) -> str:
    digits = digits_of(value)
    if not 9 <= len(digits) <= 12 or is_list(value) or _DATE.match(value):
        return ""
    return digits


# Prompts hold texts as JSON strings, in which a line end is a backslash and an n: a value may begin
# behind that, and never takes the n along.
_START = r"(?:(?<![\w\\])|(?<=\\[nrt])|(?<=\\)(?![nrtu]))"
_END = r"(?!\w)"
_NUMBER = _START + r"(?<!\d[.,/:-])(?<![#$€£+])"
_NUMBER_END = r"(?!\w)(?![.,:/-]\d)"

_AT, _DOT = re.compile(r" ?[\[(]at[\])] ?"), re.compile(r" ?[\[(]dot[\])] ?")
_LAST_GROUP = re.compile(r"(?: ?[./-] ?| )\(?\d+\)?$")
_DATE = re.compile(
    r"\d{1,2} ?([./-]) ?\d{1,2} ?\1 ?(?:(?:19|20)\d\d|\d\d)(?! ?[./-]? ?\d{2} ?[./-])"
)

_COUNTRY = (
    r"(?:1|7|2(?:0|7|[1-69]\d)|3(?:[0-469]|[578]\d)|4(?:[013-9]|2\d)|5(?:[1-8]|[09]\d)"
    r"|6(?:[0-6]|[7-9]\d)|8(?:[1246]|[0578]\d)|9(?:[0-58]|[679]\d))"
)
"""Country calling codes that are given out (ITU-T E.164), by their lengths."""
_GROUPS = r"\d{0,14}(?:[ ./-]?\(\d{1,5}\)\d{0,12})?(?:(?: ?[./-] ?| )\d{1,12}){0,6}"

_IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "PT ST",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB PL",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
}
"""Countries by the characters of their IBANs (the IBAN registry of SWIFT)."""
_IBAN = "|".join(
    rf"(?:{countries.replace(' ', '|')})\d\d(?: ?[A-Z0-9]){{{length - 4}}}"
    for length, countries in _IBAN_LENGTHS.items()
)

_SECRETS = (
    "access_key|access_token|api_key|api-key|apikey|auth|auth_token|authorization|client_secret"
    "|id_token|key|passwd|password|pwd|refresh_token|secret|session|session_id|sessionid|sid|sig"
    "|signature|token|x-amz-credential|x-amz-signature"
)
_VALUE = r"[^\s&#;\"'<>\\]"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_NO_VERSION = r"(?<!ersion )(?<!elease )(?<!hapter )(?<!ection )(?<!uild )(?<!§)(?<!§ )"


def _rule(kind: str, value: Callable[[str], str], pattern: str, *, shrinks: bool = False) -> Rule:
    return Rule(kind, re.compile(pattern), value, shrinks)


RULES = (
    _rule("LITERAL", _exactly, r"\[[A-Z]{2,24}(?:_[A-Z]{1,24}){0,3}-[A-Z]{1,8}\]"),
    _rule("SECRET", _exactly, r"://(?P<value>[^\s/?#@:\"'<>\\]{1,256}:[^\s/?#@\"'<>\\]{1,256})@"),
    _rule(
        "SECRET",
        _exactly,
        rf"(?i)[?&#;](?:{_SECRETS})=(?P<value>{_VALUE}{{3,2048}}(?<![.,:!?)\]}}]))",
    ),
    _rule(
        "EMAIL",
        _email,
        _START + r"\w[\w.%+-]{0,63}(?:@| ?[\[(]at[\])] ?)"
        r"(?:[\w-]{1,63}(?:\.| ?[\[(]dot[\])] ?)){1,8}[^\W\d_]{2,24}" + _END,
    ),
    # Without a domain's ending: of a machine, or cut where a long text was shortened.
    _rule("EMAIL", str.lower, _START + r"(?!RT@)[^\W\d][\w.%+-]{0,62}\w@[^\W\d][\w-]{1,62}" + _END),
    _rule("EMAIL", str.lower, _START + r"\w[\w.%+-]{0,63}@[\w.-]{0,255}(?= \[\.\.\.\])"),
    # As corpora write it that set every sign apart: bob @ example . com
    _rule(
        "EMAIL",
        lambda value: value.replace(" ", "").lower(),
        _START + r"\w[\w%+-]{0,63}(?: [._-] \w{1,63}){0,3} @ [\w-]{1,63}(?: \. [\w-]{1,63}){0,4}"
        r" \. (?:com|org|net|edu|gov|mil|info|biz|co|de|uk)" + _END,
    ),
    _rule("IBAN", _iban, _START + f"(?:{_IBAN})" + _END),
    _rule(
        "CARD",
        _card,
        _NUMBER + r"(?:3[47]\d\d([ -]?)\d{6}\1\d{5}|(?:30|36|38)\d\d([ -]?)\d{6}\2\d{4}"
        r"|(?:4\d|5[1-5]|2[2-7]|35|6[0245])\d\d([ -]?)(?:\d{4}\3){2}\d{4}(?:\3\d{3})?)"
        + _NUMBER_END,
    ),
    _rule(
        "IP", _ip4, _START + _NO_VERSION + rf"(?<![.\d])(?:{_OCTET}\.){{3}}{_OCTET}(?!\w)(?!\.\d)"
    ),
    _rule("IP", _ip6, _START + r"(?<!:)[\dA-Fa-f]{0,4}(?::[\dA-Fa-f]{0,4}){2,7}(?![\w:])"),
    _rule(
        "PHONE",
        _international,
        rf"{_START}(?<!\d[.,/:-])(?:\+|(?<![#$€£+])(?<!\d )00){_COUNTRY}{_GROUPS}{_END}",
        shrinks=True,
    ),
    _rule(
        "PHONE",
        _national,
        _NUMBER + r"(?<!\d )(?:\(0\d{1,5}\)(?: ?[./-] ?| )?\d{2,12}(?:[ ./-]\d{1,8}){0,4}"
        r"|0[1-9]\d{0,4}(?:(?: ?[./-] ?| )\d{2,9}){1,5}|01[5-7]\d{8,9}|07\d{9})" + _NUMBER_END,
        shrinks=True,
    ),
    _rule(
        "PHONE",
        _national,
        _NUMBER + r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d(?: - |[.-]))"
        r"[2-9]\d\d(?: - |[. -])\d{4}" + _NUMBER_END,
    ),
    _rule(
        "MENTION",
        str.lower,
        r"(?:(?<![\w@])(?<![A-Z]\])|(?<=\bRT)|(?<=\\[nrt]))@(?=\w*[^\W\d])\w{1,30}",
    ),
)
