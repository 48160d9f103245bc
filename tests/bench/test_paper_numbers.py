"""The numbers of the paper's logs agree with themselves."""

from __future__ import annotations

import numpy as np
import pytest

from activellm.bench.paper.modes import mode_in_words, shown_in
from activellm.bench.paper.numbers import all_cautions, blocks, cautions, claim_of, reported
from activellm.bench.paper.tables import TABLES
from activellm.bench.presets import presets


def test_means_are_those_of_the_runs_and_seeds() -> None:
    checked = 0
    for block in blocks():
        own = block.run_means or block.per_seed
        if not own:
            continue
        checked += 1
        assert isinstance(block.mean, float)
        assert np.mean(own) == pytest.approx(block.mean, abs=0.06), block  # some have one digit
        if block.per_seed:
            assert np.std(own, ddof=1) == pytest.approx(block.seeds_sd, abs=0.006), block
    assert checked == 20


def test_every_block_has_a_value_for_each_number_of_labels() -> None:
    for block in blocks():
        assert block.table in TABLES, block
        assert set(block.by_task) | ({block.task} - {""}) <= presets().keys(), block
        if block.by_task:
            assert block.mean == () == block.run_means, block
            continue
        lengths = {
            1 if isinstance(one, int | float) else len(one) for one in (block.labels, block.mean)
        }
        assert len(lengths) == 1, block
        if isinstance(block.seeds_sd, tuple):
            assert isinstance(block.mean, tuple)
            assert len(block.seeds_sd) == len(block.mean), block


def test_no_number_stands_twice_with_another_value() -> None:
    places = [
        (block.table, task, block.way, labels)
        for block in blocks()
        for task in (block.by_task or [block.task])
        for labels in ([block.labels] if isinstance(block.labels, int) else block.labels)
    ]
    assert len(places) == len(set(places))
    for way in ("random", "gpt-4, 200 shown"):
        for task in ("sst2", "cola", "wnli"):
            name = "random" if way == "random" else "ActiveLLM"
            assert reported("llms")[task, way, 32] == reported("main")[task, name, 32]
    for way in ("random", "ActiveLLM"):
        assert reported("picks")["sst2", way, 32] == reported("main")["sst2", way, 32]
    assert reported("prompts")["cti", "random", 32] == reported("main")["cti", "random", 32]


def test_every_caution_speaks_of_a_way_that_there_is() -> None:
    for one in all_cautions():
        assert one.table in TABLES
        numbers = [key for key in reported(one.table) if one.concerns(*key)]
        without_number = {
            ("main", "ag_news", "ActiveLLM"),
            ("iterative", "cti", "LLM, recap by index"),
            ("few-shot", "emotion", ""),
            ("few-shot", "sst5", ""),
        }
        assert bool(numbers) != ((one.table, one.task, one.way) in without_number), one


def test_what_the_logs_claim_and_what_their_noise_hides() -> None:
    sst2 = claim_of("main", "sst2", "ActiveLLM", 32)
    assert sst2 is not None
    assert (sst2.difference, sst2.runs, sst2.seeds, sst2.shown) == (17.11, 1, 5, True)
    # Student's t of 8 degrees of freedom times the standard error of two means of five seeds.
    assert sst2.noise == pytest.approx(2.306 * ((2.09**2 + 5.28**2) / 5) ** 0.5, abs=0.01)
    mrpc = claim_of("main", "mrpc", "ActiveLLM", 32)
    assert mrpc is not None
    assert not mrpc.shown
    cti = claim_of("main", "cti", "ActiveLLM", 32)
    assert cti is not None
    assert (cti.difference, cti.runs, cti.shown) == (5.68, 5, False)  # paired t 1.75, p 0.15
    assert cti.difference / cti.noise * 2.776 == pytest.approx(1.75, abs=0.01)  # type: ignore[operator]
    few = claim_of("few-shot", "cr", "ActiveLLM", 32)
    assert few is not None
    assert (few.noise, few.seeds, few.difference) == (None, 1, -1.33)
    assert claim_of("main", "ag_news", "bald", 32) is None  # the logs name no random picking


def test_void_numbers_are_marked() -> None:
    def void(table: str, task: str, way: str, labels: int) -> bool:
        return any(one.void for one in cautions(table, task, way, labels))

    assert void("main", "ag_news", "kmeans", 32)
    assert not void("main", "ag_news", "bald", 32)
    assert [n for n in range(10, 101, 10) if void("picks", "sst2", "ActiveLLM", n)] == [70, 80, 90]
    for task, labels in (("sst2", 70), ("cti", 90)):
        claim = claim_of("picks", task, "ActiveLLM", labels)
        assert claim is not None
        assert claim.difference == 0
        assert not claim.shown


@pytest.mark.parametrize(
    ("mode", "words", "shown"),
    [
        ("4", "prompt b2", 200),
        ("2", "prompt a1", 200),
        ("8", "prompt b2, 50 shown", 50),
        ("12", "prompt b2, another system prompt", 200),
        ("gpt_35_100", "prompt b2, 100 shown", 100),
        ("gpt_4o", "gpt_4o", 200),
    ],
)
def test_modes_in_words(mode: str, words: str, shown: int) -> None:
    assert (mode_in_words(mode), shown_in(mode)) == (words, shown)
