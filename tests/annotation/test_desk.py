"""Who of a team gets which text: overlap, leases, order, nobody idle, nobody blocked."""

from __future__ import annotations

import uuid

import pytest
from annotation_logs import MemoryLog
from annotation_samples import make_queue, make_task
from hypothesis import given
from hypothesis import strategies as st

from activellm.annotation.contract import Annotation, QueueItem
from activellm.annotation.desk import Desk
from activellm.annotation.leases import Leases
from activellm.annotation.votes import standing

TEAM = ("alice", "bob", "carol")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def event(id_, annotator, action="label", labels=("Roads",), at=""):
    labels = labels if action in ("label", "resolve", "repeat") else ()
    return Annotation(uuid.uuid4().hex, id_, annotator, action, labels=labels, at=at)


def over(desk):
    """Whether nothing waits for anybody."""
    return not any(desk.open_count(name) for name in TEAM)


def make_desk(count=6, *, overlap=1, log=None, clock=None, purpose=None):
    queue = make_queue(count)
    if purpose:
        queue = [QueueItem(item.example, purpose) for item in queue]
    return Desk(
        queue,
        make_task(),
        log or MemoryLog(),
        overlap=overlap,
        leases=Leases(60, clock or Clock()),
    )


def test_texts_go_out_in_order_and_to_one_person_each():
    desk = make_desk()
    assert desk.hand_out("alice", 2) == (["t0", "t1"], True)
    assert desk.hand_out("bob", 2) == (["t2", "t3"], True)
    assert desk.hand_out("alice", 2) == (["t0", "t1"], True)
    assert desk.hand_out("carol", 9) == (["t4", "t5"], False)


def test_with_overlap_each_text_goes_to_as_many_people_and_no_more():
    desk = make_desk(3, overlap=2)
    assert desk.hand_out("alice", 9)[0] == ["t0", "t1", "t2"]
    assert desk.hand_out("bob", 9)[0] == ["t0", "t1", "t2"]
    for id_ in ("t0", "t1"):
        desk.keep(event(id_, "alice"))
        desk.keep(event(id_, "bob"))
    assert desk.hand_out("carol", 9)[0] == ["t2"]  # both others still hold it: she takes over


def test_nobody_is_idle_while_others_hold_the_rest():
    clock = Clock()
    desk = make_desk(3, clock=clock)
    desk.hand_out("alice", 1)
    clock.now = 5
    desk.hand_out("bob", 2)
    assert desk.hand_out("carol", 3) == (["t0"], False)  # held longest


def test_a_lease_ends_by_itself_and_when_it_is_given_back():
    clock = Clock()
    desk = make_desk(2, clock=clock)
    desk.hand_out("alice", 2)
    clock.now = 59
    desk.leases.renew("alice")
    clock.now = 118
    assert desk.leases.holders("t0") == ["alice"]
    clock.now = 120
    assert desk.leases.holders("t0") == []
    assert desk.hand_out("bob", 9)[0] == ["t0", "t1"]
    desk.leases.release("bob")
    assert desk.hand_out("carol", 1)[0] == ["t0"]


def test_a_skipped_text_goes_to_somebody_else_and_waits_no_longer_when_all_have_skipped():
    desk = make_desk(1)
    for name in TEAM:
        assert not over(desk)
        assert desk.hand_out(name, 1)[0] == ["t0"]
        desk.keep(event("t0", name, "skip"))
        assert desk.hand_out(name, 1) == ([], False)
    assert over(desk)


def test_an_undone_answer_is_before_its_author_again():
    desk = make_desk(2)
    desk.keep(event("t0", "alice"))
    desk.keep(event("t0", "alice", "undo"))
    assert desk.hand_out("bob", 1)[0] == ["t1"]
    assert desk.hand_out("alice", 2)[0] == ["t0"]


def test_undo_takes_back_the_authors_own_answer_only_and_one_step():
    desk = make_desk(1, overlap=3)
    desk.keep(event("t0", "bob", labels=("Parks",)))
    desk.keep(event("t0", "alice", labels=("Roads",)))
    desk.keep(event("t0", "alice", labels=("Waste",)))
    desk.keep(event("t0", "alice", "undo"))
    assert desk.own("alice")["t0"].labels == ("Roads",)
    assert desk.own("bob")["t0"].labels == ("Parks",)


