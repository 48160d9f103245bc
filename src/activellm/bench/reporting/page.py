"""The page: one HTML file that needs no network and no script."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from activellm.bench.experiment import BASE
from activellm.bench.reporting.collect import BenchFacts
from activellm.bench.reporting.figures.drawing import style_sheet
from activellm.bench.reporting.findings import METRICS
from activellm.bench.reporting.formats import csv_text, latex, markdown
from activellm.bench.reporting.sections import sections
from activellm.bench.reporting.tables import all_tables
from activellm.report import words
from activellm.report.render import policy

KINDS = {
    "svg": "image/svg+xml",
    "csv": "text/csv;charset=utf-8",
    "md": "text/markdown;charset=utf-8",
    "tex": "application/x-tex;charset=utf-8",
}
"""What can be taken from the page, by the end of its file name."""


def page(facts: BenchFacts, *, created: datetime | None = None) -> str:
    """Write the report of an experiment.

    Names and texts in the facts are untrusted: all of them are escaped, and the page's content
    security policy lets nothing run and loads nothing.

    Args:
        facts: Everything to show; what is missing is left out, and said.
        created: When; by default now.

    Returns:
        A whole HTML document, to be written as UTF-8.
    """
    style = style_sheet()
    return (
        _environment()
        .get_template("bench.html")
        .render(
            facts=facts,
            metric=METRICS[facts.findings.metric],
            sections=sections(facts),
            tables=all_tables(facts.findings),
            run=_run(facts),
            created=(created or datetime.now(UTC)).isoformat(),
            style=Markup(style),  # noqa: S704 - our own file
            policy=policy(style),
        )
    )


def link(content: str, kind: str) -> str:
    """An address that holds its content: it needs no network and no second file.

    Args:
        content: The file's.
        kind: A key of `KINDS`.
    """
    return f"data:{KINDS[kind]};base64,{base64.b64encode(content.encode()).decode()}"


def _run(facts: BenchFacts) -> dict[str, str]:
    """What was run, by name, as far as it is known."""
    found = {"Measurements": f"{facts.measurements:,}", "Selections": f"{facts.selections:,}"}
    one = facts.experiment
    if one is not None:
        llms = [name for name in one.llm if name != "none"]
        found |= {
            "Data sets": ", ".join(entry.called for entry in one.data),
            "Ways of choosing": "; ".join(dict.fromkeys((BASE, *one.strategies))),
            "Query models": ", ".join(llms),
            "Prompts": ", ".join(one.prompts),
            "Learners": ", ".join(one.successors),
            "Encoder": one.encoder,
            "Candidates": ", ".join(map(str, one.candidates)),
            "Picks a round": ", ".join(map(str, one.select)),
            "Rounds": str(one.rounds),
            "Draws": str(one.draws),
            "Random picks on the same candidates": str(one.base_draws),
            "Training seeds": str(one.seeds),
            "Seed of the experiment": str(one.seed),
        }
    if facts.facts.started:
        found["Started"] = words.when(facts.facts.started)
    return {name: value for name, value in found.items() if value}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("activellm.bench.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(when=words.when)
    environment.globals.update(link=link, csv_text=csv_text, markdown=markdown, latex=latex)
    return environment
