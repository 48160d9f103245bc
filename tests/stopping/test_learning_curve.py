"""The learning curve's forecast on curves of known shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from stopping_helpers import THREE, estimate, history

from activellm.evaluation import Estimate
from activellm.stopping import History, RoundFacts, open_criterion
from activellm.stopping.forecast import Forecast, Point, forecast

Z95 = 1.959964


def power(labels, top, drop, exponent):
    """`drop` is what is missing at 25 labels."""
    return top - drop * (np.asarray(labels) / 25.0) ** -exponent


def luck(labels, rng, size=0.5):
    """Noise as of a mean over labels: rounds share theirs."""
    steps = np.diff(np.concatenate([[0], np.asarray(labels, dtype=float)]))
    return size * np.cumsum(rng.normal(size=len(steps)) * np.sqrt(steps)) / labels


def seen(curve, error=0.01) -> list[Point]:
    return [Point(25 * number, float(value), error) for number, value in enumerate(curve, 1)]


def simulated(seed: int, rounds: int) -> tuple[Forecast, float, float]:
    """A forecast, what the curve really rises by, and what is really measured next."""
    rng = np.random.default_rng(seed)
    labels = 25 * np.arange(1, rounds + 2)
    truth = power(labels, rng.uniform(0.7, 0.95), rng.uniform(0.1, 0.4), rng.uniform(0.2, 1.0))
    measured = truth + luck(labels, rng) + rng.normal(size=len(labels)) * 0.006
    found = forecast(seen(measured[:-1], error=0.015), 25)
    return found, truth[-1] - truth[-2], measured[-1]


@pytest.mark.parametrize("rounds", [3, 6, 10])
def test_intervals_hold_what_comes_about_as_often_as_they_say(rounds: int) -> None:
    """200 simulated curves, intervals of 80 %. They are a little wide: 86 to 90 % were held."""
    runs = [simulated(seed, rounds) for seed in range(200)]
    held = np.mean([one.low <= gain <= one.high for one, gain, _ in runs])
    measured = np.mean([one.measured_low <= value <= one.measured_high for one, _, value in runs])
    assert 0.75 <= held <= 0.95
    assert 0.75 <= measured <= 0.95  # the measurement's error is taken to be larger than it is
    error = np.mean([abs(one.gain - gain) for one, gain, _ in runs])
    naive = np.mean([gain for _, gain, _ in runs])
    assert error < naive


@pytest.mark.parametrize("exponent", [0.2, 0.5, 1.0])
def test_an_exact_curve_is_followed(exponent: float) -> None:
    labels = 25 * np.arange(1, 13)
    curve = power(labels, 0.9, 0.4, exponent)
    found = forecast(seen(curve[:-1], error=0.001), 25)
    truth = curve[-1] - curve[-2]
    assert found.low < truth < found.high
    assert found.gain == pytest.approx(truth, rel=0.35)
    assert found.measured_low < curve[-1] < found.measured_high


def test_more_labels_bring_more() -> None:
    points = seen(power(25 * np.arange(1, 7), 0.9, 0.4, 0.5))
    gains = [forecast(points, more).gain for more in (5, 25, 100, 400)]
    assert gains == sorted(gains)
    assert gains[0] < gains[-1] / 4


def test_the_higher_the_level_the_wider() -> None:
    points = seen(power(25 * np.arange(1, 7), 0.9, 0.4, 0.5))
    found = [forecast(points, 25, level) for level in (0.5, 0.8, 0.95)]
    lows, highs = [one.low for one in found], [one.high for one in found]
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)


def test_a_gain_never_leads_beyond_one() -> None:
    points = seen([0.6, 0.9, 0.97, 0.99], error=0.002)
    found = forecast(points, 1000)
    assert points[-1].value + found.high <= 1.01
    assert found.measured_high <= 1


def curve_verdict(values, half=0.02, **options):
    given = history(measured=[estimate(float(value), half) for value in values])
    return open_criterion("learning-curve", **options).judge(given)


def test_a_steep_curve_says_go_on() -> None:
    verdict = curve_verdict([0.4, 0.5, 0.57, 0.62])
    assert verdict.says == "go on"
    assert verdict.text.startswith(
        "By the curve of 4 rounds, 25 more labels would probably bring +"
    )
    assert "points of macro-F1 (80\N{NO-BREAK SPACE}% interval: +" in verdict.text


def test_a_curve_that_was_flat_for_long_says_stop() -> None:
    verdict = curve_verdict([0.5, 0.7, 0.74, 0.75, 0.752, 0.749, 0.751, 0.75, 0.752, 0.751])
    assert verdict.says == "stop"
    assert verdict.value < 0.005


def test_flat_noise_of_few_rounds_cannot_say() -> None:
    for seed in range(20):
        values = 0.6 + np.random.default_rng(seed).normal(size=4) * 0.04
        verdict = curve_verdict(values, half=0.08)
        assert verdict.says != "stop", (seed, verdict)


def test_two_points_are_too_few() -> None:
    verdict = curve_verdict([0.5, 0.6])
    assert (verdict.says, verdict.value) == ("cannot say", None)
    assert "needs 3 rounds" in verdict.text
    assert "there are 2." in verdict.text


def test_a_falling_curve_is_called_one() -> None:
    verdict = curve_verdict([0.8, 0.74, 0.7, 0.64, 0.6, 0.55])
    assert (verdict.says, verdict.value) == ("cannot say", None)
    assert "fell from 80.0\N{NO-BREAK SPACE}% to 55.0\N{NO-BREAK SPACE}%" in verdict.text


def test_narrower_intervals_weigh_more() -> None:
    """The same values: the odd third one counts less where it was measured badly."""
    values = [0.5, 0.6, 0.5, 0.68, 0.7]

    def points(error: float) -> list[Point]:
        found = seen(values)
        return [*found[:2], replace(found[2], error=error), *found[3:]]

    exact, rough = forecast(points(0.01), 25), forecast(points(0.5), 25)
    assert rough.high - rough.low < exact.high - exact.low


def rounds_of(*facts: tuple[int, float, str]) -> History:
    return History(
        THREE,
        tuple(
            RoundFacts(number, labels, macro_f1=estimate(value), measured_on=kind)
            for number, (labels, value, kind) in enumerate(facts, 1)
        ),
        left=1000,
        select=25,
    )


def test_only_measurements_on_the_same_kind_of_texts_are_joined() -> None:
    steps = [(25, 0.9, "labelled"), (50, 0.5, "gold"), (75, 0.6, "gold"), (100, 0.65, "gold")]
    with_other, alone = rounds_of(*steps), rounds_of(*steps[1:])
    criterion = open_criterion("learning-curve")
    assert criterion.judge(with_other) == criterion.judge(alone)
    assert criterion.judge(rounds_of(*steps[:3])).says == "cannot say"


def test_measuring_on_the_labelled_texts_is_called_rough() -> None:
    steps = [(25, 0.5, "labelled"), (50, 0.6, "labelled"), (75, 0.65, "labelled")]
    assert "rough" in open_criterion("learning-curve").judge(rounds_of(*steps)).text


def test_accuracy_may_be_asked_for() -> None:
    given = history(measured=[0.5, 0.6, 0.65])
    fair = tuple(
        replace(one, accuracy=estimate(value))
        for one, value in zip(given.rounds, (0.7, 0.71, 0.72), strict=True)
    )
    verdict = open_criterion("learning-curve", measure="accuracy").judge(
        replace(given, rounds=fair)
    )
    assert "points of accuracy" in verdict.text
    assert verdict.value < open_criterion("learning-curve").judge(given).value


def test_fewer_texts_left_than_a_round_takes() -> None:
    given = replace(history(measured=[0.5, 0.6, 0.65]), left=4)
    assert "4 more labels" in open_criterion("learning-curve").judge(given).text


def test_the_intervals_own_level_counts() -> None:
    """An interval of 68 % and twice that for 95 % speak of the same error."""
    values = [0.5, 0.6, 0.65, 0.66]
    half = 0.02
    wide = [Estimate(v, v - half * Z95, v + half * Z95, 0.95) for v in values]
    narrow = [Estimate(v, v - half, v + half, 0.6826895) for v in values]
    one, two = (
        open_criterion("learning-curve").judge(history(measured=each)) for each in (wide, narrow)
    )
    assert one.value == pytest.approx(two.value, rel=1e-4)
