"""A whole team at a real project, in real browsers: label, disagree, decide, go on."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from office_projects import make_project

from activellm.annotation.web.server import bind, hosts_of, run
from activellm.project import labelled, rounds
from activellm.project.office import ProjectOffice
from activellm.project.serving import team_app
from activellm.project.team import invite, link

pytestmark = pytest.mark.browser

ROLES = {"alice": "annotator", "bob": "annotator", "judge": "adjudicator", "boss": "owner"}


def heard(message, trouble):
    if message.type == "error" and "403" not in message.text:
        trouble.append(message.text)


@pytest.fixture
def team(chromium, tmp_path, tiny_encoder):
    """A page for each of the team, at the pages of their role."""
    project = make_project(
        tmp_path / "p", overlap=2, select=4, candidates=10, encoder=str(tiny_encoder)
    )
    over = threading.Event()
    with bind("127.0.0.1", None) as listener:
        base = f"http://{hosts_of(listener)[0]}"
        office = ProjectOffice(project, base)
        app = team_app(project, office, listener, None)
        thread = threading.Thread(target=partial(run, app, listener, over.is_set))
        thread.start()
        contexts, pages, trouble = [], {}, []
        for name, role in ROLES.items():
            contexts.append(chromium.new_context())
            page = pages[name] = contexts[-1].new_page()
            page.set_default_timeout(60_000)
            page.on("pageerror", lambda error, name=name: trouble.append(f"{name}: {error}"))
            page.on("console", lambda one: heard(one, trouble))
            page.goto(link(base, invite(project, name, role)))
            page.wait_for_selector("#card:not([hidden])")
            page.home = base
        yield project, pages
        for context in contexts:
            context.close()
        over.set()
        thread.join(10)
        office.close()
    assert trouble == []


def says(page, selector, words):
    page.wait_for_function(
        "([where, words]) => document.querySelector(where)?.textContent === words",
        arg=[selector, words],
    )


@pytest.mark.slow
def test_a_disagreement_is_resolved_and_the_next_round_begins(team):
    project, pages = team
    alice, bob, judge, boss = pages.values()
    for page, keys in ((alice, "1123"), (bob, "1121")):
        for number, key in enumerate(keys):
            page.wait_for_selector("#card:not([hidden])")
            page.keyboard.press(key)
            says(page, "#done", f"{number + 1} of 4")
        page.wait_for_selector("#end:not([hidden])")
    last = project.store.annotations()[-1].example_id

    boss.goto(f"{boss.home}/owner")
    says(boss, "#to-decide", "1")
    says(boss, "#progress-title", "Round 1 of 2")
    says(boss, "tr[data-key=bob] .labelled", "4")
    # alice 1 1 2 3, bob 1 1 2 1: observed disagreement 2/8; expected 2 (5*2 + 5*1 + 2*1) / (8*7)
    says(boss, "#agreement-main .figure", "α 0.59")
    assert len(labelled(project)) == 3  # a tie teaches nothing

    judge.goto(f"{judge.home}/disagreements")
    judge.wait_for_selector("#case:not([hidden])")
    said = "[...document.querySelectorAll('.opinion .said')].map((one) => one.innerText)"
    assert [one.split("\n")[0] for one in judge.evaluate(said)] == ["so-so", "good"]
    judge.keyboard.press("3")
    says(judge, "#saved", "Decided: so-so")
    judge.wait_for_selector("#empty:not([hidden])")
    assert {one.example.id: one.answer for one in labelled(project)}[last] == ("so-so",)
    boss.wait_for_selector("#to-decide", state="hidden")

    assert judge.goto(f"{judge.home}/owner").status == 403
    assert alice.evaluate("fetch('api/v1/disagreements').then((reply) => reply.status)") == 403
    assert alice.evaluate("fetch('api/v1/overview').then((reply) => reply.status)") == 403

    assert "Go on with the next round" in boss.locator("#state").inner_text()
    boss.click("[data-job=next-round]")
    says(boss, "#progress-title", "Round 2 of 2")
    says(boss, "#job-state", "is done")
    assert len(rounds(project)) == 2
    assert boss.locator("#curve-chart .dot").count() == 1  # the first round was measured
    alice.wait_for_selector("#card:not([hidden])")  # new texts come to open pages by themselves
    alice.keyboard.press("2")
    says(boss, "tr[data-key=alice] .labelled", "5")
