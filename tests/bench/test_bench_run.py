"""An experiment from its file to its table, in this process and in others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from activellm.bench.executors import Here, Processes
from activellm.bench.experiment import Experiment, read_experiment
from activellm.bench.grid import cells
from activellm.bench.results import CHOICES, SCORES, Results
from activellm.bench.running import Ran, run
from activellm.bench.summary import Setting, Way, compare
from activellm.bench.text_tables import markdown
from activellm.bench.workshop import Workshop
from activellm.errors import DataError, UsageError

WORDS = {"good": ["fine", "nice", "lovely", "great"], "bad": ["dull", "awful", "poor", "sad"]}
THINGS = ["film", "meal", "book", "park", "tree", "water", "light", "bus", "text", "road"]

TOML = """
name = "small"
strategies = ["kmeans", "random, entropy"]
successors = ["linear", "linear(C=1)"]
encoder = "{encoder}"
device = "cpu"
candidates = [20]
select = [6]
rounds = 2
draws = 2
base_draws = 2

[[data]]
name = "verdicts"
pool = "pool.jsonl"
description = "Which verdict is it?"
test_size = 30
"""


@pytest.fixture
def file(tmp_path: Path, tiny_encoder: Path) -> Path:
    """An experiment on texts that a tiny encoder can tell apart."""
    rows = [
        {"text": f"{word} {one} and {other}", "label": label}
        for label, words in WORDS.items()
        for word in words
        for one in THINGS
        for other in THINGS[:3]
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "pool.jsonl").write_text(lines)
    path = tmp_path / "small.toml"
    path.write_text(TOML.format(encoder=tiny_encoder))
    return path


def begin(file: Path, name: str = "out") -> tuple[Workshop, Results]:
    folder = file.parent / name
    experiment = read_experiment(file)
    experiment.check()
    return Workshop(experiment, file.parent, folder), Results(folder)


def finish(file: Path, name: str = "out") -> tuple[Ran, Results]:
    workshop, results = begin(file, name)
    return run(workshop, results, Here(workshop)), results


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    timed = ("fit_cpu_s", "predict_cpu_s", "seconds", "usage")
    kept = [{name: row[name] for name in row if name not in timed} for row in rows]
    return sorted(kept, key=lambda row: (row["key"], row["round"]))


def test_everything_is_run_once_and_compared(file: Path) -> None:
    ran, results = finish(file)
    # 2 draws x (2 random + k-means + 2 learners' entropy) selections of 2 rounds; each is measured
    # with both learners, but entropy's with the one that it asked.
    assert (ran.chosen, ran.scored, ran.kept, ran.failed) == (10, 2 * 2 * (3 * 2 + 2), 0, {})
    comparisons = compare(results.scores())
    assert {(one.setting, one.way) for one in comparisons} == {
        (Setting(successor, 20, 6, labels), Way(way))
        for successor in ("linear", "linear(C=1)")
        for labels in (6, 12)
        for way in ("kmeans", "random, entropy")
    }
    assert all(one.difference.draws == 2 for one in comparisons)
    text = markdown(comparisons)
    assert "### macro-F1, 12 labels, linear(C=1), 6 of 20 candidates a round" in text
    assert "speak of it alone" in text


def test_the_same_candidates_for_every_way(file: Path) -> None:
    _, results = finish(file)
    first = [row for row in results.choices() if row["round"] == 1]
    for draw in (0, 1):
        own = {tuple(row["candidates"]) for row in first if row["draw"] == draw}
        assert len(own) == 1
    assert len({tuple(row["candidates"]) for row in first}) == 2
    random = [tuple(row["picks"]) for row in first if row["schedule"] == "random"]
    assert len(set(random)) == 4  # each repeat draws anew
    for row in results.choices():
        assert len(set(row["picks"])) == 6
        assert set(row["picks"]) <= set(row["candidates"])


def test_a_second_run_does_nothing_and_a_larger_one_the_rest(file: Path) -> None:
    first, results = finish(file)
    again, _ = finish(file)
    assert (again.chosen, again.scored, again.kept) == (0, 0, first.scored)
    file.write_text(file.read_text().replace("draws = 2", "draws = 3", 1))
    more, _ = finish(file)
    assert (more.chosen, more.kept) == (5, first.scored)
    assert len(results.scores()) == more.scored + more.kept


def test_other_labels_are_other_cells(file: Path) -> None:
    finish(file)
    pool = file.parent / "pool.jsonl"
    pool.write_text(pool.read_text().replace('"bad"', '"poor"', 1))
    ran, _ = finish(file)
    assert ran.kept == 0


def test_worker_processes_find_the_same(file: Path) -> None:
    _, here = finish(file)
    workshop, there = begin(file, "there")
    workers = Processes(2, workshop.experiment, workshop.base, workshop.folder)
    ran = run(workshop, there, workers)
    assert ran.failed == {}
    assert without_times(there.scores()) == without_times(here.scores())
    assert without_times(there.choices()) == without_times(here.choices())


def test_a_torn_line_is_cut_off_and_its_cell_done_again(file: Path) -> None:
    _, results = finish(file)
    whole = (results.folder / SCORES).read_bytes()
    (results.folder / SCORES).write_bytes(whole[:-20])
    ran, again = finish(file)
    assert (ran.chosen, ran.scored) == (0, 1)
    assert without_times(again.scores()) == without_times(
        [json.loads(line) for line in whole.splitlines()]
    )


@pytest.mark.slow
def test_killed_and_run_again_it_finds_the_same(file: Path) -> None:
    _, expected = finish(file, "whole")
    folder = file.parent / "killed"
    command = [sys.executable, "-m", "activellm", "bench", "run", str(file)]
    process = subprocess.Popen(
        [*command, "--folder", str(folder), "--workers", "2"],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    scores = folder / SCORES
    while process.poll() is None and not (scores.exists() and scores.read_bytes().count(b"\n") > 3):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    ran, results = finish(file, "killed")
    assert ran.kept >= 4
    assert without_times(results.scores()) == without_times(expected.scores())


def test_a_selection_that_a_kill_left_in_part_is_made_again(file: Path) -> None:
    _, results = finish(file)
    expected, choices = results.scores(), results.folder / CHOICES
    lines = choices.read_text().splitlines(keepends=True)
    choices.write_text("".join(lines[:-1]))
    (results.folder / SCORES).unlink()
    ran, again = finish(file)
    assert ran.chosen == 1
    assert without_times(again.scores()) == without_times(expected)
    assert finish(file)[0].kept == len(expected)


def test_a_schedule_that_cannot_begin_is_refused_at_once(file: Path) -> None:
    file.write_text(file.read_text().replace("random, entropy", "entropy"))
    with pytest.raises(UsageError, match="Schedule another one before it: 'random, entropy'"):
        begin(file)
    assert not (file.parent / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('strategies = ["kmeans"', 'strategies = ["kmeens"', "Did you mean 'kmeans'"),
        ('successors = ["linear"', 'successors = ["liner"', "Did you mean 'linear'"),
        ("draws = 2", "draws = 0", "draws: Input should be greater"),
        ("draws = 2", "drows = 2", "drows: there is no such entry. Known: name"),
        ('["linear", "linear(C=1)"]', '["linear", "linear"]', "named twice"),
        ('["linear", "linear(C=1)"]', '["linear(C=x)"]', "C is a number, not 'x'"),
        ('["linear", "linear(C=1)"]', '["linear", "finetune(epoch=1)"]', "no setting 'epoch'"),
        ('strategies = ["kmeans"', 'strategies = ["random, bald(passes=1)"', "passes must be"),
        ('pool = "pool.jsonl"', "", "a pool file or from the Hub"),
        ('description = "Which verdict is it?"', "", "needs a description"),
        ('name = "small"', "name = ", "no TOML"),
    ],
)
def test_what_cannot_be_is_told(file: Path, old: str, new: str, said: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises((DataError, UsageError), match=said):
        begin(file)


def test_what_a_strategy_does_not_use_makes_no_further_cells() -> None:
    experiment = Experiment.model_validate(
        {
            "name": "grid",
            "strategies": ["kmeans", "coverage", "listwise", "random, bald"],
            "llm": ["embedded", "openai/gpt-4o"],
            "prompts": ["b1", "b2"],
            "successors": ["linear", "finetune"],
            "select": [8, 300],
            "draws": 1,
            "data": [{"preset": "cti", "pool": "cti.csv"}],
        }
    )
    found = [(one.schedule, one.llm, one.prompt, one.successor) for one in cells(experiment)]
    assert found == [
        ("random", "none", "", ""),
        ("kmeans", "none", "", ""),
        ("coverage", "embedded", "", ""),
        ("coverage", "openai/gpt-4o", "", ""),
        ("listwise", "embedded", "b1", ""),
        ("listwise", "embedded", "b2", ""),
        ("listwise", "openai/gpt-4o", "b1", ""),
        ("listwise", "openai/gpt-4o", "b2", ""),
        ("random, bald", "none", "", "linear"),
        ("random, bald", "none", "", "finetune"),
    ]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / CHOICES).write_text('{"a": 1}\nnonsense\n')
    with pytest.raises(DataError, match="line 2"):
        Results(tmp_path).choices()


def row(data: str, draw: int, value: float, schedule: str, **more: Any) -> dict[str, Any]:
    fixed = {"llm": "none", "prompt": "", "successor": "s", "candidates": 9, "select": 3}
    return {**fixed, "labels": 3, "data": data, "draw": draw, "schedule": schedule} | {
        "macro_f1": value,
        **more,
    }


def test_seeds_and_repeats_are_averaged_before_draws_are_paired() -> None:
    scores = [
        *(row("a", 0, value, "random") for value in (0.4, 0.6)),  # repeats: 50
        row("a", 1, 0.7, "random"),
        row("a", 2, 0.1, "random"),  # kmeans has no such draw
        *(row("a", 0, value, "kmeans") for value in (0.6, 0.8)),  # seeds: 70
        row("a", 1, 0.8, "kmeans"),
    ]
    (found,) = compare(scores)
    assert found.difference.by_data_set["a"] == pytest.approx((20 + 10) / 2)
    assert found.value == pytest.approx(75)
    assert (found.difference.draws, found.difference.over) == (2, "draws")


def test_many_ways_are_many_tests() -> None:
    scores = [
        row(data, 0, 0.5 + gain * (1 + number / 100), way)
        for number, data in enumerate("abcdef")
        for way, gain in (("random", 0.0), ("better", 0.1), ("same", 0.001 * (-1) ** number))
    ]
    found = {str(one.way): one for one in compare(scores)}
    assert found["better"].difference.p == pytest.approx(2 / 64)
    assert found["better"].p_adjusted == pytest.approx(4 / 64)
    assert found["better"].difference.verdict == "better"
    assert found["same"].difference.verdict == "a difference that the spread can hide"


def test_the_command_shows_a_table(file: Path) -> None:
    command = [sys.executable, "-m", "activellm", "bench"]
    done = subprocess.run([*command, "run", str(file), "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scored"] == 32
    folder = str(file.with_suffix(".bench"))
    shown = subprocess.run([*command, "show", folder], capture_output=True, text=True, check=True)
    assert "| way of choosing | mean | against random |" in shown.stdout
    wrong = subprocess.run(
        [*command, "show", folder, "--metric", "f1"], capture_output=True, text=True
    )
    assert wrong.returncode == 2
    assert "macro_f1" in wrong.stderr
