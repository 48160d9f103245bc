"""Several models, several orders, heats: what is asked, how votes become picks, what is said."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter
from selection_helpers import context, texts

from activellm.errors import QueryModelError, UsageError
from activellm.llm.scripted import ScriptedModel
from activellm.selection import Selection, open_strategy

LINE = re.compile(r'^(\d+): "Text (\d+) ', re.MULTILINE)


def shown_in(messages) -> dict[int, int]:
    """Number in the prompt -> the text's own number."""
    first = next(turn.content for turn in messages if turn.role == "user")
    return {int(number): int(text) for number, text in LINE.findall(first)}


def wanted_in(messages) -> int:
    return int(re.search(r"exactly (\d+)", messages[-1].content).group(1))


def by_content(messages) -> str:
    """A model that reads: it names the texts with the greatest own numbers, wherever they are."""
    shown = shown_in(messages)
    best = sorted(shown, key=lambda number: -shown[number])[: wanted_in(messages)]
    return ", ".join(str(number) for number in best)


def by_place(messages) -> str:
    """A model that does not read: it names the same uneven places whatever stands there."""
    places = [1, 2, 4, 5, 7, 11, 12, 14, 15, 17, 18, 20, 22, 23, 26, 27]
    return ", ".join(str(place) for place in places[: wanted_in(messages)])


def named(name: str, respond=by_content, **changes) -> ScriptedModel:
    return ScriptedModel(respond=respond, name=name, **changes)


def choose(n=8, count=40, *, model=None, others=(), **options) -> Selection:
    model = model or named("reader")
    given = context(count, open_model=lambda: model, open_committee=lambda: tuple(others))
    return open_strategy("listwise", **options).select(given, n)


def best(count: int, n: int) -> set[str]:
    return {f"id-{index}" for index in range(count - n, count)}


def test_orders_of_one_model_agree_if_it_reads():
    model = named("reader")
    chosen = choose(orders=4, model=model)
    assert model.calls == 4
    assert len({tuple(shown_in(asked).values()) for asked in model.asked}) == 4
    assert set(chosen.ids) == best(40, 8)
    assert chosen.health.agreement.jaccard == 1
    assert chosen.health.agreement.rank_correlation == pytest.approx(1)
    assert abs(chosen.health.agreement.places_correlation) < 0.5
    assert {pick.votes for pick in chosen.picks} == {4}
    assert all(pick.reason == "4 of 4 votes" for pick in chosen.picks)


def test_a_model_that_answers_by_place_is_found_out():
    health = choose(orders=4, model=named("parrot", by_place)).health
    assert health.agreement.places_correlation == pytest.approx(1)
    assert health.agreement.jaccard < 0.4
    assert sum(health.quarters) == 32
    assert health.quarters[0] > 16
    assert any("uneven" in warning for warning in health.warnings)


def test_a_committee_votes():
    one, two, parrot = named("one"), named("two"), named("parrot", by_place)
    chosen = choose(model=one, others=(two, parrot))
    assert [model.calls for model in (one, two, parrot)] == [1, 1, 1]
    assert set(chosen.ids) == best(40, 8), "two votes of three beat one"
    assert {ballot.model for ballot in chosen.health.ballots} == {"one", "two", "parrot"}
    assert chosen.usage.calls == 3
    assert "3 ballots on 40 candidates" in chosen.explanation


def test_votes_survive_json():
    chosen = choose(orders=2)
    kind = TypeAdapter(Selection)
    assert kind.validate_json(kind.dump_json(chosen)) == chosen


def test_an_answer_that_is_no_choice_does_not_vote():
    def first_ones(messages):
        return ", ".join(str(number) for number in range(1, wanted_in(messages) + 1))

    chosen = choose(model=named("lazy", first_ones), others=(named("reader"),))
    assert set(chosen.ids) == best(40, 8)
    assert len(chosen.health.set_aside) == 1
    assert any("Its votes were not counted" in warning for warning in chosen.health.warnings)


def test_heats_take_the_planned_calls_and_find_the_best():
    model = named("reader", parallel=4)
    given = context(400, open_model=lambda: model)
    strategy = open_strategy("listwise", shown=40)
    planned = strategy.plan(context(400, open_model=lambda: model), 8)
    assert model.calls == 0
    assert [later.calls for later in planned.later] == [2, 1]
    chosen = strategy.select(given, 8)
    assert model.calls == len(planned.questions) + 3 == 13
    asked = {question.messages for question in planned.questions}
    assert asked <= set(model.asked), "the first stage is asked just as it was planned"
    assert set(chosen.ids) == best(400, 8)
    assert [ballot.heat for ballot in chosen.health.ballots] == [1] * 10 + [2] * 2 + [3]
    assert all(len(ballot.shown) <= 40 for ballot in chosen.health.ballots)


def test_side_by_side_or_one_by_one_the_selection_is_the_same():
    alone = choose(count=300, shown=30, model=named("reader", parallel=1))
    together = choose(count=300, shown=30, model=named("reader", parallel=16))
    assert together.ids == alone.ids
    assert [b.shown for b in together.health.ballots] == [b.shown for b in alone.health.ballots]


def test_a_committee_takes_turns_in_the_heats_and_votes_together_at_the_end():
    one, two = named("one"), named("two")
    choose(count=200, shown=40, model=one, others=(two,), orders=2)
    assert one.calls + two.calls == 5 + 4
    assert {one.calls, two.calls} == {4, 5}


def test_more_picks_than_one_list_can_show():
    chosen = choose(n=60, count=200, shown=40)
    assert len(set(chosen.ids)) == 60
    assert "Each list gave its share" in chosen.explanation
    assert not chosen.health.filled


def test_a_failing_member_is_an_error_and_names_itself():
    broken = ScriptedModel([QueryModelError("gone", where="broken")])
    with pytest.raises(QueryModelError, match="broken: gone"):
        choose(others=(broken,))


def test_lists_too_short_are_refused():
    with pytest.raises(UsageError, match="--shown"):
        choose(shown=1)


def test_the_lists_of_heats_lose_and_repeat_nobody():
    model = named("reader")
    open_strategy("listwise", shown=25).select(context(95, open_model=lambda: model), 6)
    first = [shown_in(asked) for asked in model.asked if len(shown_in(asked)) > 20][:4]
    assert sorted(text for shown in first for text in shown.values()) == sorted(
        int(example.id.removeprefix("id-")) for example in texts(95)
    )
