"""Where the picks lie: the same candidates once for each way, its picks filled."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from activellm.bench.reporting.figures.drawing import Figure, short, standing_alone
from activellm.bench.reporting.formats import Sheet, Value
from activellm.bench.reporting.maps import CandidateMap, frequent_labels
from activellm.bench.summary import Way
from activellm.report.figures.pool_map import COLOURS
from activellm.report.figures.svg import tag
from activellm.report.words import plural

SIDE, ACROSS, HEAD_ROOM, GAP = 170.0, 4, 24.0, 14.0
"""In the file: pixels of a panel's side, panels in a row, room for its name, and between panels."""

HEAD = ("data", "draw", "id", "x", "y", "label", "way", "place_in_order")


def candidate_map(number: int, found: CandidateMap) -> Figure:
    """One data set's candidates, a panel a way."""
    title = f"Where the picks lie on {found.data}"
    colours = _colours(found)
    panels = [(way, _panel(found, way, colours)) for way in found.picks]
    screen = Markup("").join(
        tag("figure", panel, tag("figcaption", str(way)), class_="panel") for way, panel in panels
    )
    key = Markup("").join(
        tag("li", _spot(class_), f" {label}") for label, class_ in _key(found, colours)
    )
    file, height = _file(panels, found, colours)
    return Figure(
        name=f"map-{number}",
        title=title,
        caption=f"{plural(len(found.points), 'candidate')} of one draw, the same in every panel; "
        f"filled are the way's picks, coloured by the known label. {found.method}",
        screen=tag("div", screen, class_="panels") + tag("ul", key, class_="map-key"),
        file=standing_alone(file, height),
        data=Sheet(HEAD, tuple(_rows(found))),
    )


def _rows(found: CandidateMap) -> Iterator[tuple[Value, ...]]:
    """Every candidate, and once more for each way that picked it."""
    for id_, (x, y) in found.points.items():
        row = (found.data, found.draw, id_, round(x, 4), round(y, 4), found.labels[id_])
        yield (*row, None, None)
        for way, picks in found.picks.items():
            if id_ in picks:
                yield (*row, str(way), picks.index(id_) + 1)


def _colours(found: CandidateMap) -> dict[str, str]:
    """The style class of each label: the frequent ones have a colour of their own."""
    return {
        label: f"spot c{at}" if at < COLOURS else "spot c-more"
        for at, label in enumerate(frequent_labels(found))
    }


def _key(found: CandidateMap, colours: dict[str, str]) -> list[tuple[str, str]]:
    own = [(label, class_) for label, class_ in colours.items() if class_ != "spot c-more"]
    more = len(colours) - len(own)
    return [*own, (plural(more, "more label"), "spot c-more")] if more else own


def _spot(class_: str) -> Markup:
    circle = tag("circle", cx=5, cy=5, r=4.5, class_=class_)
    return tag("svg", circle, width=10, height=10, aria_hidden="true")


def _panel(found: CandidateMap, way: Way, colours: dict[str, str]) -> Markup:
    """A square, 100 units wide: all candidates as faint rings, the picks as dots on top."""
    picks = found.picks[way]
    others = [found.points[id_] for id_ in found.points if id_ not in set(picks)]
    faint = tag("path", d="".join(_dot(x, y) for x, y in others), class_="others")
    chosen: dict[str, list[tuple[float, float]]] = {}
    for id_ in picks:
        if id_ in found.points:
            chosen.setdefault(colours[found.labels[id_]], []).append(found.points[id_])
    dots = [
        tag("path", d="".join(_dot(x, y) for x, y in own), class_=f"{class_} picked")
        for class_, own in sorted(chosen.items())
    ]
    said = f"Picks of {way} on {found.data}"
    return tag(
        "svg", tag("title", said), faint, *dots, viewBox="0 0 100 100", class_="mini", role="img"
    )


def _dot(x: float, y: float) -> str:
    """A point that a round line cap makes a dot."""
    return f"M{4 + 92 * x:.1f} {4 + 92 * y:.1f}h0"


def _file(
    panels: list[tuple[Way, Markup]], found: CandidateMap, colours: dict[str, str]
) -> tuple[Markup, float]:
    """All panels and the key in one drawing."""
    parts = []
    for at, (way, panel) in enumerate(panels):
        x = (SIDE + GAP) * (at % ACROSS)
        y = (SIDE + HEAD_ROOM + GAP) * (at // ACROSS)
        frame = tag("rect", x=x, y=y + HEAD_ROOM, width=SIDE, height=SIDE, class_="frame-box")
        place = f'<svg x="{x:g}" y="{y + HEAD_ROOM:g}" width="{SIDE:g}" height="{SIDE:g}"'
        inner = str(panel).replace("<svg", place, 1)
        name = tag("text", short(way, 26), x=x, y=y + HEAD_ROOM - 7, class_="name")
        parts += [name, frame, Markup(inner)]  # noqa: S704 - our own drawing
    height = (SIDE + HEAD_ROOM + GAP) * -(-len(panels) // ACROSS)
    for at, (label, class_) in enumerate(_key(found, colours)):
        y = height + 12 + 17 * at
        parts += [
            tag("circle", cx=5, cy=y - 4, r=4.5, class_=class_),
            tag("text", label, x=16, y=y, class_="tick"),
        ]
    total = height + 17 * len(_key(found, colours)) + 6
    return tag("svg", *parts, height=total), total
