"""What counts of the events."""

from __future__ import annotations

from answers import said

from activellm.annotation.votes import decisions, repeats, standing


def test_the_latest_answer_of_each_person_stands():
    events = [said("t", "a", "x"), said("t", "b", "y"), said("t", "a", "z"), said("u", "a", "x")]
    assert standing(events) == {"t": {"a": events[2], "b": events[1]}, "u": {"a": events[3]}}


def test_undo_takes_back_the_last_of_the_same_person_on_the_same_text():
    events = [
        said("t", "a", "x"),
        said("t", "b", "y"),
        said("t", "a", action="skip"),
        said("t", "a", action="undo"),
        said("u", "a", action="undo"),
    ]
    assert standing(events) == {"t": {"a": events[0], "b": events[1]}}
    assert standing([*events, said("t", "a", action="undo")]) == {"t": {"b": events[1]}}


def test_decisions_stand_beside_answers_and_the_latest_counts():
    events = [
        said("t", "judge", "x"),
        said("t", "judge", "y", action="resolve"),
        said("t", "owner", "z", action="resolve"),
    ]
    assert decisions(events) == {"t": events[2]}
    assert standing(events) == {"t": {"judge": events[0]}}
    taken_back = [*events, said("t", "owner", action="undo")]
    assert decisions(taken_back) == {"t": events[1]}


def test_repeats_are_no_answers():
    events = [said("t", "a", "x"), said("t", "a", "y", action="repeat")]
    assert repeats(events) == [events[1]]
    assert standing(events) == {"t": {"a": events[0]}}
    assert standing([*events, said("t", "a", action="undo")]) == {}
