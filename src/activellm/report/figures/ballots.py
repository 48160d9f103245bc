"""What each ballot named by its place in the prompt; agreement; the stages of heats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from activellm.report.ballots import CastBallot, Stage, cast_ballots
from activellm.report.figures.svg import Scale, figure, tag
from activellm.report.votes import VoteCell
from activellm.report.words import percent, plural, whole
from activellm.selection.contract import Agreement, Ballot, Health

MOST_STRIPS = 12
"""More ballots than this are drawn together, model by model."""

BINS = 20
_SHARES = Scale(0, 1)
_HEIGHT = 22.0


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of the small multiples: whose it is, what it says in words, and the figure."""

    name: str
    note: str
    drawn: Markup
    flaw: str = ""


def strips(health: Health) -> tuple[Strip, ...]:
    """Where in the prompt stood what each ballot named; by model where there are many ballots."""
    cast = cast_ballots(health)
    if len(cast) <= MOST_STRIPS:
        return tuple(_ballot_strip(one) for one in cast)
    models = dict.fromkeys(ballot.model for ballot in health.ballots)
    return tuple(
        _model_strip(model, [ballot for ballot in health.ballots if ballot.model == model])
        for model in models
    )


def _ballot_strip(cast: CastBallot) -> Strip:
    name = f"{cast.number}. {cast.name}" if cast.number else cast.name
    flaw = cast.ballot.flaw and f"{cast.ballot.flaw}{'' if cast.counts else '; not counted'}"
    return Strip(name, first_quarter([cast.ballot]), ballot_strip(name, cast.ballot), flaw)


def _model_strip(model: str, ballots: Sequence[Ballot]) -> Strip:
    name = f"{model}, {plural(len(ballots), 'ballot')}"
    return Strip(name, first_quarter(ballots), spread(name, ballots))


def set_aside_strips(health: Health) -> tuple[Strip, ...]:
    """The same for the ballots that were no choice."""
    found = []
    for number, ballot in enumerate(health.set_aside, start=1):
        name = f"{ballot.model}, heat {ballot.heat}" if ballot.heat else ballot.model
        drawn = ballot_strip(f"set aside {number}, {name}", ballot)
        found.append(Strip(name, first_quarter([ballot]), drawn, ballot.flaw))
    return tuple(found)


def vote_mark(cell: VoteCell | None) -> Markup:
    """A filled square for a text that a ballot named, a faint one for a text that it did not."""
    said = f"named as number {cell.rank}, at place {cell.place}" if cell else "not named"
    return tag(
        "svg",
        tag("title", said),
        tag("rect", x=1, y=1, width=12, height=12, rx=2.5),
        class_="voted" if cell else "not-voted",
        width=14,
        height=14,
        role="img",
        aria_label=said,
    )


def first_quarter(ballots: Sequence[Ballot]) -> str:
    """How much of what was named stood in the first quarter, for people."""
    found = shares(ballots)
    if not found:
        return "named nothing"
    return f"{percent(sum(at < 0.25 for at in found) / len(found))} in the first quarter"


def shares(ballots: Sequence[Ballot]) -> list[float]:
    """Where each named text stood in its prompt, 0 (the beginning) to 1."""
    return [(at - 0.5) / len(ballot.shown) for ballot in ballots for at in ballot.places]


def ballot_strip(name: str, ballot: Ballot) -> Markup:
    """The prompt as a strip, with a tick where each named text stood."""
    class_ = "place doubted" if ballot.flaw else "place"
    return _strip(
        name,
        f"{plural(len(ballot.named), 'text')} named of {len(ballot.shown)} shown; "
        f"{first_quarter([ballot])}",
        *(
            tag("line", x1=_SHARES.at(at), x2=_SHARES.at(at), y1=4, y2=_HEIGHT - 4, class_=class_)
            for at in sorted(shares([ballot]))
        ),
    )


def spread(name: str, ballots: Sequence[Ballot]) -> Markup:
    """The prompts of many ballots as one strip, with a bar for how much each twentieth gave."""
    counts = [0] * BINS
    for at in shares(ballots):
        counts[min(BINS - 1, int(at * BINS))] += 1
    most = max(1, *counts)
    heights = [(_HEIGHT - 2) * count / most for count in counts]
    return _strip(
        name,
        f"{plural(sum(counts), 'text')} named; {first_quarter(ballots)}",
        *(
            tag(
                "rect",
                x=f"{100 * bin / BINS + 0.4:.4g}%",
                y=_HEIGHT - height,
                width=f"{100 / BINS - 0.8:.4g}%",
                height=height,
                class_="crowd",
            )
            for bin, height in enumerate(heights)
        ),
    )


def _strip(name: str, description: str, *marks: Markup) -> Markup:
    return figure(
        f"Places in the prompt: {name}",
        description,
        tag("rect", x=0, y=0, width="100%", height=_HEIGHT, rx=3, class_="ground"),
        *(
            tag("line", x1=f"{at}%", x2=f"{at}%", y1=0, y2=_HEIGHT, class_="cut")
            for at in (25, 50, 75)
        ),
        *marks,
        height=_HEIGHT,
        class_="ballot",
    )


def agreement_bar(found: Agreement) -> Markup:
    """The Jaccard index as a bar, with a mark at what chance would give."""
    at = _SHARES.at(found.expected_jaccard)
    return figure(
        "Agreement of the ballots",
        f"{percent(found.jaccard)}; by chance {percent(found.expected_jaccard)}",
        tag("rect", x=0, y=5, width="100%", height=12, rx=3, class_="ground"),
        tag("rect", x=0, y=5, width=_SHARES.at(found.jaccard), height=12, rx=3, class_="shared"),
        tag("line", x1=at, x2=at, y1=0, y2=22, class_="chance"),
        height=22,
        class_="agreement",
    )


def funnel(stages: Sequence[Stage], picks: int) -> Markup:
    """How many texts each stage looked at, and how many were picked.

    Widths grow with the square root of the numbers: else the last stages would be hairlines.
    """
    counts = [*(stage.texts for stage in stages), picks]
    said = [*(_looked_at(stage) for stage in stages), "picked"]
    most = max(1, *counts)
    widths = [100 * math.sqrt(count / most) for count in counts]
    step = 46.0
    rows = []
    for row, (count, words, width) in enumerate(zip(counts, said, widths, strict=True)):
        rows += [
            tag(
                "rect",
                x=f"{50 - width / 2:.3f}%",
                y=step * row + 20,
                width=f"{width:.3f}%",
                height=18,
                rx=3,
                class_="funnel-bar last" if row == len(stages) else "funnel-bar",
            ),
            tag(
                "text",
                tag("tspan", whole(count), class_="value"),
                f" {words}",
                x="50%",
                y=step * row + 14,
                class_="tick",
                text_anchor="middle",
            ),
        ]
    return figure(
        "From all candidates to the picks",
        "; ".join(f"{whole(count)} {words}" for count, words in zip(counts, said, strict=True)),
        *rows,
        height=step * len(counts),
        class_="funnel",
    )


def _looked_at(stage: Stage) -> str:
    name = stage.name[0].lower() + stage.name[1:]
    if stage.lists == 1:
        return f"shown in the {name}"
    return f"shown in {name}, {stage.lists} lists of at most {stage.longest}"