def test_a_decision_ends_a_text_and_undoing_it_opens_it_in_its_place():
    desk = make_desk(3)
    desk.keep(event("t1", "judge", "resolve"))
    assert list(desk.open_ids("alice")) == ["t0", "t2"]
    desk.keep(event("t1", "judge", "undo"))
    assert list(desk.open_ids("alice")) == ["t0", "t1", "t2"]


def test_a_check_goes_to_everybody():
    desk = make_desk(1, purpose="check")
    for name in TEAM:
        assert desk.hand_out(name, 1)[0] == ["t0"]
        desk.keep(event("t0", name))
    assert over(desk)
    assert desk.open_count("alice") == 0


def test_a_repeated_answer_labels_nothing():
    desk = make_desk(1)
    desk.keep(event("t0", "alice", "repeat"))
    assert desk.own("alice") == {}
    assert list(desk.open_ids("alice")) == ["t0"]


def test_a_new_round_keeps_what_was_answered_and_held():
    desk = make_desk(2)
    desk.hand_out("bob", 1)
    desk.keep(event("t1", "alice"))
    desk.refresh(make_queue(4))
    assert list(desk.open_ids("alice")) == ["t0", "t2", "t3"]
    assert desk.hand_out("alice", 1)[0] == ["t2"]


def test_an_event_that_is_known_changes_nothing():
    desk = make_desk(1)
    first = event("t0", "alice")
    assert desk.keep(first)
    assert not desk.keep(first)
    assert len(desk.log.annotations()) == 1


ACTIONS = st.tuples(
    st.sampled_from(["t0", "t1"]),
    st.sampled_from(TEAM),
    st.sampled_from(["label", "skip", "undo", "resolve", "repeat"]),
    st.sampled_from([("Roads",), ("Waste",)]),
)


@given(st.lists(ACTIONS, max_size=30))
def test_what_it_remembers_is_what_the_log_says(steps):
    desk = make_desk(2, overlap=2)
    for number, (id_, annotator, action, labels) in enumerate(steps):
        desk.keep(event(id_, annotator, action, labels, at=f"{number:03}"))
    counted = {
        (id_, answer.annotator): answer
        for id_, by in standing(desk.log.annotations()).items()
        for answer in by.values()
    }
    remembered = {(id_, name): answer for name in TEAM for id_, answer in desk.own(name).items()}
    assert remembered == counted
    again = make_desk(2, overlap=2, log=desk.log)
    for name in TEAM:
        assert list(again.open_ids(name)) == list(desk.open_ids(name))
        assert again.own(name) == desk.own(name)
        assert again.open_count(name) == desk.open_count(name) == len(list(desk.open_ids(name)))


@given(st.integers(1, 3), st.lists(st.tuples(st.sampled_from(TEAM), st.integers(1, 4))))
def test_nobody_gets_a_text_that_enough_others_have(overlap, requests):
    """Except to take over what is held longest, one at a time."""
    desk = make_desk(5, overlap=overlap)
    for name, most in requests:
        held = len(desk.leases.held(name))
        given_, _ = desk.hand_out(name, most)
        assert len(given_) <= max(most, held)
        for id_ in given_:
            others = [one for one in desk.leases.holders(id_) if one != name]
            assert len(others) < overlap or len(given_) == 1
        if given_:
            desk.keep(event(given_[0], name))
    labelled = [sum(id_ in desk.own(name) for name in TEAM) for id_ in desk.items]
    assert all(count <= overlap + 1 for count in labelled)


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_a_team_that_works_in_turns_labels_each_text_just_often_enough(overlap):
    desk = make_desk(7, overlap=overlap)
    turns = 0
    while not over(desk):
        name = TEAM[turns % 3]
        ids, _ = desk.hand_out(name, 2)
        if ids:
            desk.keep(event(ids[0], name))
        turns += 1
        assert turns < 100
    for id_ in desk.items:
        assert sum(id_ in desk.own(name) for name in TEAM) == overlap
