"""The reliability diagram, and what the report says of probabilities and seeds."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import report_samples as samples

from activellm.evaluation.calibration import Calibration, reliability
from activellm.evaluation.disagreement import look_at_disagreement
from activellm.evaluation.trust import Trust
from activellm.report.figures import reliability as diagram
from activellm.report.render import render
from activellm.successors.tempering import tempered
from activellm.task import Task

NBSP = "\N{NO-BREAK SPACE}"


def trust(size=120, heat=2.0, temperature=1.9, seed=0):
    """A classifier that is too sure, before and after."""
    task: Task = samples.TASK
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, (size, 3))
    true = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    targets = np.array([rng.choice(3, p=row) for row in true])
    said = tempered(true, 1 / heat, multi=False)
    after = tempered(said, temperature or 1.0, multi=False)
    right = said.argmax(axis=1) == targets
    return Trust(
        temperature,
        32,
        (
            Calibration(
                "hold-out",
                size,
                reliability(task, said, targets, resamples=200),
                reliability(task, after, targets, resamples=200),
            ),
        ),
        (look_at_disagreement(rng.choice([0, 0.2, 0.4], size), right, "hold-out"),),
    )


def test_the_diagram_holds_every_bin_and_words_for_all():
    found = trust().calibrations[0]
    drawn = str(diagram.reliability(found))
    assert drawn.count('class="dot successor"') == len(found.after.bins) == 10
    assert drawn.count('class="dot before"') == len(found.before.bins)
    assert drawn.count('class="whisker successor"') == 10
    assert drawn.count('class="expected"') == 1
    description = re.search(r"<desc[^>]*>(.*?)</desc>", drawn)
    assert description is not None
    for one in found.after.bins:
        said = f"{100 * one.probability:.0f}{NBSP}% sure, {100 * one.right.value:.0f}{NBSP}% right"
        assert said in description[1]
    assert 'role="img"' in drawn


def test_dots_stand_where_the_numbers_are():
    found = trust().calibrations[0]
    drawn = str(diagram.reliability(found))
    dots = re.findall(
        r'<circle cx="([\d.]+)%" cy="([\d.]+)" r="[\d.]+" class="dot successor"', drawn
    )
    line = re.search(r'x1="([\d.]+)%" x2="([\d.]+)%" y1="(\d+)" y2="(\d+)" class="expected"', drawn)
    assert line is not None
    x1, x2, y1, y2 = map(float, line.groups())
    for (x, y), one in zip(dots, found.after.bins, strict=True):
        assert (float(x) - x1) / (x2 - x1) == pytest.approx(one.probability, abs=1e-3)
        assert (float(y) - y1) / (y2 - y1) == pytest.approx(one.right.value, abs=5e-3)


def test_the_report_says_whether_and_how_it_was_calibrated():
    page = render(replace(samples.full(), trust=trust()))
    assert 'id="trust"' in page
    assert "log-odds were divided by 1.90, which makes them less sure" in page
    assert "32 labelled texts" in page
    assert "How to read it" in page
    assert "member of the ensemble votes otherwise" in page
    assert "With so few texts" not in page
    assert '<a href="#trust">' in page


def test_few_texts_and_no_temperature_are_said():
    page = render(replace(samples.full(), trust=trust(size=20, temperature=None)))
    assert "not calibrated" in page
    assert "With so few texts the dots scatter" in page
    assert "key before" not in page.split('id="trust"')[1].split("</section>")[0]


def test_without_it_the_report_is_silent():
    page = render(samples.full())
    assert 'id="trust"' not in page
    assert '"#trust"' not in page
    nothing = render(replace(samples.full(), trust=Trust(None, 0, ())))
    assert 'id="trust"' not in nothing
