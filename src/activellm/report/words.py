"""Numbers and times as people read them."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from activellm.evaluation import Estimate
from activellm.task import Answer

GAP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
NONE = "–"

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(value: object) -> object:
    """Make control characters visible, and what is no Unicode text writable; Markup is left."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    visible = _CONTROL.sub(_picture, value)
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", visible)


def _picture(found: re.Match[str]) -> str:
    """Unicode's picture of a control character; that of DEL does not stand in the row."""
    return chr(0x2421 if found[0] == "\x7f" else 0x2400 + ord(found[0]))


def visible(text: str) -> str:
    """Write out what a text hides: zero-width signs, changes of direction, tags ("[U+202E]")."""
    return "".join(
        f"[U+{ord(sign):04X}]" if unicodedata.category(sign) == "Cf" else sign for sign in text
    )


def percent(share: float | None, digits: int = 0) -> str:
    """0.837 -> "84 %"; a dash for None."""
    return NONE if share is None else f"{100 * share:.{digits}f}{GAP}%"


def interval(estimate: Estimate, digits: int = 0) -> str:
    """The ends of an interval: "79 to 88 %"."""
    return f"{100 * estimate.low:.{digits}f} to {percent(estimate.high, digits)}"


def points(difference: float) -> str:
    """0.021 -> "+2.1 points"."""
    return f"{signed(difference)} points"


def signed(difference: float) -> str:
    """0.021 -> "+2.1", in points of 100."""
    text = f"{100 * difference:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", MINUS)


def ratio(value: float) -> str:
    """-0.347 -> "-0.35", with a real minus sign."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", MINUS)


def apart(difference: float) -> str:
    """0.021 -> "2.1 points above"; "as high as" if that rounds to nothing."""
    text = signed(difference)
    if text == "0.0":
        return "as high as"
    return f"{text[1:]} points {'above' if difference > 0 else 'below'}"


def whole(number: float | None) -> str:
    """12345 -> "12,345"; "unknown" for None."""
    return "unknown" if number is None else f"{number:,.0f}"


def duration(seconds: float | None) -> str:
    """3725 -> "1 h 2 min"; "unknown" for None."""
    if seconds is None:
        return "unknown"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def dollars(cost: float | None) -> str:
    """0.0123 -> "$0.0123"; "unknown" for None."""
    if cost is None:
        return "unknown"
    return f"${cost:.2f}" if cost == 0 or cost >= 1 else f"${cost:.4f}"


def when(moment: str) -> str:
    """An ISO 8601 time for people; whatever cannot be read is given back."""
    try:
        return datetime.fromisoformat(moment).strftime("%d %B %Y, %H:%M").lstrip("0") + " UTC"
    except ValueError:
        return moment


def answer(labels: Answer | None) -> str:
    """The labels of one answer: "a, b"; "no label" for an empty one, a dash for none."""
    return NONE if labels is None else ", ".join(labels) or "no label"


def plural(number: int, one: str, many: str = "") -> str:
    """3, "text" -> "3 texts"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def excerpt(text: str, most: int = 180) -> str:
    """The beginning of a text, cut at a word, with an ellipsis if it goes on."""
    if len(text) <= most:
        return text
    cut = text[:most].rsplit(None, 1)[0]
    return (cut if len(cut) > most // 2 else text[:most]).rstrip() + "…"
