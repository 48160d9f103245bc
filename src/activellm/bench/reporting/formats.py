"""Tables as Markdown and LaTeX, data as CSV. All texts in them are untrusted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

from activellm.bench.reporting.tables import Cell, Table

Value: TypeAlias = str | int | float | None

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{NO-BREAK SPACE}": "~",
}
_MARKDOWN = frozenset("\\`*<[|")
"""What begins something in Markdown, inside a line."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Data behind a figure.

    Attributes:
        head: Columns.
        rows: Values; None is an empty cell.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def markdown(tables: Iterable[Table]) -> str:
    """Tables as Markdown (the pipe tables of GitHub and Pandoc)."""
    written = list(tables)
    parts = []
    for table, following in zip_longest(written, written[1:]):
        lines = [
            _line([_md(name) for name in table.head]),
            "|" + "|".join(["---", *["---:"] * (len(table.head) - 1)]) + "|",
            *(_line([_md_cell(cell) for cell in row]) for row in table.rows),
        ]
        parts += [f"### {_md(table.title)}", "\n".join(lines)]
        if following is None or following.notes != table.notes:
            parts.append(_md(table.notes))
    return "\n\n".join(parts) + "\n" if parts else "Nothing to compare.\n"


def latex(tables: Iterable[Table]) -> str:
    r"""Tables as LaTeX; they need \usepackage{booktabs} and \usepackage[T1]{fontenc}."""
    return "\n".join(_latex(table) for table in tables) or "% Nothing to compare.\n"


def csv_text(sheet: Sheet) -> str:
    """Data as CSV (RFC 4180). Texts that a spreadsheet would take for a formula are quoted by '."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_harmless(name) for name in sheet.head])
    writer.writerows([[_harmless(value) for value in row] for row in sheet.rows])
    return out.getvalue()


def _harmless(value: Value) -> Value:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _latex(table: Table) -> str:
    columns = "l" + "r" * (len(table.head) - 1)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_tex(table.title)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(_tex(name) for name in table.head) + r" \\",
        r"\midrule",
        *(" & ".join(_tex_cell(cell) for cell in row) + r" \\" for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        rf"\par\smallskip{{\footnotesize {_tex(table.notes)}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _tex_cell(cell: Cell) -> str:
    text = _tex(cell.text)
    return rf"\textbf{{{text}}}" if cell.strong else text


def _tex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in _one_line(text))


def _md_cell(cell: Cell) -> str:
    text = _md(cell.text)
    return f"**{text}**" if cell.strong else text


def _md(text: str) -> str:
    return "".join(f"\\{sign}" if sign in _MARKDOWN else sign for sign in _one_line(text))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _one_line(text: str) -> str:
    return " ".join(text.split())
