"""What the owner and the adjudicators of a real project see."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office_projects import LABELS, answer, make_project

from activellm.annotation.consensus import resolve
from activellm.annotation.contract import Annotation
from activellm.annotation.people import Reveal
from activellm.annotation.votes import decisions, standing
from activellm.errors import ActiveLLMError, UsageError
from activellm.project import Project, select
from activellm.project.lately import Lately
from activellm.project.ledger import Ledger
from activellm.project.office import ProjectOffice
from activellm.project.store import StepResult


@pytest.fixture
def office_of():
    made = []

    def make(project, **more):
        more = {"clock": Clock(), **more}  # on a busy machine, too, everything takes no time
        made.append(ProjectOffice(project, "https://example.org/labels", **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


# ---- the ledger ---------------------------------------------------------------------------------


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("xyz"),
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(["label", "label", "skip", "undo", "resolve", "repeat"]),
        st.sampled_from(LABELS),
        st.booleans(),
    ),
    max_size=30,
)


class FakeStore:
    def __init__(self):
        self.events = []

    def events_after(self, sequence):
        return list(enumerate(self.events, start=1))[sequence:]


@settings(max_examples=60)
@given(EVENTS, st.integers(1, 7))
def test_reading_bit_by_bit_comes_to_the_same_as_reading_all(events, step):
    from office_projects import Label, Task

    task = Task(description="?", labels=tuple(Label(name=name) for name in LABELS))
    store, whole = FakeStore(), FakeStore()
    whole.events = [
        Annotation(
            f"e{n}",
            id_,
            who,
            action,
            labels=(label,) if action in ("label", "resolve", "repeat") else (),
            discuss=discuss,
            at=f"2026-01-01T00:00:{n:02}",
        )
        for n, (id_, who, action, label, discuss) in enumerate(events)
    ]
    ledger = Ledger(store, task)
    for start in range(0, len(whole.events), step):
        store.events = whole.events[: start + step]
        assert ledger.read()
        assert not ledger.read()
    once = Ledger(whole, task)
    once.read()
    assert ledger.standing == once.standing == standing(whole.events)
    assert ledger.decisions == decisions(whole.events)
    assert ledger.resolved == resolve(whole.events, task)
    assert ledger.disputed == once.disputed
    assert ledger.flagged.keys() == once.flagged.keys()
    assert ledger.tallies == once.tallies
    counted = [one for by in ledger.standing.values() for one in by.values()]
    for name, tally in ledger.tallies.items():
        own = [one for one in counted if one.annotator == name]
        assert tally.labelled == sum(one.action == "label" for one in own)
        assert tally.discuss == sum(one.discuss for one in own)


# ---- the overview -------------------------------------------------------------------------------


def test_an_empty_project(tmp_path, office_of):
    office = office_of(make_project(tmp_path / "p", rounds=0))
    seen = office.overview({})
    assert seen["project"] == "p"
    assert seen["texts"] == 40
    assert seen["round"] == {
        "number": 0, "of": 2, "asked": 0, "answered": 0, "open": 0, "skipped": 0, "labels": 0,
        "wanted": 0, "overlap": 1,
    }  # fmt: skip
    assert seen["people"] == []
    assert [one["count"] for one in seen["classes"]] == [0, 0, 0]
    assert seen["agreement"] is seen["forecast"] is seen["training"] is seen["anchoring"] is None
    assert (seen["disagreements"], seen["second_look"], seen["report"]) == (0, 0, False)
    assert json.loads(json.dumps(seen, allow_nan=False)) == seen
    assert office.disagreements() == {"texts": [], "count": 0}
    assert office.agreement()["texts"] == 0


def test_a_round_of_two_people(tmp_path, office_of):
    project = make_project(tmp_path / "p", overlap=2)
    office = office_of(project)
    office.invite("alice", "annotator")
    ids = [item.example.id for item in office.queue()]
    assert len(ids) == 10
    for number, id_ in enumerate(ids[:6]):
        answer(project, id_, "alice", LABELS[number % 3], seconds=4.0, unsure=number == 0)
    for number, id_ in enumerate(ids[:4]):
        answer(project, id_, "bob", LABELS[0], seconds=8.0, discuss=number == 3)
    answer(project, ids[7], "bob", action="skip")
    now = "2999-01-01T00:00:00+00:00"
    seen = office.overview({"alice": now})
    assert seen["round"] == {
        "number": 1, "of": 2, "asked": 10, "answered": 4, "open": 6, "skipped": 1, "labels": 10,
        "wanted": 20, "overlap": 2,
    }  # fmt: skip
    alice, bob = seen["people"]
    assert (alice["role"], alice["labelled"], alice["unsure"]) == ("annotator", 6, 1)
    assert (alice["median_seconds"], alice["per_hour"]) == (4.0, 900.0)
    assert (alice["online"], alice["last_seen"]) == (True, now)
    assert (bob["role"], bob["labelled"], bob["skipped"], bob["discuss"]) == ("", 4, 1, 1)
    assert not bob["online"]
    # alice: good bad so-so good bad so-so; bob: good x 4: two texts tie, two agree, two are alone
    assert [one["count"] for one in seen["classes"]] == [2, 1, 1]
    assert seen["classes"][0]["by"] == {"alice": 2, "bob": 4}
    assert seen["disagreements"] == 3  # two differ, one of the agreed ones is flagged
    assert seen["agreement"]["texts"] == 4
    assert seen["agreement"]["pairs"] == 1
    assert office.agreement()["pairs"][0]["texts"] == 4


def test_an_answer_is_seen_at_once_and_undone_again(tmp_path, office_of):
    project = make_project(tmp_path / "p")
    office = office_of(project)
    id_ = office.queue()[0].example.id
    assert office.overview({})["round"]["answered"] == 0
    answer(project, id_, "alice", "good")
    assert office.overview({})["round"]["answered"] == 1
    answer(project, id_, "alice", action="undo")
    assert office.overview({})["round"]["answered"] == 0
    assert office.overview({})["people"][0]["labelled"] == 0


def test_only_new_events_are_read(tmp_path, office_of, monkeypatch):
    project = make_project(tmp_path / "p")
    office = office_of(project)
    ids = [item.example.id for item in office.queue()]
    answer(project, ids[0], "alice", "good")
    office.overview({})
    monkeypatch.setattr(type(project.store), "annotations", None)  # reading all would fail
    asked = []
    read = project.store.events_after
    monkeypatch.setattr(
        project.store, "events_after", lambda after: asked.append(after) or read(after)
    )
    answer(project, ids[1], "alice", "bad")
    assert office.overview({})["round"]["answered"] == 2
    office.overview({})
    assert asked == [1, 2]


def test_checks_measure_people_and_are_no_progress(tmp_path, office_of):
    project = make_project(tmp_path / "p", given={"x0": "good", "x1": "bad"}, checks=2)
    office = office_of(project)
    assert len(office.queue()) == 12
    answer(project, "x0", "alice", "good")
    answer(project, "x1", "alice", "good")
    seen = office.overview({})
    assert seen["round"]["asked"] == 10
    assert seen["round"]["answered"] == 0
    checks = seen["people"][0]["checks"]
    assert (checks["share"], checks["n"]) == (0.5, 2)


def test_repeats_tell_how_consistent_somebody_is(tmp_path, office_of):
    project = make_project(tmp_path / "p")
    office = office_of(project)
    ids = [item.example.id for item in office.queue()]
    for id_ in ids[:4]:
        answer(project, id_, "alice", "good")
    for id_, label in zip(ids[:4], ("good", "good", "good", "bad"), strict=True):
        answer(project, id_, "alice", label, action="repeat")
    consistency = office.overview({})["people"][0]["consistency"]
    assert (consistency["share"], consistency["n"]) == (0.75, 4)


# ---- what waits for an adjudicator -------------------------------------------------------------


def test_disagreements_side_by_side_until_somebody_decides(tmp_path, office_of):
    project = make_project(tmp_path / "p", overlap=3)
    office = office_of(project)
    first, second, third = (item.example.id for item in office.queue()[:3])
    answer(project, first, "bob", "bad", note="clearly", unsure=True)
    answer(project, first, "alice", "good")
    answer(project, first, "carl", action="skip")
    answer(project, second, "alice", "good")
    answer(project, third, "alice", "so-so", discuss=True)
    found = office.disagreements()
    assert found["count"] == 2
    one, flagged = found["texts"]
    assert one["id"] == first
    assert one["text"].startswith("text number")
    assert one["why"] == ["disagreement"]
    assert [(row["annotator"], row["labels"], row["action"]) for row in one["answers"]] == [
        ("alice", ["good"], "label"),
        ("bob", ["bad"], "label"),
        ("carl", [], "skip"),
    ]
    assert (one["answers"][1]["note"], one["answers"][1]["unsure"]) == ("clearly", True)
    assert (flagged["id"], flagged["why"], flagged["suggestion"]) == (third, ["discuss"], None)
    assert office.disagreements(limit=1)["count"] == 2
    assert len(office.disagreements(limit=1)["texts"]) == 1

    answer(project, first, "judge", "bad", action="resolve", note="a close call")
    found = office.disagreements()
    assert found["count"] == 1
    assert [row["id"] for row in found["texts"]] == [third, first]
    decision = found["texts"][1]["decision"]
    assert (decision["labels"], decision["by"], decision["note"]) == (
        ["bad"],
        "judge",
        "a close call",
    )
    assert office.overview({})["round"]["answered"] == 1  # one decision is worth three labels

    answer(project, first, "judge", action="undo")
    assert office.disagreements()["count"] == 2


def test_the_more_reliable_are_suggested(tmp_path, office_of):
    """Carl answers alike whatever he sees; where all three differ in pairs, alice and bob count."""
    project = make_project(tmp_path / "p", count=60, select=30, candidates=60, overlap=3)
    office = office_of(project)
    ids = [item.example.id for item in office.queue()]
    for number, id_ in enumerate(ids):
        right = LABELS[number % 3]
        answer(project, id_, "alice", right)
        answer(project, id_, "bob", right)
        answer(project, id_, "carl", "so-so")
    suggested = {one["id"]: one["suggestion"] for one in office.disagreements()["texts"]}
    assert suggested[ids[0]] == {"labels": ["good"], "by": "reliability"}
    assert len(suggested) == 20


def test_doubted_labels_are_offered_and_never_changed(tmp_path, office_of):
    project = make_project(tmp_path / "p", count=100, select=40, candidates=60)
    office = office_of(project)
    ids = [item.example.id for item in office.queue()]
    for id_ in ids:
        answer(project, id_, "alice", "good" if id_ == ids[0] else "bad")
    sure = {id_: [0.02, 0.97, 0.01] for id_ in ids}
    opinion = StepResult("k", sure | {ids[1]: [0.3, 0.69, 0.01]}, 1.0, 1, "2026-01-01")
    project.store.finish("second-look", 1, opinion)
    office._renew()
    assert office.waiting() == 0  # it does not look for doubts
    # "good" was given once, at 0.02: its threshold; the one text that has it is confidently "bad"
    seen = office.overview({})
    assert (seen["second_look"], seen["disagreements"]) == (1, 1)
    (one,) = office.disagreements()["texts"]
    assert office.waiting() == 1
    assert (one["id"], one["why"]) == (ids[0], ["second look"])
    assert one["suggestion"] == {"labels": ["bad"], "by": "classifier"}
    assert seen["classes"][0]["count"] == 1
    answer(project, ids[0], "judge", "good", action="resolve")  # they stand by it
    assert office.overview({})["second_look"] == 0
    assert office.disagreements()["count"] == 0


def test_a_classifier_that_is_often_wrong_doubts_nobody(tmp_path, office_of):
    project = make_project(tmp_path / "p", count=100, select=40, candidates=60)
    office = office_of(project)
    ids = [item.example.id for item in office.queue()]
    for number, id_ in enumerate(ids):
        answer(project, id_, "alice", LABELS[number % 2])
    opinion = {id_: [0.02, 0.97, 0.01] for id_ in ids}  # right for every other text
    project.store.finish("second-look", 1, StepResult("k", opinion, 1.0, 1, "2026-01-01"))
    office._renew()
    assert office.overview({})["second_look"] == 0


def test_weak_labels_and_what_they_do(tmp_path, office_of):
    project = make_project(tmp_path / "p", reveal="before")
    ids = [item.example.id for item in ProjectOffice(project).queue()]
    kept = project.store.result("select", 1)
    judgements = [{"id": id_, "probabilities": [0.7, 0.2, 0.1]} for id_ in ids]
    kept.value["selection"]["judgements"] = judgements
    project.store.finish("select", 1, kept)
    office = office_of(project)
    assert office.judgement(ids[0]) == ("good", 0.7)
    assert office.judgement("elsewhere") is None
    answer(project, ids[0], "alice", "good", revealed="before")
    answer(project, ids[1], "alice", "bad")
    project.store.append_reveal(Reveal("r1", ids[0], "alice", "before", "good", 0.7))
    found = office.overview({})["anchoring"]
    assert (found["before"]["share"], found["before"]["n"]) == (1.0, 1)
    assert (found["unseen"]["share"], found["unseen"]["n"]) == (0.0, 1)
    assert found["few"]


# ---- rounds, jobs, people ----------------------------------------------------------------------


def test_a_round_that_another_process_starts_is_noticed(tmp_path, office_of):
    clock = Clock()
    project = make_project(tmp_path / "p")
    office = office_of(project, clock=clock)
    assert (office.turn, len(office.queue())) == (0, 10)
    answer(project, office.queue()[0].example.id, "alice", "good")
    select(Project(project.folder))
    assert office.turn == 0  # not looked yet
    clock.now = 6.0
    wait_until(lambda: office.turn == 1)
    assert len(office.queue()) == 20
    clock.now = 20.0
    assert office.turn == 1


def test_training_grows_stale(tmp_path, office_of):
    project = make_project(tmp_path / "p")
    office = office_of(project)
    id_ = office.queue()[0].example.id
    answer(project, id_, "alice", "good", at="2026-03-01T10:00:00.000000+00:00")
    value = {"folder": "f", "examples": 1, "by_label": {}, "choice": ["linear", ""], "warnings": []}
    trained = StepResult("k", value, 60.0, 1, "2026-03-01T10:05:00.000+00:00")
    project.store.finish("train", 1, trained)
    office._renew()
    assert office.overview({})["training"] == {"stale": False, "at": trained.at}
    # during the minute that the training took: it does not know this answer
    answer(project, id_, "alice", "bad", at="2026-03-01T10:04:30.000000+00:00")
    assert office.overview({})["training"]["stale"]


def test_people_come_and_go(tmp_path, office_of):
    project = make_project(tmp_path / "p")
    office = office_of(project)
    link = office.invite(" Zoë B. ", "annotator")["link"]
    assert re.fullmatch(r"https://example\.org/labels/start\?token=[\w-]{30,}", link)
    again = office.new_link("Zoë B.")["link"]
    assert again != link
    assert office.people()["people"][0] | {"created": ""} == {
        "name": "Zoë B.", "role": "annotator", "created": "", "revoked": False
    }  # fmt: skip
    assert "secret" not in json.dumps(office.people())
    office.revoke("Zoë B.")
    assert office.overview({})["people"][0]["revoked"]
    assert project.store.person("Zoë B.").revoked
    for wrong in (
        lambda: office.invite("x", "king"),
        lambda: office.invite("", "owner"),
        lambda: office.new_link("nobody"),
        lambda: office.revoke("nobody"),
    ):
        with pytest.raises(UsageError):
            wrong()


def test_jobs_of_a_real_project(tmp_path, office_of):
    """The real program: a first round, and a training that has nothing to train on."""
    project = make_project(tmp_path / "p", rounds=0)
    office = office_of(project)
    assert len(office.queue()) == 0
    office.start("next-round")
    with pytest.raises(UsageError, match="Another job"):
        office.start("train")
    (job,) = _ended(office)
    assert (job["state"], job["job"]) == ("done", "next-round")
    assert job["message"].startswith("10 of 20 candidates by random")
    wait_until(lambda: office.turn == 1)
    assert len(office.queue()) == 10
    assert office.overview({})["jobs"][0]["id"] == job["id"]
    office.start("train")
    failed = _ended(office, 2)[0]
    assert failed["state"] == "failed"
    assert "Nothing is labelled yet." in failed["message"]


def _ended(office, count=1):
    wait_until(lambda: sum(bool(one["ended"]) for one in office.jobs()) >= count)
    return office.jobs()


def wait_until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---- values that take long ----------------------------------------------------------------------


def test_what_takes_long_is_not_done_all_the_time():
    clock = Clock()
    done = []

    def work():
        clock.now += 1.0
        done.append(clock.now)
        return len(done)

    value = Lately(work, rest=10, clock=clock)
    assert [value.get("a"), value.get("a")] == [1, 1]
    assert value.get("b") == 1  # it took a second: ten seconds' rest
    clock.now = 10.9
    assert value.get("b") == 1
    clock.now = 11.1
    assert value.get("b") == 2
    clock.now = 500
    assert value.get("b") == 2


def test_a_failing_value_fails_each_time():
    def work():
        raise ActiveLLMError("No.")

    value = Lately(work)
    for _ in range(2):
        with pytest.raises(ActiveLLMError):
            value.get(1)
