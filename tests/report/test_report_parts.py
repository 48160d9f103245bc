"""Figures, words and the map's plane, by hand calculation."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import spearmanr

from activellm.evaluation import Difference, wilson
from activellm.report import words
from activellm.report.collect import _option
from activellm.report.figures.places import evenness, places, quarter_counts
from activellm.report.figures.results import bar, strip, whisker
from activellm.report.figures.svg import Scale, tag
from activellm.report.projection import choose_points, project_2d
from activellm.selection.contract import Health


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (0.43, 0.71, (0.5, 0.6, 0.7)),
        (1, 200, (50, 100, 150, 200)),
        (3, 3, (3,)),
    ],
)
def test_ticks_are_round_and_inside(low, high, ticks):
    assert Scale(low, high).ticks() == pytest.approx(ticks)


def test_a_scale_maps_its_ends_to_the_borders():
    scale = Scale(20, 40)
    assert [scale.share(v) for v in (10, 20, 25, 40, 99)] == [0, 0, 25, 100, 100]
    assert Scale(2, 2).share(2) == 50


def test_text_and_attributes_are_escaped():
    assert str(tag("text", "<b>&", x='"')) == '<text x="&#34;">&lt;b&gt;&amp;</text>'


def test_a_whisker_stands_where_its_numbers_are():
    drawn = str(whisker("n", wilson(0.5, 1)))
    assert 'cx="50.000%"' in drawn
    low, high = re.search(r'x1="([\d.]+)%" x2="([\d.]+)%" y1="14" y2="14"', drawn).groups()
    # Wilson for 0.5 of 1: centre 0.5, half width z / (1 + z^2) * sqrt(1/4 + z^2/4).
    z = 1.959964
    half = z / (1 + z * z) * np.sqrt(0.25 + z * z / 4)
    assert (float(low), float(high)) == pytest.approx((50 - 100 * half, 50 + 100 * half), abs=0.01)


def test_a_bar_is_as_long_as_its_share():
    assert 'width="37.000%"' in str(bar("n", 0.37, "x"))
    assert 'width="0.000%"' in str(bar("n", None, "x"))


def test_the_strip_shows_every_draw_once():
    draws = tuple([0.5] * 6 + [0.6] * 14)
    drawn = str(
        strip(Difference("accuracy", 0.7, draws, 0.57, 0.13, 0.01, 0.25, 0.95, 20, "better"))
    )
    dots = re.findall(r'<circle cx="([\d.]+)%" cy="([\d.]+)"', drawn)
    assert len(dots) == len(set(dots)) == 20


def test_picks_are_counted_by_quarter():
    health = Health(positions={"a": 1, "b": 50, "c": 51, "d": 200, "e": 150}, shown=200)
    assert quarter_counts(health) == (2, 1, 1, 1)
    assert str(places(health)).count('class="place"') == 5
    assert quarter_counts(Health(positions={"a": 1, "b": 2, "c": 3}, shown=3)) == (1, 1, 1, 0)


def test_evenness_in_words():
    assert "not tested" in evenness(None)
    assert "less than once in 1,000" in evenness(1e-9)
    assert "read the picks with doubt" in evenness(0.004)
    assert "may have played a part" in evenness(0.03)
    assert "about 340 times in 1,000" in evenness(0.34)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3725, "1 h 2 min"),
        (None, "unknown"),
    ],
)
def test_durations(seconds, said):
    assert words.duration(seconds) == said


def test_other_words():
    nbsp, minus = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"
    assert words.percent(0.8366, 1) == f"83.7{nbsp}%"
    assert words.percent(None) == "–"
    assert words.points(-0.0213) == f"{minus}2.1 points"
    assert words.signed(-0.0004) == "0.0"
    assert words.ratio(-0.347) == f"{minus}0.35"
    assert words.ratio(-0.001) == "0.00"
    assert words.visible("a\u200bb\u202ec") == "a[U+200B]b[U+202E]c"
    assert words.visible("naïve 日本 😀") == "naïve 日本 😀"
    assert words.apart(-0.02) == "2.0 points below"
    assert words.apart(0.0001) == "as high as"
    assert words.dollars(0.0123) == "$0.0123"
    assert words.dollars(12.5) == "$12.50"
    assert words.dollars(None) == "unknown"
    assert words.when("2026-01-02T03:04:05+00:00") == "2 January 2026, 03:04 UTC"
    assert words.when("some day") == "some day"
    assert words.answer(()) == "no label"
    assert words.answer(None) == "–"
    assert words.excerpt("one two three", 9) == "one two…"
    assert words.excerpt("a" * 300, 10) == "a" * 10 + "…"


def test_a_setting_is_written_as_its_option_takes_it():
    assert _option("local_only", True) == ["--local-only"]
    assert _option("committee", ("a/b", "c")) == ["--committee", "a/b", "--committee", "c"]
    assert _option("max_cost", 2.5) == ["--max-cost", "2.5"]


def test_similar_texts_stand_close_together():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4, 32))
    group = np.repeat(np.arange(4), 30)
    vectors = (4 * centres[group] + rng.normal(size=(120, 32))).astype(np.float32)
    plane = project_2d(vectors, seed=3).points
    assert plane.shape == (120, 2)
    assert plane.min() >= 0
    assert plane.max() <= 1
    distance = np.linalg.norm(plane[:, None] - plane, axis=2)
    np.fill_diagonal(distance, np.inf)
    assert np.mean(group[distance.argmin(axis=1)] == group) > 0.97
    assert np.array_equal(plane, project_2d(vectors, seed=3).points)


def test_few_or_equal_vectors_use_principal_components():
    line = np.outer(np.arange(10), [3.0, 4.0, 0.0]).astype(np.float32)
    found = project_2d(line, seed=0)
    assert "Principal components" in found.method
    assert abs(spearmanr(found.points[:, 0], np.arange(10)).statistic) == pytest.approx(1)
    assert np.ptp(found.points[:, 0]) == pytest.approx(1)
    assert np.ptp(found.points[:, 1]) == pytest.approx(0, abs=1e-6)
    assert project_2d(np.ones((50, 4), np.float32), seed=0).points.tolist() == [[0.5, 0.5]] * 50
    assert project_2d(np.zeros((0, 4), np.float32), seed=0).points.shape == (0, 2)
    assert project_2d(np.ones((1, 1), np.float32), seed=0).points.shape == (1, 2)


def test_points_are_chosen_with_all_that_must_be_there():
    rng = np.random.default_rng(0)
    chosen = choose_points(10_000, [9_999, 5, 5], rng, most=100)
    assert len(chosen) == len(set(chosen)) == 100
    assert {5, 9_999} <= set(chosen.tolist())
    assert choose_points(3, [1], rng).tolist() == [0, 1, 2]
    assert len(choose_points(300, range(200), rng, most=100)) == 200
