"""A figure for the page, the same as a file of its own, and its data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from activellm.bench.reporting.formats import Sheet
from activellm.report.figures.svg import Scale, tag

WIDTH = 760
"""Pixels that a figure is wide as a file; on the page it takes what room there is."""

_RULE = re.compile(r"([^@{}]+)\{([^{}]*)\}")
_VARIABLE = re.compile(r"(--[\w-]+):\s*([^;}]+)")
_CLASS = re.compile(r'class="([^"]*)"')
_PERCENT = re.compile(r'="(-?[\d.]+)%"')


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Attributes:
        name: Short and unique on a page, for file names.
        title: What it shows.
        caption: How to read it.
        screen: For the page.
        file: A whole SVG document that needs no style sheet; light.
        data: Every number in it.
    """

    name: str
    title: str
    caption: str
    screen: Markup
    file: str
    data: Sheet


def standing_alone(svg: Markup, height: float, *, width: float = WIDTH) -> str:
    """A fluid figure as a document of its own: fixed in width, with the rules that it uses.

    Custom properties and per cent are written out, because not every program for drawings reads
    them.

    Args:
        svg: One SVG element of the page, whose per cent are all of its own width.
        height: Its height in pixels.
        width: Pixels that it is to be wide.
    """
    head, _, rest = str(svg).partition(">")
    inside = rest.rpartition("</svg>")[0]
    kind = (_CLASS.findall(head) or ["figure"])[0]
    fixed = _PERCENT.sub(lambda found: f'="{float(found[1]) * width / 100:.2f}"', inside)
    ground = f'<rect x="-16" y="-12" width="{width + 32:g}" height="{height + 24:g}" fill="#fff"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" width="{width + 32:g}" '
        f'height="{height + 24:g}" viewBox="-16 -12 {width + 32:g} {height + 24:g}">'
        f"<style>{_rules_for(f'{head}>{inside}')}</style>{ground}{fixed}</svg>\n"
    )


@cache
def style_sheet() -> str:
    """The report's style sheet, and what this page adds to it."""
    report = files("activellm.report").joinpath("static", "report.css")
    own = files("activellm.bench.reporting").joinpath("static", "bench.css")
    return report.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")


def _rules_for(inside: str) -> str:
    """The light rules of the style sheet that name classes which occur, variables written out."""
    used = {"figure", *(one for found in _CLASS.findall(inside) for one in found.split())}
    variables: dict[str, str] = {}
    kept = []
    for selectors, body in _light_rules():
        if selectors == ":root":
            variables.update(_VARIABLE.findall(body))
            continue
        fitting = [one for one in selectors.split(",") if _fits(one.strip(), used)]
        if fitting:
            kept.append(f"{', '.join(fitting)} {{{body}}}")
    return re.sub(
        r"var\((--[\w-]+)\)", lambda found: variables.get(found[1], "none"), "".join(kept)
    )


@cache
def _light_rules() -> tuple[tuple[str, str], ...]:
    """Rules outside of any @media: selectors and declarations."""
    plain = re.sub(r"/\*.*?\*/", "", style_sheet(), flags=re.DOTALL)
    outside = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", plain)
    return tuple((s.strip(), body.strip()) for s, body in _RULE.findall(outside))


def _fits(selector: str, used: set[str]) -> bool:
    """Whether a selector is made of classes that occur, and of nothing else."""
    bare = re.fullmatch(r"(?:\.[\w-]+\s*)+", selector)
    return bare is not None and set(re.findall(r"\.([\w-]+)", selector)) <= used


def text(
    words: str, x: str | float, y: float, class_: str = "tick", anchor: str = "start"
) -> Markup:
    """A line of words."""
    return tag("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: str, y1: float, x2: str, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, x2=x2, y1=y1, y2=y2, class_=class_)


def widened(low: float, high: float, share: float = 0.04, least: float = 0.5) -> Scale:
    """A scale with a margin on both sides."""
    margin = max(least, (high - low) * share)
    return Scale(low - margin, high + margin)


def short(way: object, most: int = 50) -> str:
    """A way's name that fits beside a figure on a phone: cut in the middle, both ends tell."""
    name = str(way)
    if len(name) <= most:
        return name
    half = (most - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
