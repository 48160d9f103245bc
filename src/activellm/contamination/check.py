"""All methods that a model allows, on one data set."""

from __future__ import annotations

from collections.abc import Sequence

from activellm.contamination.completion import complete_guided, complete_texts
from activellm.contamination.min_k import min_k_of_texts
from activellm.contamination.order import prefer_order
from activellm.contamination.passages import draw
from activellm.contamination.report import (
    ContaminationReport,
    Finding,
    Untested,
    conclude,
    corrected,
)
from activellm.errors import UsageError
from activellm.llm.protocol import QueryModel
from activellm.pool import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator

OTHERS = 400
"""Texts beyond the sample among which similar ones are looked for."""


def check_contamination(
    contents: Sequence[Content],
    model: QueryModel,
    *,
    sample: int = 100,
    seed: int = 0,
    data_name: str = "",
    split: str = "",
    progress: Progress = silent,
) -> ContaminationReport:
    """Look for signs that a query model has seen a data set.

    Args:
        contents: The texts, in the file's order.
        model: The model. One that gives each token's probability is tested in more ways.
        sample: Texts that each method looks at.
        seed: Decides which, and all other draws.
        data_name: The data set's name; if given, it is also tested whether telling it helps.
        split: The name of its part ("train", "test"); only together with `data_name`.
        progress: Told how far it is.

    Raises:
        UsageError: If the sample is below 1, or there is a part of no data set.
        QueryModelError: If the model fails.
    """
    if sample < 1:
        raise UsageError(f"At least 1 text is needed, not {sample}.", where="--sample")
    if split and not data_name:
        raise UsageError(
            "Which data set is it a part of?", where="--split", remedy="Give --data-name, too."
        )
    passages = draw(contents, sample + OTHERS, generator(seed, "contamination", "texts"))
    rngs = {name: generator(seed, "contamination", name) for name in ("text", "name", "k", "order")}
    results = [complete_texts(passages, sample, model, rngs["text"], progress)]
    if data_name:
        source = f"a text from the data set {data_name}" + (f" ({split})" if split else "")
        results.append(complete_guided(passages, sample, model, source, rngs["name"], progress))
    results.append(prefer_order(contents, sample, model, rngs["order"], progress))
    results.append(min_k_of_texts(passages[:sample], model, rngs["k"], progress))
    findings = corrected([one for one in results if isinstance(one, Finding)])
    untested = tuple(one for one in results if isinstance(one, Untested))
    verdict, sentence = conclude(findings, untested)
    return ContaminationReport(
        model=model.name,
        identity=dict(model.identity()),
        texts=len(contents),
        sample=sample,
        seed=seed,
        data_name=data_name,
        split=split,
        findings=findings,
        untested=untested,
        verdict=verdict,
        sentence=sentence,
    )
