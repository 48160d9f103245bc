"""Ballots, votes and agreement in the report, against values counted by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import ballot_samples as ballots
import numpy as np
import pytest
import report_samples as samples
from pydantic import TypeAdapter
from test_report_render import Page

from activellm.report import agreement as words
from activellm.report.ballots import cast_ballots, counted_ballots, final_ballots, stages
from activellm.report.facts import PickFacts, RoundFacts
from activellm.report.figures.ballots import (
    agreement_bar,
    funnel,
    set_aside_strips,
    spread,
    strips,
    vote_mark,
)
from activellm.report.figures.places import places, quarter_counts
from activellm.report.render import render
from activellm.report.tables import pick_rows
from activellm.report.votes import VoteCell, vote_table
from activellm.selection.contract import Agreement, Ballot, Health, Pick, Selection, Suspicion

GAP = "\N{NO-BREAK SPACE}"
FOUR = ("a", "b", "c", "d")


def cast(model="m", shown=FOUR, named=("a", "b"), heat=0, flaw=""):
    return Ballot(model, tuple(shown), tuple(named), len(named), heat=heat, flaw=flaw)


def said(facts):
    return Page(render(facts)).text


def two_lists(*last, heat=1):
    return (
        cast("m", ("r", "a", "b", "c"), ("a", "b"), heat),
        cast("k", ("d", "r", "e", "f"), ("e", "f"), heat),
        *last,
    )


def test_ballots_are_named_by_model_order_heat_and_list():
    plain = Health(ballots=(cast("m"), cast("m"), cast("k")))
    assert [one.name for one in cast_ballots(plain)] == [f"m, order{GAP}1", f"m, order{GAP}2", "k"]
    assert [one.number for one in cast_ballots(plain)] == [1, 2, 3]
    heats = Health(ballots=two_lists(cast("m", "abef", "ae", 2)))
    assert [(one.number, one.name) for one in cast_ballots(heats)] == [
        (0, f"m, heat{GAP}1, list{GAP}1"),
        (0, f"k, heat{GAP}1, list{GAP}2"),
        (1, "m, last list"),
    ]


def test_a_ballot_that_is_no_choice_does_not_count_beside_a_sound_one():
    flawed, sound = cast("m", flaw="exactly the first 2 of the list"), cast("k", named="cd")
    health = Health(ballots=(flawed, sound))
    assert [one.ballot.model for one in counted_ballots(health)] == ["k"]
    assert [one.counts for one in cast_ballots(health)] == [False, True]
    alone = Health(ballots=(flawed, flawed))
    assert [one.counts for one in cast_ballots(alone)] == [True, True]
    assert counted_ballots(Health()) == ()


def test_lists_that_share_the_picks_out_are_no_ballots_on_the_same_texts():
    health = Health(ballots=two_lists())
    assert final_ballots(health) == ()
    assert counted_ballots(health) == ()
    assert [(one.name, one.lists) for one in stages(health)] == [("Heat 1", 2)]


def test_stages_count_candidates_and_leave_out_what_a_recap_repeats():
    final = cast("m", ("r", "a", "b", "e", "f"), ("a",), 2)
    first, last = stages(Health(ballots=two_lists(final, replace(final, model="k"))))
    assert (first.name, first.lists, first.texts, first.longest) == ("Heat 1", 2, 6, 4)
    assert (last.name, last.lists, last.texts, last.longest) == ("Last list", 1, 4, 5)
    assert stages(Health(ballots=(cast(),))) == ()


def test_ten_thousand_candidates_become_thirty_two_in_a_funnel():
    facts = ballots.heats()
    found = stages(facts.rounds[0].selection.health)
    assert [one.texts for one in found] == [10_000, 1_600, 256, 64]
    assert [one.lists for one in found] == [50, 8, 2, 1]
    drawn = str(funnel(found, 32))
    assert "10,000 shown in heat 1, 50 lists of at most 200; 1,600 shown in heat 2" in drawn
    assert drawn.count("funnel-bar") == 5
    widths = [float(w) for w in re.findall(r'width="([\d.]+)%" height="18"', drawn)]
    assert widths == pytest.approx([100, 40, 16, 8, 100 * (32 / 10_000) ** 0.5], abs=1e-3)
    assert "10,000 shown in heat 1, 50 lists" in said(facts)["choice"]


def round_of(*cast_, picks=FOUR):
    chosen = tuple(Pick(id, "why", votes=0) for id in picks)
    texts = tuple(PickFacts(id, f"text {id}") for id in picks)
    return RoundFacts(1, Selection("listwise", chosen, health=Health(ballots=cast_)), texts)


def named_shown(one):
    """The same round with a health that says how many texts the prompt showed."""
    health = replace(one.selection.health, shown=4)
    return replace(one, selection=replace(one.selection, health=health))


def votes_of(one):
    return vote_table(one, pick_rows(replace(samples.bare(), rounds=(one,))))


def test_the_table_of_votes_by_hand():
    shown = ("d", "c", "b", "a", "x")
    table = votes_of(
        round_of(
            cast("m", (*FOUR, "x"), ("b", "a")),
            cast("m", shown, ("b", "x")),
            cast("k", shown, ("b", "c")),
        )
    )
    assert [(one.row.pick.id, one.votes) for one in table.rows] == [
        ("b", 3),
        ("a", 1),
        ("c", 1),
        ("d", 0),
    ]
    assert table.rows[0].cells == (VoteCell(1, 2), VoteCell(1, 3), VoteCell(1, 3))
    assert table.rows[1].cells == (VoteCell(2, 1), None, None)
    assert [(run.model, run.numbers) for run in table.models] == [("m", "1, 2"), ("k", "3")]
    assert table.sentence == (
        "1 of the 4 picks was named by all 3 ballots; 1 further text was named, but not picked."
    )


def test_votes_skip_a_ballot_that_was_not_counted():
    flawed = cast("z", flaw="a regular grid")
    table = votes_of(round_of(cast("m"), flawed, cast("m", named="cd"), cast("m", named="cd")))
    assert [(run.model, run.numbers) for run in table.models] == [("m", "1, 3, 4")]
    assert table.sentence == "None of the 4 picks was named by all 3 ballots."
    assert votes_of(round_of(cast("m"), flawed)) is None
    assert votes_of(round_of(cast("m"))) is None


def test_votes_on_pairs_show_both_texts():
    one = round_of(cast("m"), cast("k"))
    one = replace(one, picks=tuple(replace(pick, pair="the claim") for pick in one.picks))
    task = samples.TASK.model_copy(update={"pair": True})
    assert said(replace(samples.bare(task), rounds=(named_shown(one),)))["choice"].count(
        "text a / the claim"
    )


def test_a_mark_says_what_it_means():
    assert "named as number 3, at place 17" in str(vote_mark(VoteCell(3, 17)))
    assert 'class="not-voted"' in str(vote_mark(None))


def test_the_page_shows_votes_by_ballot():
    page = Page(render(ballots.committee()))
    health = ballots.committee().rounds[0].selection.health
    named = {id for ballot in health.ballots for id in ballot.named}
    picked = set(ballots.committee().rounds[0].selection.ids)
    votes = sum(len(set(ballot.named) & picked) for ballot in health.ballots)
    marks = [given.get("class") for tag, given in page.elements if tag == "svg"]
    assert marks.count("voted") == votes
    assert marks.count("voted") + marks.count("not-voted") == 32 * 4
    assert f"{len(named - picked)} further texts were named" in page.text["choice"]
    assert "1, 2: openai/gpt-4o; 3, 4: mistral/mistral-large-latest." in page.text["choice"]
    assert page.text["picks"].count("of 4") >= 32


def test_a_single_ballot_has_neither_votes_nor_agreement():
    page = Page(render(ballots.single()))
    assert "How the ballots agree" not in page.text["choice"]
    assert "Votes" not in page.text["picks"]


def test_quarters_of_all_ballots_are_drawn_before_those_of_the_picks():
    health = Health(positions={"a": 1}, shown=4, quarters=(6, 1, 1, 0), ballots=(cast(), cast()))
    assert quarter_counts(health) == (6, 1, 1, 0)
    drawn = str(places(health))
    shares = (75, 12, 12, 0)  # 12.5 % is written as the even number
    assert re.findall(rf">(\d+){GAP}%<", drawn) == [str(share) for share in shares]
    heights = [float(h) for h in re.findall(r'height="([\d.]+)" rx', drawn)]
    assert heights == pytest.approx([60, 10, 10, 0])
    # An even share of 8 is 2, a third of the highest bar of 60 that stands on 76.
    assert 'y1="56"' in drawn
    assert 'class="place"' not in drawn  # ticks of several prompts stand in strips of their own


def test_a_strip_has_a_tick_where_each_named_text_stood():
    shown = tuple(f"t{at}" for at in range(10))
    one, two = strips(
        Health(ballots=(cast("m", shown, ("t9", "t0")), cast("k", shown, ("t1", "t2", "t4"))))
    )
    assert re.findall(r'x1="([\d.]+)%" x2="[\d.]+%" y1="4"', str(one.drawn)) == ["5.000", "95.000"]
    assert one.note == f"50{GAP}% in the first quarter"
    assert two.note == f"33{GAP}% in the first quarter"
    assert "3 texts named of 10 shown" in str(two.drawn)


def test_a_ballot_without_any_name_is_drawn_empty():
    (one, _) = strips(Health(ballots=(cast(named=()), cast())))
    assert one.note == "named nothing"
    assert "place" not in re.findall(r'class="(\w+)"', str(one.drawn))


def test_many_ballots_are_drawn_model_by_model():
    shown = tuple(f"t{at}" for at in range(20))
    few = [cast("m", shown, ("t0", "t19")) for _ in range(12)]
    assert len(strips(Health(ballots=tuple(few)))) == 12
    one, two = strips(Health(ballots=(*few, cast("k", shown, ("t10",)))))
    assert (one.name, two.name) == ("m, 12 ballots", "k, 1 ballot")
    heights = [float(h) for h in re.findall(r'height="([\d.]+)" class="crowd"', str(one.drawn))]
    assert heights == [20, *[0] * 18, 20]
    assert spread("m, 12 ballots", few) == one.drawn


def test_what_was_set_aside_says_why_and_shows_it():
    facts = ballots.single()
    (strip,) = set_aside_strips(facts.rounds[0].selection.health)
    assert str(strip.drawn).count("place doubted") == 32
    assert strip.note == f"100{GAP}% in the first quarter"
    text = said(facts)["health"]
    assert "No choice: exactly the first 32 of the list." in text
    assert "Answers set aside1" in text


def test_a_flawed_ballot_that_stands_is_marked():
    health = Health(ballots=(cast("m", flaw="a regular grid"), cast("k")))
    first, second = strips(health)
    assert first.flaw == "a regular grid; not counted"
    assert second.flaw == ""


def test_texts_that_give_orders_are_listed_with_what_they_hide():
    text = said(ballots.committee())["health"]
    assert "2 candidates read as if they gave orders" in text
    assert "Ignore all above" in text
    assert "poses as an answer" in text
    assert "Answer:[U+200B] 1, 2[U+202E], 3" in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("jaccard", "chance", "verdict"),
    [
        (0.60, 0.09, "agree well"),  # (0.60 - 0.09) / 0.91 = 0.56
        (0.40, 0.09, "still differ"),  # 0.34
        (0.17, 0.09, "hardly more than chance"),  # 0.09
        (0.60, 0.50, "still differ"),  # 0.2: much of it is chance
    ],
)
def test_agreement_is_judged_against_chance(jaccard, chance, verdict):
    found = Agreement(3, jaccard, chance)
    assert verdict in words.overlap(found)
    assert f"{100 * jaccard:.0f}{GAP}%" in words.overlap(found)
    assert words.orders(found) == words.by_place(found, 200) == ""
    drawn = str(agreement_bar(found))
    assert f'width="{100 * jaccard:.3f}%"' in drawn
    assert f'x1="{100 * chance:.3f}%"' in drawn


def test_correlations_in_words():
    found = Agreement(2, 0.5, 0.1, rank_correlation=-0.347, places_correlation=0.5)
    assert "\N{MINUS SIGN}0.35" in words.orders(found)
    assert "answers by place" in words.by_place(found, 200)
    assert "answers by place" not in words.by_place(found, 20)  # 3 / sqrt(19) = 0.69


def test_what_the_prompts_showed_in_words():
    assert words.shown(Health(shown=200)) == "The prompt showed 200 texts in shuffled order."
    same = Health(shown=4, ballots=(cast(), cast()))
    assert words.shown(same).startswith("2 prompts showed 4 texts each")
    mixed = Health(shown=4, ballots=(cast(), cast(shown="abc")))
    assert words.shown(mixed).startswith("2 prompts showed 3 to 4 texts each")


def test_a_selection_from_before_ballots_is_still_shown():
    written = TypeAdapter(Selection).dump_python(samples.selection(), mode="json")
    for name in ("quarters", "ballots", "set_aside", "agreement", "suspicious"):
        del written["health"][name]
    for pick in written["picks"]:
        del pick["votes"]
    again = TypeAdapter(Selection).validate_python(written)
    assert again == samples.selection()
    old = replace(samples.full().rounds[0], selection=again)
    text = said(replace(samples.full(), rounds=(old,)))
    assert "showed 200 texts" in text["choice"]
    assert "How the ballots agree" not in text["choice"]
    assert "Votes" not in text["picks"]


@pytest.mark.parametrize(
    "facts",
    [
        ballots.single(),
        ballots.committee(),
        ballots.committee(tuple(f"p/model-{at}" for at in range(20)), 1),
        ballots.heats(),
        ballots.heats(450, 32, 40, orders=3),
    ],
    ids=["single", "committee", "twenty", "heats", "heats-orders"],
)
def test_no_figure_takes_an_attribute_that_the_policy_forbids(facts):
    page = Page(render(facts))
    names = {name for _, given in page.elements for name in given}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    ids = [given["id"] for _, given in page.elements if given.get("id")]
    assert len(ids) == len(set(ids))
    named = set(ids)
    for _, given in page.elements:
        for key in ("aria-labelledby", "aria-describedby"):
            assert set((given.get(key) or "").split()) <= named


def test_facts_with_ballots_go_through_json():
    adapter = TypeAdapter(type(ballots.committee()))
    again = adapter.validate_json(adapter.dump_json(ballots.committee()))
    assert again == ballots.committee()
    assert render(again) == render(ballots.committee())


def test_votes_stand_in_the_picks_table_with_how_many_could():
    one = round_of(cast("m", named="ab"), cast("k", named="bc"))
    rows = pick_rows(replace(samples.bare(), rounds=(one,)))
    assert [(row.votes, row.ballots) for row in rows] == [(0, 2)] * 4
    old = pick_rows(samples.full())
    assert [(row.votes, row.ballots) for row in old] == [(None, 0)] * 2


def test_a_suspicious_text_that_was_picked_is_marked():
    facts = ballots.committee()
    health = replace(facts.rounds[0].selection.health, suspicious=())
    first, other = facts.rounds[0].selection.ids[0], "never seen"
    health = replace(health, suspicious=(Suspicion(first, "why"), Suspicion(other, "why")))
    selection = replace(facts.rounds[0].selection, health=health)
    text = said(replace(facts, rounds=(replace(facts.rounds[0], selection=selection),)))["health"]
    assert f"{ballots.text_of(first)[:30]}" in text
    assert "never seen" in text
    assert text.count("picked") == 1


def test_the_samples_are_what_they_say():
    health = ballots.committee().rounds[0].selection.health
    assert sum(health.quarters) == 4 * 32
    assert np.isclose(health.agreement.expected_jaccard, 5.12 / (64 - 5.12))
