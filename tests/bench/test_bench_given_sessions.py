"""Recorded sessions in place of a pool: what was shown is chosen from, as it was answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from given_helpers import TEXTS, experiment_file, ids, lines, opened, selections, session

from activellm.bench.executors import Here
from activellm.bench.results import Results
from activellm.bench.running import Ran, run
from activellm.errors import DataError, UsageError

SET = TEXTS[:24]
OTHERS = TEXTS[24:48]


def written(folder: Path, *sessions: dict[str, Any]) -> None:
    lines(folder / "sessions.jsonl", list(sessions))


def finish(file: Path, name: str = "out") -> tuple[Ran, Results]:
    workshop = opened(file)
    results = Results(file.parent / name)
    return run(workshop, results, Here(workshop)), results


def test_the_picks_are_those_of_the_answer(tmp_path: Path, tiny_encoder: Path) -> None:
    written(tmp_path, session("I take 13, 15, 12 and 30", first=10))
    workshop = opened(experiment_file(tmp_path, tiny_encoder))
    ((cell, (chosen,)),) = selections(workshop, "listwise")
    assert (cell.llm, cell.prompt, cell.candidates, cell.select) == ("recorded/gpt", "b2", 24, 4)
    assert chosen.picks == tuple(ids([SET[3], SET[5], SET[2], SET[20]]))
    assert chosen.places == (3, 5, 2, 20)
    assert set(chosen.candidates) == set(ids(SET))
    assert (chosen.filled, chosen.quarters) == ((), (3, 0, 0, 1))
    known = workshop.data("verdicts")
    assert [known.answer(id_)[0] for id_ in chosen.picks] == [
        label for _, label in (SET[3], SET[5], SET[2], SET[20])
    ]


def test_llms_are_compared_on_the_same_texts_in_any_order(
    tmp_path: Path, tiny_encoder: Path
) -> None:
    written(
        tmp_path,
        session("3, 5, 2, 20"),
        session("3, 5, 2, 20", SET[::-1], llm="llama", mode="a1"),
        session("1, 7, 9, 11"),  # once more: another repeat
        session("0, 5, 9, 17, 22", mode="more", n_to_select=5),
        session("3, 5, 2, 20", OTHERS),
    )
    workshop = opened(experiment_file(tmp_path, tiny_encoder, strategies='"listwise", "kmeans"'))
    found = [
        (cell.draw, cell.llm, cell.prompt, cell.select, cell.repeat)
        for cell, _ in selections(workshop, "listwise")
    ]
    assert found == [
        (0, "recorded/gpt", "b2", 4, 0),
        (0, "recorded/llama", "a1", 4, 0),
        (0, "recorded/gpt", "b2", 4, 1),
        (0, "recorded/gpt", "more", 5, 0),
        (1, "recorded/gpt", "b2", 4, 0),
    ]
    for schedule, each in (("random", 2), ("kmeans", 1)):
        others = selections(workshop, schedule)
        sizes = [(cell.draw, cell.select) for cell, _ in others]
        assert sizes == [size for size in [(0, 4), (0, 5), (1, 4)] for _ in range(each)]
        for cell, (chosen,) in others:
            assert set(chosen.candidates) == set(ids((SET, OTHERS)[cell.draw]))
            assert len(set(chosen.picks)) == cell.select
            assert chosen.places == ()


def test_what_is_missing_is_drawn_and_told(tmp_path: Path, tiny_encoder: Path) -> None:
    written(tmp_path, session("3, 5, 3, 99"), session("2, 4, 6, 8", already_labeled=[4, 5]))
    workshop = opened(experiment_file(tmp_path, tiny_encoder))
    (_, (short,)), (taken, (other,)) = selections(workshop, "listwise")
    assert short.picks[:2] == tuple(ids([SET[3], SET[5]]))
    assert short.filled == short.picks[2:]
    assert len(set(short.picks)) == 4
    assert "the other 2 were drawn at random" in " ".join(short.warnings)
    assert short.places == tuple(ids(SET).index(id_) for id_ in short.picks)
    # What was labelled before the session is no candidate: a set of its own.
    assert taken.draw == 1
    assert set(other.candidates) == set(ids(SET)) - set(ids(SET[4:6]))
    assert other.picks[:3] == tuple(ids([SET[2], SET[6], SET[8]]))
    again = opened(tmp_path / "given.toml")
    assert [one for _, one in selections(again, "listwise")] != []
    assert [one[0].picks for _, one in selections(again, "listwise")] == [short.picks, other.picks]


def test_an_answer_that_is_no_choice_is_told(tmp_path: Path, tiny_encoder: Path) -> None:
    answer = ", ".join(map(str, range(10)))
    written(tmp_path, session(answer, TEXTS[:48], n_to_select=10))
    ((_, (chosen,)),) = selections(opened(experiment_file(tmp_path, tiny_encoder)), "listwise")
    assert chosen.position_p is not None
    assert chosen.position_p < 0.01
    assert "exactly the first 10 of the list" in " ".join(chosen.warnings)


def test_iterations_are_the_rounds_of_one_cell(tmp_path: Path, tiny_encoder: Path) -> None:
    run_of = {"run": "1", "mode": "recap"}
    written(
        tmp_path,
        session("10, 4, 2, 20", TEXTS[:36], iteration=2, already_labeled=[3, 5, 2, 9], **run_of),
        session("3, 5, 2, 20", iteration=1, **run_of),
    )
    file = experiment_file(
        tmp_path, tiny_encoder, strategies='"listwise", "kmeans", "listwise, entropy"'
    )
    workshop = opened(file)
    ((cell, rounds),) = selections(workshop, "listwise")
    assert (cell.rounds, cell.prompt, cell.candidates) == (2, "recap", 24)
    first, second = (one.picks for one in rounds)
    assert first == tuple(ids([SET[3], SET[5], SET[2], SET[20]]))
    assert second[:2] == tuple(ids([SET[10], SET[4]]))  # 2 and 20 are labelled: two are drawn
    assert len(rounds[1].filled) == 2
    assert rounds[1].places[:2] == (10, 4)
    for schedule in ("random", "kmeans", "listwise, entropy"):
        for _, (one, two) in selections(workshop, schedule):
            assert set(one.candidates) == set(ids(SET))
            assert set(two.candidates) == set(ids(TEXTS[:36])) - set(one.picks)
            assert not set(one.picks) & set(two.picks)
    ((_, (warm, _)),) = selections(workshop, "listwise, entropy")
    assert warm.picks == first


def test_what_cannot_be_used_is_left_out_and_told(tmp_path: Path, tiny_encoder: Path) -> None:
    unknown = [*SET[:3], ("who knows", "")]
    written(
        tmp_path,
        session("3, 5, 2, 20"),
        session("3", unknown, llm="llama"),
        session("1", [*SET[:5], (" ", "bad")], llm="llama"),
        session("1", [*SET[:5], *SET[:5]], llm="mixtral", n_to_select=6),
        session("1", llm="gemini", iteration=2, run="1"),
        session("1", task="another"),
    )
    data = opened(experiment_file(tmp_path, tiny_encoder)).data("verdicts")
    assert data.told()[0] == "verdicts: 1 given candidate sets of 24 texts, 20 to test"
    told = " ".join(data.told()[1:])
    assert "1 sessions left out (llama: 1): some of their texts have no known label." in told
    assert "1 sessions left out (llama: 1): some of their texts are empty." in told
    assert "1 sessions left out (mixtral: 1): they ask for more picks" in told
    assert "1 sessions left out (gemini: 1): an earlier round" in told


def test_a_text_that_is_shown_twice_counts_once(tmp_path: Path, tiny_encoder: Path) -> None:
    copy = (SET[3][0].replace(" ", "  "), SET[3][1])
    written(tmp_path, session("3, 8, 24, 1", [*SET, copy]))
    ((cell, (chosen,)),) = selections(opened(experiment_file(tmp_path, tiny_encoder)), "listwise")
    assert cell.candidates == 25
    assert len(chosen.candidates) == 24
    assert chosen.picks[:3] == tuple(ids([SET[3], SET[8], SET[1]]))
    assert len(set(chosen.picks)) == 4


def test_texts_that_the_sets_hold_are_not_measured_on(tmp_path: Path, tiny_encoder: Path) -> None:
    written(tmp_path, session("3, 5, 2, 20"))
    near = (f"RT @bob {SET[7][0].upper()}! https://t.co/1", SET[7][1])
    file = experiment_file(tmp_path, tiny_encoder, test=[SET[0], near, *TEXTS[60:]])
    data = opened(file).data("verdicts")
    assert (data.leaked, len(data.test), len(data.pool)) == (2, 20, 24)
    assert "2 test texts left out: these sets hold them" in data.told()[0]
    file = experiment_file(tmp_path, tiny_encoder, test=[SET[0], near])
    with pytest.raises(DataError, match="hold all test texts"):
        opened(file)


def test_pairs_and_labels_are_read_as_a_preset_says(tmp_path: Path, tiny_encoder: Path) -> None:
    texts = [
        (f"Sentence 1: one {number} \n Sentence 2: two {number}", str(number % 2))
        for number in range(12)
    ]
    written(tmp_path, session("3, 5, 2, 8", texts, task="rte_25"))
    source = 'preset = "rte"\nsessions = "sessions.jsonl"\nsession_tasks = ["rte_25"]'
    file = experiment_file(tmp_path, tiny_encoder, source, test=[(texts[0][0] + " more", "0")])
    workshop = opened(file)
    ((_, (chosen,)),) = selections(workshop, "listwise")
    data = workshop.data("verdicts")
    (first,) = data.pool.examples(chosen.picks[:1])
    assert first.content == ("one 3", "two 3")
    assert data.answer(first.id) == ("not_entailment",)


def test_cells_are_kept_until_what_was_said_changes(tmp_path: Path, tiny_encoder: Path) -> None:
    file = experiment_file(tmp_path, tiny_encoder)
    written(tmp_path, session("3, 5, 2, 20"), session("1, 5, 2, 20", llm="llama"))
    first, results = finish(file)
    assert (first.chosen, first.scored, first.failed) == (4, 4, {})
    assert all(row["places"] for row in results.choices() if row["schedule"] == "listwise")
    again, _ = finish(file)
    assert (again.chosen, again.scored, again.kept) == (0, 0, 4)
    written(tmp_path, session("3, 5, 2, 21"), session("1, 5, 2, 20", llm="llama"))
    changed, _ = finish(file)
    assert (changed.chosen, changed.scored, changed.kept) == (1, 1, 3)
    more = session("1, 2, 3, 20", OTHERS)  # a further set leaves the others as they are
    written(tmp_path, session("3, 5, 2, 21"), session("1, 5, 2, 20", llm="llama"), more)
    further, _ = finish(file)
    assert (further.chosen, further.kept) == (3, 4)


@pytest.mark.parametrize(
    ("source", "llm", "strategies", "said"),
    [
        ('sessions = "no.jsonl"', '"recorded"', '"listwise"', "Cannot read it"),
        ('sessions = "sessions.jsonl"', '"recorded/gpt-9"', '"listwise"', "'recorded/gpt-9'"),
        ('sessions = "sessions.jsonl"', '"judged"', '"coverage"', "Add judgements"),
        ('sessions = "sessions.jsonl"', '"recorded"', '"coverage"', "None of the strategies"),
        (
            'sessions = "sessions.jsonl"',
            '"recorded"',
            '"listwise(orders=2)"',
            "listwise without options",
        ),
        (
            'sessions = "sessions.jsonl"',
            '"recorded"',
            '"random, listwise"',
            "None of the strategies",
        ),
        (
            'sessions = "sessions.jsonl"',
            '"recorded"',
            '"listwise", "coverage"',
            "can answer 'coverage'",
        ),
        ('pool = "test.jsonl"', '"recorded"', '"listwise"', "Add sessions"),
        (
            'sessions = "sessions.jsonl"\npool = "test.jsonl"',
            '"recorded"',
            '"listwise"',
            "exclude each other",
        ),
        (
            'sessions = "sessions.jsonl"\nsession_tasks = ["verdict"]',
            '"recorded"',
            '"listwise"',
            "Did you mean 'verdicts'",
        ),
        (
            'sessions = "sessions.jsonl"\nlabels = { yes = "", no = "" }',
            '"recorded"',
            '"listwise"',
            "No session can be used. 1 sessions left out",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, tiny_encoder: Path, source: str, llm: str, strategies: str, said: str
) -> None:
    written(tmp_path, session("3, 5, 2, 20"))
    file = experiment_file(tmp_path, tiny_encoder, source, llm=llm, strategies=strategies)
    with pytest.raises(UsageError, match=said):
        opened(file)


def test_a_file_to_measure_on_is_needed(tmp_path: Path, tiny_encoder: Path) -> None:
    file = experiment_file(tmp_path, tiny_encoder)
    file.write_text(file.read_text().replace('test = "test.jsonl"\n', ""))
    with pytest.raises(DataError, match="need a test file"):
        opened(file)
