"""The page's sections: which figures and tables stand where, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from activellm.bench.reporting.blocks import Block, Section
from activellm.bench.reporting.collect import BenchFacts
from activellm.bench.reporting.costs import Cost, spent_on
from activellm.bench.reporting.curves import CurveSet
from activellm.bench.reporting.figures.agreement import agreement
from activellm.bench.reporting.figures.cost import UNITS, cost_figure
from activellm.bench.reporting.figures.drawing import Figure
from activellm.bench.reporting.figures.forest import forest
from activellm.bench.reporting.figures.learning import learning
from activellm.bench.reporting.figures.maps import candidate_map
from activellm.bench.reporting.figures.places import place_figure
from activellm.bench.reporting.figures.ranks import ranks
from activellm.bench.reporting.findings import METRICS, Findings
from activellm.bench.reporting.tables import (
    area_table,
    comparison_tables,
    rank_table,
    saved_table,
)
from activellm.bench.reporting.wording import family_words, setting_words
from activellm.bench.summary import Comparison, Setting

FEW_SHOT = 32
"""The paper's number of labels: of several settings that say as much, the one nearest to it."""

MAPS = 3
"""So many data sets' maps are shown at once."""


def sections(facts: BenchFacts) -> list[Section]:
    """All sections that have something to show."""
    found, metric = facts.findings, METRICS[facts.findings.metric]
    main = main_settings(found.comparisons)
    parts = [
        Section(
            "random",
            "Against random picking",
            "Every way of choosing beside random picking from the same candidates: the mean over "
            "data sets of what it gains or loses.",
            tuple(_against_random(found, metric, main)),
        ),
        Section(
            "curves",
            "Learning curves",
            f"How {metric} grows with the number of labels, and how many labels a way saves.",
            tuple(_curves(found, metric)),
        ),
        Section(
            "ranks",
            "Ranks",
            "Which ways are ahead on most data sets, whatever by how much.",
            tuple(_ranks(found, metric, main)),
        ),
        Section(
            "places",
            "Where in the list the picks stood",
            "A query model that reads the texts picks from the whole of a shuffled list. One that "
            "answers by place does not.",
            _one("Places", [place_figure(facts.places)] if facts.places else []),
        ),
        Section(
            "agreement",
            "Who picks what",
            "Whether ways of choosing pick the same texts of the same candidates.",
            _one("Agreement", [agreement(facts.overlaps)] if facts.overlaps else []),
        ),
        Section(
            "maps",
            "Where the picks lie",
            "One draw of each data set.",
            tuple(
                _rest_inside(
                    [
                        Block(one.data, (candidate_map(number, one),), open=number <= MAPS)
                        for number, one in enumerate(facts.maps, start=1)
                    ],
                    "Other data sets",
                )
            ),
        ),
        Section(
            "cost",
            "Cost",
            "What choosing costs beside what it brings.",
            tuple(_costs(found, facts.costs, metric, main)),
        ),
    ]
    return [part for part in parts if part.blocks]


def main_settings(comparisons: Iterable[Comparison]) -> list[Setting]:
    """For each learner the setting that says most: on the most data sets, of the most ways."""
    by: dict[Setting, list[Comparison]] = {}
    for one in comparisons:
        by.setdefault(one.setting, []).append(one)

    def says(setting: Setting) -> tuple[int, int, int]:
        measured = [one.difference.data_sets for one in by[setting]]
        return max(measured), sum(measured), -abs(setting.labels - FEW_SHOT)

    best: dict[str, Setting] = {}
    for setting in by:
        known = best.get(setting.successor)
        if known is None or says(setting) > says(known):
            best[setting.successor] = setting
    return [*best.values()]


def _against_random(found: Findings, metric: str, main: Sequence[Setting]) -> Iterator[Block]:
    tables = comparison_tables(found.comparisons)
    settings = list(dict.fromkeys(one.setting for one in found.comparisons))
    blocks = []
    for number, (setting, table) in enumerate(zip(settings, tables, strict=True), start=1):
        own = [one for one in found.comparisons if one.setting == setting]
        drawn = forest(number, own, metric)
        blocks.append(Block(setting_words(setting), (drawn,), (table,), open=setting in main))
    yield from _rest_inside(blocks, "Other settings")


def _curves(found: Findings, metric: str) -> Iterator[Block]:
    overall = [one for one in found.curves if not one.data]
    for number, one in enumerate(overall, start=1):
        tables = area_table(number, one, metric), saved_table(number, one, metric)
        figures = tuple(learning(f"learning-{number}", one, metric))
        yield Block(family_words(one.family), figures, tables)
        own = tuple(_by_data_set(number, one, found, metric))
        if own:
            words = f"Data set by data set, {family_words(one.family)}"
            yield Block(words, inside=own, open=False)


def _by_data_set(number: int, overall: CurveSet, found: Findings, metric: str) -> Iterator[Block]:
    own = [one for one in found.curves if one.data and one.family == overall.family]
    for at, one in enumerate(own, start=1):
        name = f"learning-{number}-{at}"
        figures = tuple(learning(name, one, metric))
        yield Block(one.data, figures, open=False)


def _ranks(found: Findings, metric: str, main: Sequence[Setting]) -> Iterator[Block]:
    blocks = [
        Block(
            setting_words(one.setting),
            (ranks(number, one, metric),),
            (rank_table(number, one, metric),),
            open=one.setting in main,
        )
        for number, one in enumerate(found.rankings, start=1)
    ]
    yield from _rest_inside(blocks, "Other settings")


def _costs(
    found: Findings, costs: Sequence[Cost], metric: str, main: Sequence[Setting]
) -> Iterator[Block]:
    for number, setting in enumerate(main, start=1):
        own = [one for one in found.comparisons if one.setting == setting]
        figures = [
            cost_figure(number, spent, unit, metric)
            for unit in UNITS
            if (spent := spent_on(own, costs, unit))
        ]
        if figures:
            yield Block(setting_words(setting), tuple(figures))


def _rest_inside(blocks: Sequence[Block], title: str) -> Iterator[Block]:
    """The blocks that are open, and one that holds the others."""
    yield from (block for block in blocks if block.open)
    rest = tuple(block for block in blocks if not block.open)
    if rest:
        yield Block(f"{title} ({len(rest)})", inside=rest, open=False)


def _one(title: str, figures: Sequence[Figure]) -> tuple[Block, ...]:
    return (Block(title, tuple(figures)),) if figures else ()
