"""What the page is made of: sections of blocks of figures and tables."""

from __future__ import annotations

from dataclasses import dataclass

from activellm.bench.reporting.figures.drawing import Figure
from activellm.bench.reporting.tables import Table


@dataclass(frozen=True, slots=True)
class Block:
    """Figures and tables that belong together.

    Attributes:
        title: What they show.
        figures, tables: In order.
        inside: Blocks that are shown on request, below its figures and tables.
        open: Whether they are shown at once; else on request.
    """

    title: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    inside: tuple[Block, ...] = ()
    open: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        id: For links.
        title: Its heading.
        intro: What it answers, in a sentence or two.
        blocks: What it shows.
    """

    id: str
    title: str
    intro: str
    blocks: tuple[Block, ...]
