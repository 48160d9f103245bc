"""Facts to show: a full report, and a bare one."""

from __future__ import annotations

import numpy as np

from activellm.evaluation import Advice, Comparison, Difference, Estimate, evaluate
from activellm.llm.protocol import Usage
from activellm.report.facts import (
    AnnotationFacts,
    CurvePoint,
    MapPoint,
    PickFacts,
    PoolFacts,
    PoolMap,
    ReportFacts,
    RoundFacts,
    Settings,
    StepCost,
)
from activellm.selection.contract import Dropped, Health, Judgement, Pick, Selection
from activellm.stopping import Verdict
from activellm.task import Label, Task

TASK = Task(
    description="What does the message ask for?",
    labels=(
        Label(name="complaint", definition="Something is wrong."),
        Label(name="request", definition="Something is wanted."),
        Label(name="praise"),
    ),
    guidelines="# How to label\nRead all of it.",
)


def bare(task: Task = TASK) -> ReportFacts:
    return ReportFacts(
        title="City messages",
        task=task,
        created="2026-11-22T19:20:00+00:00",
        pool=PoolFacts("messages.csv", rows=1234, kept=1200, folded=30, empty=4),
        settings=Settings(candidates=200, picks=2, strategy="auto", successor="linear"),
    )


def comparison(verdict="no evidence") -> Comparison:
    draws = tuple(0.5 + i / 100 for i in range(20))

    def difference(metric):
        return Difference(metric, 0.625, draws, 0.595, 0.03, -0.094, 0.154, 0.95, 13.0, verdict)

    return Comparison(
        n=2,
        candidates=200,
        draws=20,
        seeds=3,
        test_texts=400,
        accuracy=difference("accuracy"),
        macro_f1=difference("macro-F1"),
        sentence="No evidence of a difference from random picking.",
    )


def evaluations(task=TASK):
    truth = np.arange(90) % 3
    predicted = np.where(np.arange(90) < 72, truth, (truth + 1) % 3)
    model = np.where(np.arange(90) < 63, truth, (truth + 1) % 3)
    return (
        evaluate(task, truth, predicted, subject="successor", texts="hold-out"),
        evaluate(task, truth, model, subject="query model", texts="hold-out"),
        evaluate(task, truth, truth * 0, subject="majority", texts="hold-out"),
        evaluate(
            task,
            truth[:6],
            truth[:6],
            subject="successor",
            texts="labelled",
            method="leave-one-out",
            warnings=("Only 6 texts are labelled.",),
        ),
    )


def selection() -> Selection:
    return Selection(
        strategy="auto",
        picks=(Pick("a", "Clear for its class."), Pick("b", "Stands for 12 similar texts.")),
        used="listwise",
        explanation="The judge knows the task.",
        health=Health(
            dropped=(Dropped("213", "not shown"),),
            asked_again=1,
            filled=("b",),
            positions={"a": 3, "b": 190},
            shown=200,
            position_p=0.0004,
            warnings=("The answer was cut off.",),
        ),
        judgements=(Judgement("a", (0.7, 0.2, 0.1)), Judgement("b", (0.1, 0.8, 0.1))),
        recordings=("r1",),
    )


def curve() -> tuple[CurvePoint, ...]:
    """Three rounds on 200 gold labels, better from one to the next."""
    return tuple(
        CurvePoint(
            number=number,
            strategy="kmeans" if number == 1 else "bald",
            labels=25 * number,
            seconds=60.0 * number,
            accuracy=Estimate(0.5 + number / 10, 0.4 + number / 10, 0.6 + number / 10),
            macro_f1=Estimate(0.4 + number / 10, 0.3 + number / 10, 0.5 + number / 10),
            texts="gold",
            size=200,
        )
        for number in (1, 2, 3)
    )


def full() -> ReportFacts:
    picks = (
        PickFacts("a", "The lamp is broken. " * 20, answer=("complaint",), unsure=True, row=7),
        PickFacts("b", "Thanks for the new bench!", answer=("praise",), note="Nice one", row=9),
    )
    points = (
        MapPoint("a", 0.1, 0.2, "The lamp is broken.", "picked", ("complaint",)),
        MapPoint("b", 0.9, 0.8, "Thanks for the new bench!", "picked", ("praise",)),
        MapPoint("c", 0.5, 0.5, "Where is the form?", "candidate"),
        MapPoint("d", 0.4, 0.5, "When do you open?", "pool"),
        MapPoint("e", 0.3, 0.7, "Please mow the lawn.", "hold-out", ("request",)),
    )
    return ReportFacts(
        title="City messages",
        task=TASK,
        created="2026-11-22T19:20:00+00:00",
        pool=PoolFacts("messages.csv", 1234, 1200, 30, 4, ("message",), ("id", "message")),
        settings=Settings(
            candidates=200,
            picks=2,
            strategy="auto",
            successor="linear",
            successor_settings={"C": "1.0"},
            query_model={"sha256": "b179c9523d"},
            encoder="all-MiniLM-L6-v2",
            oracle="browser",
            seed=4711,
            preset="paper",
        ),
        rounds=(RoundFacts(1, selection(), picks, "2026-11-22T19:04:49+00:00", 2.5),),
        annotation=AnnotationFacts(2, ("Ada",), False, 1, 1, 1, 6.4, 30),
        map=PoolMap(points, "Similar texts stand close together.", 1200),
        evaluations=evaluations(),
        comparison=comparison(),
        advice=(Advice("more", "Label another round."), Advice("care", "Few are praise.")),
        curve=curve(),
        verdicts=(
            Verdict("kappa", "stop", 0.995, 0.99, "The last two classifiers agree."),
            Verdict("learning-curve", "cannot say", None, 1.0, "There are too few rounds."),
        ),
        costs=(
            StepCost("Import", 0.5, None, 180.4),
            StepCost("Selection", 119.7, Usage(3, 2, 5000, 64, 100.0, 0.0123), 612.0),
            StepCost("Again", 1.0, Usage(1, 0, None, None, 1.0, None)),
        ),
        versions={"Python": "3.11.9", "numpy": "2.1.0"},
        warnings=("The disk is nearly full.",),
        commands=("activellm run messages.csv --seed 4711",),
    )
