"""Trainings side by side learn what each learns alone. The GPU's way is run on the CPU here."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
import torch
from successor_contract import (
    MULTI,
    PAIR,
    PAIR_TARGETS,
    PAIRS,
    SENTIMENT,
    TARGETS,
    TEXTS,
    multi_targets,
)

from activellm.errors import ActiveLLMError
from activellm.progress import silent
from activellm.successors import make_successor, together
from activellm.successors.ensemble import Ensemble
from activellm.successors.together import Lesson, fit_together, learn_together, learning
from activellm.task import Task

QUICK: dict[str, dict[str, Any]] = {
    "finetune": {"epochs": 3, "learning_rate": 1e-3},
    "setfit": {"pairs": 3, "learning_rate": 1e-3},
}


def calm(lesson: Lesson) -> Lesson:
    """Without dropout, whose masks differ."""
    for module in lesson.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return lesson


def learners(name: str, tiny: Path, task: Task, count: int, **more: Any) -> list[Any]:
    options = {**QUICK[name], "precision": "float32", **more}
    return [
        make_successor(name, task, seed=seed, encoder=str(tiny), device="cpu", **options)
        for seed in range(count)
    ]


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("kind", ["texts", "pairs", "multi", "first token"])
def test_what_is_learned_is_what_each_learns_alone(
    name: str, kind: str, tiny: Path, tmp_path: Path
) -> None:
    if kind == "first token":
        tiny = tiny_encoder.pooled_by(tiny_encoder.build(tmp_path), "cls_token")
    task, contents, targets = {
        "texts": (SENTIMENT, TEXTS, TARGETS),
        "pairs": (PAIR, PAIRS, PAIR_TARGETS),
        "multi": (MULTI, TEXTS, multi_targets()),
        "first token": (SENTIMENT, TEXTS, TARGETS),
    }[kind]
    orders = [np.random.default_rng(seed).permutation(len(contents)) for seed in range(3)]
    work = [([contents[row] for row in order], targets[order], None) for order in orders]
    alone, at_once = (learners(name, tiny, task, 3) for _ in range(2))
    with learning():
        for learner, one in zip(alone, work, strict=True):
            lesson = calm(learner.lesson(*one))
            lesson.finish(lesson.alone(silent))
        lessons = [calm(one.lesson(*given)) for one, given in zip(at_once, work, strict=True)]
        for lesson, losses in zip(lessons, learn_together(lessons, silent), strict=True):
            lesson.finish(losses)
    for one, other in zip(alone, at_once, strict=True):
        np.testing.assert_allclose(other.losses, one.losses, rtol=1e-4, atol=1e-6)
        found, expected = other.predict_proba(contents), one.predict_proba(contents)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert alone[0].losses != alone[1].losses


@pytest.fixture
def as_on_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "on_gpu", lambda learner: hasattr(learner, "lesson"))
    monkeypatch.setattr(together, "_at_once", lambda model: 2)


def test_equal_trainings_share_steps_and_others_go_alone(
    as_on_gpu: None, monkeypatch: pytest.MonkeyPatch, tiny: Path
) -> None:
    groups: list[int] = []
    told: list[int] = []

    def counted(lessons: Sequence[Lesson], progress: Any) -> list[list[float]]:
        groups.append(len(lessons))
        return learn_together(lessons, progress)

    monkeypatch.setattr(together, "learn_together", counted)
    made = learners("finetune", tiny, SENTIMENT, 4)
    sizes = [len(TEXTS), len(TEXTS), len(TEXTS), len(TEXTS) - 1]
    work = [(TEXTS[:size], TARGETS[:size], None) for size in sizes]
    fit_together(made, work, progress=lambda _what, done, _total: told.append(done))
    assert groups == [2]  # two of the three equal ones, as many as fit
    assert all(len(one.losses) for one in made)
    assert told == sorted(told)
    single = learners("finetune", tiny, SENTIMENT, 4)[3].fit(*work[3][:2])
    assert made[3].losses == single.losses


def test_too_many_for_the_memory_are_halved(
    as_on_gpu: None, monkeypatch: pytest.MonkeyPatch, tiny: Path
) -> None:
    monkeypatch.setattr(together, "_at_once", lambda model: 4)
    tried: list[int] = []

    def small(lessons: Sequence[Lesson], progress: Any) -> list[list[float]]:
        tried.append(len(lessons))
        if len(lessons) > 2:
            raise torch.OutOfMemoryError
        return learn_together(lessons, progress)

    monkeypatch.setattr(together, "learn_together", small)
    made = learners("setfit", tiny, SENTIMENT, 4)
    fit_together(made, [(TEXTS, TARGETS, None)] * 4)
    assert tried == [4, 2, 2]
    assert all(len(one.losses) for one in made)


def test_a_loss_that_is_no_number_is_told(tiny: Path) -> None:
    made = learners("finetune", tiny, SENTIMENT, 2)
    with learning():
        lessons = [
            replace(one.lesson(TEXTS, TARGETS), loss=lambda out, *_: out.sum() * torch.nan)
            for one in made
        ]
        with pytest.raises(ActiveLLMError, match="not a number"):
            learn_together(lessons, silent)


def test_an_ensemble_is_trained_at_once_on_a_gpu(as_on_gpu: None, tiny: Path) -> None:
    made = [
        Ensemble(
            SENTIMENT,
            seed=7,
            encoder=str(tiny),
            device="cpu",
            inner="finetune(epochs=2)",
            members=4,
        ).fit(TEXTS, TARGETS)
        for _ in range(2)
    ]
    first, again = (one.predict_proba(TEXTS) for one in made)
    np.testing.assert_array_equal(first, again)  # same seed, same weights
    assert made[0].disagreement(TEXTS).shape == (len(TEXTS),)


def test_without_a_gpu_each_is_trained_as_ever(tiny: Path) -> None:
    made = learners("finetune", tiny, SENTIMENT, 2)
    fit_together(made, [(TEXTS, TARGETS, None)] * 2)
    alone = learners("finetune", tiny, SENTIMENT, 2)
    for one, other in zip(made, alone, strict=True):
        assert one.losses == other.fit(TEXTS, TARGETS).losses
