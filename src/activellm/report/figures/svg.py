"""The little that our figures need of SVG: elements, scales, axes.

Figures are fluid: along x they use per cent, along y pixels, so that letters and dots keep their
size on a phone and on a wide screen. Colours come from the style sheet, by class.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

from markupsafe import Markup, escape

from activellm.report.words import clean


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element. Text children are escaped, Markup children are not.

    Attributes are named as in SVG with "_" for "-" ("class_" for "class"); None leaves one out.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _value(value))
        for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(escape(clean(child)) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, inside)


def _value(value: str | float) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(clean(value))


def figure(
    title: str, description: str, *children: Markup, height: float, class_: str = ""
) -> Markup:
    """A whole fluid figure, 100 % wide and `height` pixels high, with words for screen readers."""
    key = f"f{zlib.crc32((title + description + class_).encode('utf-8', 'replace')):08x}"
    return tag(
        "svg",
        tag("title", title, id=f"{key}t"),
        tag("desc", description, id=f"{key}d"),
        *children,
        class_=f"figure {class_}".strip(),
        width="100%",
        height=height,
        role="img",
        aria_labelledby=f"{key}t",
        aria_describedby=f"{key}d",
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from `low` to `high` onto 0 to 100 per cent of a figure's width."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where the value stands, 0 to 100; values outside stand at the border."""
        span = self.high - self.low
        return min(100.0, max(0.0, 100 * (value - self.low) / span)) if span else 50.0

    def at(self, value: float) -> str:
        """The same as an SVG length."""
        return f"{self.share(value):.3f}%"

    def ticks(self, about: int = 5) -> tuple[float, ...]:
        """Round numbers within the scale, `about` as many as asked for."""
        rough = (self.high - self.low) / max(1, about)
        if rough <= 0:
            return (self.low,)
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * next(nice for nice in (1, 2, 5, 10) if rough <= nice * power * 1.0001)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple(round(i * step, 10) for i in range(first, last + 1))


def axis(
    scale: Scale, ticks: tuple[float, ...], labels: list[str], *, top: float, bottom: float
) -> Markup:
    """Grid lines from `top` to `bottom` with their labels below."""
    lines = [
        tag("line", x1=scale.at(at), x2=scale.at(at), y1=top, y2=bottom, class_="grid")
        for at in ticks
    ]
    words = [
        tag(
            "text",
            label,
            x=scale.at(at),
            y=bottom + 15,
            class_="tick",
            text_anchor=_anchor(scale, at),
        )
        for at, label in zip(ticks, labels, strict=True)
    ]
    return Markup("").join([*lines, *words])


def _anchor(scale: Scale, at: float) -> str:
    """How a tick's label hangs on its tick: never out of the figure."""
    share = scale.share(at)
    return "start" if share < 1 else "end" if share > 99 else "middle"


def diamond(x: str, y: float, size: float, class_: str) -> Markup:
    """A diamond around a point whose x may be in per cent."""
    path = f"M0 {-size:g}L{size:g} 0L0 {size:g}L{-size:g} 0Z"
    return tag("svg", tag("path", d=path, class_=class_), x=x, y=y, overflow="visible")
