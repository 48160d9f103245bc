"""The report as one HTML file that needs no network and runs no script but ours."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from activellm.evaluation.powered import in_words
from activellm.report import agreement, ballots, privacy, tables, trust, votes, words
from activellm.report import headline as top
from activellm.report.facts import ReportFacts
from activellm.report.figures import ballots as ballot_figures
from activellm.report.figures import places, pool_map, results
from activellm.report.figures.curve import curve
from activellm.report.figures.reliability import reliability
from activellm.stopping import said

HEAT_STEPS = 10
"""Shades of the confusion matrix."""

MATRIX_LABELS = 12
"""With more labels than this the confusions are a list: nobody reads such a matrix."""


def render(facts: ReportFacts) -> str:
    """Write the report.

    The texts, labels, notes and reasons in the facts are untrusted: all of them are escaped, and
    the page's content security policy lets nothing run but our own script, and loads nothing.

    Args:
        facts: Everything to show; what is missing is left out.

    Returns:
        A whole HTML document, to be written as UTF-8.
    """
    style, script = _static("report.css"), _static("report.js")
    return (
        _environment()
        .get_template("report.html")
        .render(
            facts=facts,
            task=facts.task,
            top=top.headline(facts),
            rows=tables.pick_rows(facts),
            known_texts=tables.known_texts(facts),
            given=tables.given_counts(facts),
            totals=tables.totals(facts),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy=policy(style, script),
        )
    )


def policy(style: str, script: str = "") -> str:
    """What the page may do: our own style, our own script, and nothing from elsewhere."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _static(name: str) -> str:
    return files("activellm.report").joinpath("static", name).read_text(encoding="utf-8")


def heat(value: float, line: tuple[float, ...]) -> str:
    """The style class of a matrix cell: its share of the row, in ten shades."""
    share = value / sum(line) if sum(line) else 0.0
    return f"h{round(share * HEAT_STEPS)}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("activellm.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=words.percent,
        interval=words.interval,
        points=words.points,
        signed=words.signed,
        whole=words.whole,
        duration=words.duration,
        dollars=words.dollars,
        when=words.when,
        answer=words.answer,
        excerpt=words.excerpt,
        visible=words.visible,
    )
    environment.globals.update(
        plural=words.plural,
        whisker=results.whisker,
        share_axis=results.share_axis,
        bar=results.bar,
        strip=results.strip,
        curve=curve,
        reliability=reliability,
        trust=trust,
        said=said,
        places=places.places,
        evenness=places.evenness,
        agreement=agreement,
        privacy_sentences=privacy.sentences,
        stages=ballots.stages,
        strips=ballot_figures.strips,
        set_aside_strips=ballot_figures.set_aside_strips,
        funnel=ballot_figures.funnel,
        agreement_bar=ballot_figures.agreement_bar,
        vote_table=votes.vote_table,
        vote_mark=ballot_figures.vote_mark,
        draw_map=pool_map.draw_map,
        map_data=pool_map.map_data,
        colour_class=pool_map.colour_class,
        shape=pool_map.shape,
        judge_table=tables.judge_table,
        mixups=tables.mixups,
        heat=heat,
        against_random=top.against_random,
        powered_words=in_words,
        who=top.WHO,
        where=top.WHERE,
        matrix_labels=MATRIX_LABELS,
    )
    return environment
