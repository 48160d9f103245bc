"""Texts, labels, notes and reasons that attack: nothing runs, everything is shown as written."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import report_samples as samples

from activellm.evaluation import Advice
from activellm.report.facts import (
    MapPoint,
    ModelCalls,
    PickFacts,
    PoolMap,
    PrivacyFacts,
    RoundFacts,
    StepCost,
)
from activellm.report.figures.pool_map import safe_json
from activellm.report.render import render
from activellm.selection.contract import (
    Agreement,
    Ballot,
    Dropped,
    Health,
    Judgement,
    Pick,
    Selection,
    Suspicion,
)
from activellm.stopping import Verdict
from activellm.task import Label, Task

ATTACKS = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=2</script>",
    "</style><script>window.pwned=3</script>",
    "<img src=x onerror=window.pwned=4>",
    '"><svg onload=window.pwned=5>',
    "' onmouseover='window.pwned=6' x='",
    "</title></svg><iframe src=javascript:window.pwned=7></iframe>",
    "<a href='javascript:window.pwned=8'>click</a>",
    "{{ 7*191 }} {% raw %} ${7*191}",
    "<!-- <script> --!><img src=x onerror=window.pwned=9>",
    "]]><script>window.pwned=10</script>",
    "&lt;script&gt;window.pwned=11&lt;/script&gt;",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=http://example.org'>",
    "<textarea><noscript><title><img src=x onerror=window.pwned=12>",
    "\N{RIGHT-TO-LEFT OVERRIDE}desrever\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}",
    "مرحبا بكم في المدينة",
    "\x00\x07\x1b[31mred\x7f",
    "lone \ud800 surrogate",
    "x" * 5000,
)


def printable(text: str) -> str:
    """A label must be printable; the rest of the corpus is used as it is."""
    return "".join(sign for sign in text if sign.isprintable() and sign != "|")


def ballots(ids, flaw):
    """A heat of two lists, and a last list that all attackers were shown; two are flawed."""
    heat = (Ballot(ATTACKS[3], tuple(ids[:9]), tuple(ids[:2]), 2, heat=1, flaw=flaw),) * 2
    last = [
        Ballot(attack, tuple(ids), tuple(ids[at : at + 2]), 2, heat=2, flaw=flaw or why)
        for at, (attack, why) in enumerate(zip(ATTACKS[:6], (ATTACKS[0], *[""] * 5), strict=True))
    ]
    return (*heat, *last)


def hostile():
    labels = [printable(attack) for attack in ATTACKS[:9]]
    task = Task(
        description=ATTACKS[0],
        labels=tuple(Label(name=name, definition=ATTACKS[3]) for name in labels),
        guidelines="\n".join(ATTACKS).encode("utf-8", "replace").decode(),
    )
    ids = [f"{i}{attack}" for i, attack in enumerate(ATTACKS)]
    chances = tuple(1 / 9 for _ in labels)
    selection = Selection(
        strategy=ATTACKS[1],
        used=ATTACKS[2],
        picks=tuple(Pick(key, attack) for key, attack in zip(ids, ATTACKS, strict=True)),
        explanation=ATTACKS[3],
        health=Health(
            dropped=tuple(Dropped(attack, attack) for attack in ATTACKS),
            positions={ids[0]: 1, ids[1]: 20},
            shown=20,
            quarters=(2, 0, 0, 0),
            ballots=ballots(ids, ""),
            set_aside=ballots(ids, ATTACKS[3]),
            agreement=Agreement(2, 0.5, 0.1),
            suspicious=tuple(Suspicion(attack, attack, attack) for attack in (*ATTACKS, *ids)),
            warnings=ATTACKS,
        ),
        judgements=tuple(Judgement(key, chances) for key in ids),
    )
    picks = tuple(
        PickFacts(key, attack, answer=(labels[i % 9],), note=attack)
        for i, (key, attack) in enumerate(zip(ids, ATTACKS, strict=True))
    )
    points = tuple(
        MapPoint(key, i / 20, i % 7 / 7, attack, "picked", (labels[i % 9],))
        for i, (key, attack) in enumerate(zip(ids, ATTACKS, strict=True))
    )
    full = samples.full()
    return replace(
        full,
        title=ATTACKS[6],
        task=task,
        pool=replace(full.pool, source=ATTACKS[4], columns=ATTACKS),
        settings=replace(full.settings, query_model={ATTACKS[3]: ATTACKS[4]}, encoder=ATTACKS[0]),
        rounds=(RoundFacts(1, selection, picks, started=ATTACKS[3]),),
        map=PoolMap(points, ATTACKS[3]),
        annotation=replace(full.annotation, annotators=ATTACKS),
        evaluations=samples.evaluations(task),
        advice=(Advice("care", ATTACKS[3]),),
        curve=tuple(
            replace(point, strategy=attack)
            for point, attack in zip(samples.curve(), ATTACKS, strict=False)
        ),
        verdicts=tuple(Verdict(attack, "stop", None, None, attack) for attack in ATTACKS),
        costs=(StepCost(ATTACKS[3], 1.0),),
        privacy=PrivacyFacts(tuple(ModelCalls(attack, False, attack) for attack in ATTACKS)),
        versions={ATTACKS[3]: ATTACKS[0]},
        warnings=ATTACKS,
        commands=ATTACKS,
    )


def test_no_element_or_script_comes_from_the_facts():
    html = render(hostile())
    html.encode("utf-8")  # no lone surrogate is left
    assert len(re.findall("<script", html)) == 2
    assert len(re.findall("</script", html)) == 2
    for element in ("<img", "<iframe", "<textarea", "<a href='java", "<meta http-equiv=refresh"):
        assert element not in html
    assert "1337" not in html  # no template is evaluated
    assert not re.search("[\x00\x07\x1b\x7f]", html)
    assert "␛[31mred␡" in html


def test_json_inside_a_script_element_holds_nothing_that_ends_it():
    written = str(safe_json(list(ATTACKS)))
    assert json.loads(written) == list(ATTACKS)
    assert written.isascii()
    assert not set("<>&") & set(written)


@pytest.mark.browser
def test_nothing_runs_in_a_real_browser(chromium, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(render(hostile()), encoding="utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    requests, troubles = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.goto(path.as_uri())
    frame = page.locator("#map-frame")
    frame.focus()
    for _ in range(len(ATTACKS)):
        page.keyboard.press("ArrowRight")
    page.locator("#map-words").fill("<img")
    page.locator("#map-list button").first.click()
    page.locator("#pick-words").fill("script")
    for summary in page.locator("summary").all()[:60]:
        if summary.is_visible():
            summary.click()
    assert page.evaluate("window.pwned") is None
    assert requests == [path.as_uri()]
    assert troubles == []
    assert page.url == path.as_uri()
    texts = page.locator("#pick-table td.what > .text").all_text_contents()
    assert [text.strip() for text in texts][:8] == list(ATTACKS[:8])
    page.close()


@pytest.mark.browser
def test_the_policy_stops_even_a_script_that_got_in(chromium, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(
        render(samples.bare()).replace("</main>", "<script>window.pwned=1</script></main>"),
        encoding="utf-8",
    )
    page = chromium.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("window.pwned") is None
    page.close()
