"""What the rounds of a project came to and what a further one would bring, for its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from activellm.annotation.contract import QueueItem
from activellm.project.annotating import notice
from activellm.project.curve import points
from activellm.project.folder import Project
from activellm.project.resolving import opinions
from activellm.project.rounds import Round, judged, queue, rounds
from activellm.project.stopping import history
from activellm.project.training import latest_training
from activellm.stopping import History, Verdict, advise_stopping, read_criteria
from activellm.stopping.forecast import forecast
from activellm.stopping.learning_curve import LEAST, measured_points


@dataclass(frozen=True)
class Outlook:
    """What steps of the project are done. It changes when a job ends, not with every answer.

    Attributes:
        queue: All that people have been asked.
        notice: What annotators should know of the round.
        rounds: All rounds so far.
        curve: What was measured after each round, as JSON.
        gain: What the next round would probably bring, as JSON; None if nobody can say.
        advice: What the stopping criteria say, as JSON.
        trained_from: Answers that came after this moment (ISO 8601) are in no training yet; empty
            if there was none.
        trained_at: When the latest training ended; empty if there was none.
        judged: The query model's label probabilities, by text.
        opinions: A classifier's probabilities for labelled texts that it did not learn from.
    """

    queue: tuple[QueueItem, ...]
    notice: str
    rounds: tuple[Round, ...]
    curve: tuple[dict[str, Any], ...]
    gain: dict[str, Any] | None
    advice: tuple[dict[str, Any], ...]
    trained_from: str
    trained_at: str
    judged: dict[str, tuple[float, ...]]
    opinions: dict[str, list[float]]


def look_out(project: Project) -> Outlook:
    """Read what is done; takes a moment: a second where 5,000 texts were looked at."""
    done = rounds(project)
    known = history(project)
    criteria = read_criteria(project.settings.stopping)
    found = advise_stopping(known, criteria) if known.rounds else ()
    training = latest_training(project)
    started = ended = ""
    if training is not None:
        ended = training.result.at
        began = datetime.fromisoformat(ended) - timedelta(seconds=training.result.seconds)
        started = began.isoformat(timespec="microseconds")
    return Outlook(
        queue=tuple(queue(project)),
        notice=notice(project),
        rounds=tuple(done),
        curve=_curve(project),
        gain=_gain(known, found),
        advice=tuple(_advice(one) for one in found),
        trained_from=started,
        trained_at=ended,
        judged=judged(done),
        opinions=opinions(project, len(done)),
    )


def _curve(project: Project) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "round": one.number,
            "labels": one.labels,
            "accuracy": one.measured.accuracy.value,
            "low": one.measured.accuracy.low,
            "high": one.measured.accuracy.high,
            "macro_f1": one.measured.macro_f1.value,
            "texts": one.measured.texts,
            "size": one.measured.size,
        }
        for one in points(project)
        if one.measured is not None
    )


def _advice(verdict: Verdict) -> dict[str, Any]:
    return {
        "criterion": verdict.criterion,
        "says": verdict.says,
        "stop": verdict.says == "stop",
        "text": verdict.text,
    }


def _gain(known: History, found: tuple[Verdict, ...]) -> dict[str, Any] | None:
    """The gain of the next round in macro-F1, with its interval."""
    more = min(known.select, known.left)
    measured = measured_points(known)
    if more < 1 or len(measured) < LEAST:
        return None
    ahead = forecast(measured, more)
    texts = [one.text for one in found if one.criterion == "learning-curve"]
    return {
        "labels": more,
        "gain": ahead.gain,
        "low": ahead.low,
        "high": ahead.high,
        "level": ahead.level,
        "text": texts[0] if texts else "",
    }
