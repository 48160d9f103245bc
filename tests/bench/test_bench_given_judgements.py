"""Stored judgements as a query model: the probabilities, the labels' order, and whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from given_helpers import TEXTS, experiment_file, ids, lines, opened, selections

from activellm.bench.presets import preset
from activellm.bench.stored_judge import StoredJudge
from activellm.errors import DataError, QueryModelError, UsageError
from activellm.llm import Message
from activellm.pool import Example, Pool
from activellm.selection.judging import judge
from activellm.task import Task

SETS = [TEXTS[:24], TEXTS[24:48]]
JUDGED = 'judgements = { big = "big.jsonl", small = "small.jsonl" }'


def sure(label: str, labels: list[str], p: float = 0.9) -> list[float]:
    return [p if one == label else (1 - p) / (len(labels) - 1) for one in labels]


def judged(number: int, labels: list[str], **more: Any) -> dict[str, Any]:
    """A set, judged rightly."""
    rows = [{"text": t, "label": y, "p": sure(y, labels)} for t, y in SETS[number]]
    fixed = {"dataset": "verdicts", "candidate_set": number, "labels": labels}
    return {**fixed, "candidates": rows, **more}


def without_texts(number: int, labels: list[str]) -> dict[str, Any]:
    """The same set, judged wrongly, by a file that leaves out the texts."""
    wrong = {"good": "bad", "bad": "good"}
    p = [sure(wrong[label], labels) for _, label in SETS[number]]
    return {"dataset": "verdicts", "candidate_set": number, "labels": labels, "p": p}


def written(folder: Path, small: list[dict[str, Any]] | None = None) -> None:
    lines(folder / "big.jsonl", [judged(number, ["bad", "good"]) for number in (0, 1)])
    # Another order of the labels, and of the sets; and a data set that is not asked for.
    own = [without_texts(number, ["good", "bad"]) for number in (1, 0)]
    other = judged(0, ["good", "bad"], dataset="another")
    lines(folder / "small.jsonl", [*own, other] if small is None else small)


def test_strategies_judge_by_what_is_stored(tmp_path: Path, tiny_encoder: Path) -> None:
    written(tmp_path)
    file = experiment_file(
        tmp_path, tiny_encoder, JUDGED, llm='"judged"', strategies='"coverage", "hybrid", "auto"'
    )
    workshop = opened(file)
    data = workshop.data("verdicts")
    found = selections(workshop, "coverage")
    assert [(cell.draw, cell.llm, cell.candidates, cell.select) for cell, _ in found] == [
        (draw, f"judged/{name}", 24, 4) for draw in (0, 1) for name in ("big", "small")
    ]
    for schedule in ("coverage", "hybrid", "auto"):
        for cell, (chosen,) in selections(workshop, schedule):
            assert set(chosen.candidates) == set(ids(SETS[cell.draw]))
            assert (len(set(chosen.picks)), chosen.places) == (4, ())
            if schedule == "coverage":  # each expected class gets its share, right or turned round
                labels = sorted(data.answer(id_)[0] for id_ in chosen.picks)
                assert labels == ["bad", "bad", "good", "good"]


@pytest.mark.parametrize("name", ["big", "small"])
def test_probabilities_go_to_the_right_text_and_label(
    tmp_path: Path, tiny_encoder: Path, name: str
) -> None:
    written(tmp_path)
    file = experiment_file(tmp_path, tiny_encoder, JUDGED, llm='"judged"', strategies='"coverage"')
    workshop = opened(file)
    cell = next(one for one in workshop.cells() if (one.draw, one.llm) == (1, f"judged/{name}"))
    tools = workshop.tools(cell)
    pool = workshop.data("verdicts").pool
    examples = pool.examples(ids(SETS[1]))[::-1]
    raw = judge(tools.model, tools.task, examples).raw
    right = np.array([[label == one for one in tools.task.label_names] for _, label in SETS[1]])
    expected = np.where(right if name == "big" else ~right, 0.9, 0.1)[::-1]
    np.testing.assert_allclose(raw, expected)
    with pytest.raises(QueryModelError, match="no stored judgements of 24 of 24"):
        judge(tools.model, tools.task, pool.examples(ids(SETS[0])))
    with pytest.raises(QueryModelError, match="cannot be asked for words"):
        tools.model.complete((Message("user", "Which?"),), max_tokens=8)


def test_a_text_is_not_taken_for_one_that_it_holds() -> None:
    task = preset("rte").task
    pairs = [("a cat", "a"), ("a cat", "a cat"), ("a", "a cat"), ("Text: a cat", "a cat\na")]
    examples = list(Pool.from_texts(pairs))
    opinion = {
        one.id: {"entailment": 0.1 * row, "not_entailment": 1 - 0.1 * row}
        for row, one in enumerate(examples)
    }
    stored = StoredJudge("judged/x", task, examples, opinion)
    raw = judge(stored, task, examples[::-1]).raw
    np.testing.assert_allclose(raw[:, 0], [0.3, 0.2, 0.1, 0], atol=1e-9)


def test_calibrating_again_changes_nothing_and_long_texts_are_not_cut() -> None:
    task = Task.build(description="?", labels=[{"name": "a"}, {"name": "b"}])
    examples = [Example(str(row), f"{row} " + "word " * 900) for row in range(10)]
    odds = np.linspace(-2, 2, 10)
    p = 1 / (1 + np.exp(-odds))
    opinion = {str(row): {"a": p[row], "b": 1 - p[row]} for row in range(10)}
    found = judge(StoredJudge("judged/x", task, examples, opinion), task, examples)
    np.testing.assert_allclose(found.probabilities[:, 0], p)
    assert found.warnings == ()


def test_what_a_judge_says_is_part_of_the_key(tmp_path: Path, tiny_encoder: Path) -> None:
    written(tmp_path)
    file = experiment_file(tmp_path, tiny_encoder, JUDGED, llm='"judged"', strategies='"coverage"')

    def keys() -> dict[tuple[str, str, int, int], str]:
        workshop = opened(file)
        return {
            (one.schedule, one.llm, one.draw, one.repeat): workshop.choice_key(one)
            for one in workshop.cells()
        }

    before = keys()
    written(tmp_path, [without_texts(0, ["good", "bad"]), without_texts(1, ["bad", "good"])])
    turned = {**without_texts(1, ["bad", "good"])}
    turned["p"] = [row[::-1] for row in turned["p"]]
    assert keys() == before  # the same labels in another order
    written(tmp_path, [without_texts(0, ["good", "bad"]), turned])
    changed = {cell for cell, key in keys().items() if before[cell] != key}
    assert changed == {("coverage", "judged/small", 1, 0)}


@pytest.mark.parametrize(
    ("small", "said"),
    [
        ([without_texts(0, ["good", "bad"])], "set 1: This candidate set is not judged here"),
        ([judged(0, ["good", "bad"], dataset="another")], "It judges no candidate set"),
        ([judged(0, ["good", "ill"])] * 1 + [judged(1, ["good", "bad"])], "judges the labels"),
        ([{**without_texts(0, ["good", "bad"]), "p": [[0.5, 0.5]]}], "does not judge the texts"),
        ([{**without_texts(0, ["good", "bad"]), "p": [[0.5]]}], "line 1: Not a judged set"),
        ([{"dataset": "verdicts"}], "line 1: Not a judged set: candidate_set"),
        ([without_texts(0, ["good", "bad"])] * 2, "line 2.*there twice"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    tmp_path: Path, tiny_encoder: Path, small: list[dict[str, Any]], said: str
) -> None:
    written(tmp_path, small)
    file = experiment_file(tmp_path, tiny_encoder, JUDGED, llm='"judged"', strategies='"coverage"')
    with pytest.raises(DataError, match=said):
        opened(file)


@pytest.mark.parametrize(
    ("llm", "strategies", "said"),
    [
        ('"judged/huge"', '"coverage"', "judged/huge"),
        ('"judged"', '"listwise"', "None of the strategies can ask"),
        ('"judged"', '"coverage", "listwise"', "can answer 'listwise'"),
        ('"recorded"', '"listwise"', "Add sessions"),
    ],
)
def test_what_nobody_can_answer_is_refused(
    tmp_path: Path, tiny_encoder: Path, llm: str, strategies: str, said: str
) -> None:
    written(tmp_path)
    file = experiment_file(tmp_path, tiny_encoder, JUDGED, llm=llm, strategies=strategies)
    with pytest.raises(UsageError, match=said):
        opened(file)
