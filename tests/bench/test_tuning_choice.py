"""The choice of settings: no promise by luck, what is there is found, and thin evidence is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from activellm.bench.tuning.advice import advise, paste
from activellm.bench.tuning.choosing import best, held_out, interval, promise
from activellm.bench.tuning.evidence import Evidence, weigh
from activellm.bench.tuning.likeness import Traits, like
from activellm.bench.tuning.needs import texts_needed, units_needed
from activellm.bench.tuning.picture import draw
from activellm.bench.tuning.points import Point
from activellm.bench.tuning.request import Request
from activellm.bench.tuning.sizes import fit_sizes, needed
from activellm.bench.tuning.table import markdown
from activellm.bench.tuning.target import labels_for
from activellm.bench.tuning.values import Choice, Values, values_of
from activellm.errors import UsageError

REQUEST = Request(strategies=("kmeans", "random", "typiclust"), candidates=(50, 100, 200))
KMEANS = Choice("kmeans", 200, "linear")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def noise(draw: np.random.Generator, units: int, settings: int) -> np.ndarray:
    """Differences from the first setting where all are alike and share the luck of a draw."""
    values = draw.normal(0, 5, (units, settings)) + draw.normal(0, 3, (units, 1))
    return values - values[:, :1]


def made(gain: float = 0.0, *, units: int = 24, seed: int = 0, wide: float = 5.0) -> Values:
    """A grid of measurements; 50 candidates of random picking gain so many points."""
    draw = rng(seed)
    rows = []
    for unit in range(units):
        luck = draw.normal(0, 3)
        for schedule in REQUEST.strategies:
            for candidates in REQUEST.candidates:
                for labels in REQUEST.select:
                    real = gain if (schedule, candidates) == ("random", 50) else 0.0
                    value = 50 + labels / 4 + luck + real + draw.normal(0, wide)
                    rows.append(row(schedule, candidates, labels, f"unit {unit}", 0, value))
    return values_of(rows)


def row(
    schedule: str, candidates: int, labels: int, data: str, draw: int, value: float
) -> dict[str, Any]:
    fixed = {"successor": "linear", "llm": "none", "prompt": "", "round": 1}
    return fixed | {
        "schedule": schedule,
        "candidates": candidates,
        "labels": labels,
        "data": data,
        "draw": draw,
        "macro_f1": value / 100,
    }


def of(values: Values, labels: int = 32, **options: Any) -> Evidence:
    found = weigh(values, KMEANS, labels, of="draws", **options)
    assert found is not None
    return found


# ---- the winner's curse -------------------------------------------------------------------------


@pytest.mark.parametrize(("units", "settings"), [(8, 20), (24, 9), (24, 27)])
def test_under_the_null_the_default_is_kept_and_nothing_is_promised(
    units: int, settings: int
) -> None:
    """No setting is better: one in twenty is advised at most, and the gain promised is 0."""
    draw = rng(units + settings)
    runs = 300
    found = [promise(noise(draw, units, settings), draw) for _ in range(runs)]
    changed = np.mean([one.sure for one in found])
    assert changed <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    gains = np.array([one.gain for one in found])
    assert abs(gains.mean()) < 3.5 * gains.std() / np.sqrt(runs)
    assert np.mean([one.naive for one in found]) > 1  # what looking at the winner would promise
    inside = np.mean([one.low <= 0 <= one.high for one in found])
    assert inside >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / runs)


def test_a_real_gain_is_found_and_the_promise_holds_it() -> None:
    draw = rng(3)
    runs, right, inside = 200, 0, 0
    for _ in range(runs):
        differences = noise(draw, 24, 9)
        differences[:, 4] += 6
        found = promise(differences, draw)
        right += found.sure and best(differences) == 4
        inside += found.low <= 6 <= found.high
    assert right / runs > 0.9
    assert inside / runs >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / runs)


def test_no_unit_tells_of_a_setting_that_it_chose() -> None:
    """Each unit has a setting of its own that is 100 points ahead: chosen by it, told by others."""
    differences = np.column_stack([np.zeros(6), 100 * np.eye(6)])
    values, _ = held_out(differences, differences, rng())
    assert values.tolist() == [0.0] * 6
    assert best(differences) > 0  # all units together would choose one of them


def test_nothing_is_better_than_itself() -> None:
    found = promise(np.zeros((6, 3)), rng())
    assert (found.gain, found.sure, best(np.zeros((6, 3)))) == (0.0, False, 0)


def test_the_interval_is_students_and_wider_where_draws_share_texts() -> None:
    values = rng(2).normal(1, 2, 12)
    expected = stats.t.interval(0.9, 11, values.mean(), stats.sem(values))
    assert interval(values, level=0.9) == pytest.approx(expected)
    low, high = interval(values, level=0.9, shared=0.5)
    assert (high - low) / (expected[1] - expected[0]) == pytest.approx(np.sqrt(13))


# ---- from measurements to advice ----------------------------------------------------------------


def test_settings_are_compared_on_the_same_draws_only() -> None:
    rows = [
        *(row("kmeans", 200, 32, "a", draw, 50 + draw) for draw in range(3)),
        row("random", 200, 32, "a", 1, 53),
        row("random", 200, 32, "a", 1, 55),  # another seed of that draw
        row("random", 200, 32, "a", 9, 99),  # the default has no such draw
    ]
    beside = values_of(rows).beside(KMEANS, 32)
    assert beside.choices == (KMEANS, Choice("random", 200, "linear"))
    assert beside.differences == pytest.approx(np.array([[0.0, 3.0]]))


def test_a_setting_that_lacks_a_unit_is_not_compared() -> None:
    rows = [row("kmeans", 200, 32, unit, 0, 50) for unit in "ab"]
    rows += [row("random", 200, 32, "a", 0, 90)]
    assert values_of(rows).beside(KMEANS, 32).choices == (KMEANS,)


def test_only_first_rounds_count() -> None:
    later = row("kmeans", 200, 64, "a", 0, 90) | {"round": 2}
    assert values_of([later]).table == {}


def test_a_better_setting_is_advised_with_a_line_to_paste() -> None:
    sizes = fit_sizes(400, REQUEST.candidates, REQUEST.select)
    advice = advise(REQUEST, sizes=sizes, own=made(8.0))
    assert advice.changed
    assert advice.choice == Choice("random", 50, "linear")
    assert advice.own is not None
    assert advice.own.promise.low <= 8 <= advice.own.promise.high
    assert "had no part in the choice" in advice.sentences[0]
    assert paste(advice, None) == (
        "activellm run POOL --candidates 50 --select 32 --strategy random --successor linear "
        "--llm none"
    )
    text = markdown(advice)
    assert "| random, 50 candidates, linear |" in text
    assert "| labels | default | advised |" in text


def test_thin_evidence_keeps_the_default_and_says_what_it_takes() -> None:
    sizes = fit_sizes(60, REQUEST.candidates, REQUEST.select)
    advice = advise(REQUEST, sizes=sizes, own=made(units=6, wide=15))
    assert not advice.changed
    assert advice.choice == KMEANS
    assert advice.own is not None
    assert advice.own.thin
    assert "the spread hides differences below" in advice.sentences[0]
    assert "keep kmeans, 200 candidates, linear" in advice.sentences[0]
    assert "labelled texts and 100 draws of them would show 2 points" in advice.sentences[0]


def test_much_evidence_of_no_difference_is_no_thin_evidence() -> None:
    found = of(made(units=40, wide=1.0))
    assert not found.changed
    assert not found.thin
    assert found.hidden < 2


def test_too_few_units_are_no_evidence() -> None:
    assert weigh(made(units=3), KMEANS, 32, of="data sets") is None
    advice = advise(REQUEST, others=made(units=3))
    assert advice.choice == KMEANS
    assert "too few data sets" in advice.sentences[0]


def test_two_sources_must_each_be_surer() -> None:
    sizes = fit_sizes(400, REQUEST.candidates, REQUEST.select)
    alone = advise(REQUEST, sizes=sizes, own=made(8.0)).own
    both = advise(REQUEST, sizes=sizes, own=made(8.0), others=made(units=8))
    assert alone is not None
    assert both.own is not None
    assert both.own.promise.low < alone.promise.low
    assert both.choice == Choice("random", 50, "linear")


def test_data_sets_decide_where_ones_own_texts_do_not() -> None:
    sizes = fit_sizes(400, REQUEST.candidates, REQUEST.select)
    advice = advise(REQUEST, sizes=sizes, own=made(), others=made(10.0, units=14, seed=5))
    assert advice.changed
    assert advice.choice == Choice("random", 50, "linear")


def test_a_default_that_was_not_measured_is_refused() -> None:
    with pytest.raises(UsageError, match="'coverage' with 'linear', was not measured"):
        advise(Request(strategies=("coverage",)), others=made())


def test_the_picture_shows_every_setting_and_no_markup_of_names() -> None:
    values = made(8.0, units=6)
    values.table[Choice("random", 50, "<b>")] = values.table.pop(Choice("random", 50, "linear"))
    svg = draw([of(values)])
    assert svg.count('class="dot"') == 27
    assert "&lt;b&gt;" in svg
    assert "<b>" not in svg


# ---- sizes --------------------------------------------------------------------------------------


def test_only_what_fits_beside_the_test_texts_is_simulated() -> None:
    sizes = fit_sizes(120, (50, 100, 200), (16, 32, 64))
    assert (sizes.test, sizes.candidates, sizes.select) == (40, (50,), (16,))
    assert sizes.left_out[0].startswith("100 and 200 candidates cannot be simulated from 120")
    assert "32 and 64 labels" in sizes.left_out[1]


def test_very_few_texts_show_nothing() -> None:
    assert fit_sizes(40, (200,), (16, 32)).select == ()
    assert fit_sizes(0, (200,), (16, 32)).select == ()


@pytest.mark.parametrize(("candidates", "select"), [(200, 32), (50, 16), (1000, 32)])
def test_so_many_labelled_texts_are_needed(candidates: int, select: int) -> None:
    texts = needed(candidates, select)
    assert candidates in fit_sizes(texts, (candidates,), (select,)).candidates
    assert candidates not in fit_sizes(texts - 1, (candidates,), (select,)).candidates


def test_more_units_show_less_until_what_they_share_hides_it() -> None:
    assert units_needed(20, 4.0, 2.0) == 80
    assert units_needed(20, 2.0, 2.0) == 20
    assert units_needed(20, 10.0, 2.0, shared=0.1) is None
    assert texts_needed(100, 100, 20.0, 2.0, 0.0) == 10000


# ---- how many labels ----------------------------------------------------------------------------


def test_the_smallest_number_of_labels_that_reaches_the_target() -> None:
    curve = [Point(16, 60, 55, 65), Point(32, 72, 68, 76), Point(64, 80, 77, 83)]
    found = labels_for(75, curve)
    assert (found.low, found.labels, found.high) == (32, 64, 64)
    over = labels_for(90, curve)
    assert (over.low, over.labels, over.high) == (None, None, None)


def test_a_fall_of_the_curve_is_taken_for_luck() -> None:
    curve = [Point(16, 76, 76, 76), Point(32, 70, 70, 70), Point(64, 80, 80, 80)]
    assert labels_for(75, curve).labels == 64  # 16 and 32 together are at 73


def test_the_target_decides_how_many_are_selected() -> None:
    sizes = fit_sizes(400, REQUEST.candidates, REQUEST.select)
    advice = advise(replace(REQUEST, target=64.0), sizes=sizes, own=made(wide=1.0))
    assert advice.select == 64
    assert advice.sentences[-1].startswith("Macro-F1 64 takes 64 of 16, 32, 64 labels")


# ---- data sets like yours -----------------------------------------------------------------------


def test_like_yours_is_read_off_and_each_difference_is_named() -> None:
    yours = Traits("yours", 2, 20, 0.6, False)
    near = [Traits(f"near {n}", 2 + n % 3, 15, 0.5, False) for n in range(5)]
    far = [
        Traits("many", 77, 20, 0.05, False),
        Traits("long", 2, 200, 0.6, False),
        Traits("pairs", 2, 20, 0.6, True),
        Traits("uneven", 2, 20, 0.95, False),
        Traits("unknown", 2, 20, None, False),
    ]
    found = like(yours, [*near, *far])
    assert found.counted == (*(one.name for one in near), "unknown")
    assert found.differs["many"] == ("77 classes", "most frequent label 5%")
    assert found.differs["long"] == ("200 words a text",)
    assert found.differs["pairs"] == ("pairs of texts",)
    assert found.differs["uneven"] == ("most frequent label 95%",)
    few = like(yours, [*near[:2], *far])
    assert len(few.counted) == 7
    assert "all of them count" in few.words
