"""Which strategy in which round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.errors import UsageError
from activellm.selection.schedule import Entry, Schedule, read_schedule

OPTIONS = st.dictionaries(
    st.sampled_from(["passes", "share", "kind"]),
    st.one_of(st.integers(-9, 99), st.sampled_from([0.5, 1e-3, "exact"])),
)
ENTRIES = st.lists(
    st.builds(
        Entry,
        name=st.sampled_from(["coverage", "bald", "least-confidence", "k2"]),
        options=OPTIONS,
        times=st.integers(1, 9),
    ),
    min_size=1,
    max_size=5,
)


def test_the_papers_warm_start() -> None:
    schedule = read_schedule("coverage*2, bald")
    chosen = [schedule.entry(number).name for number in range(1, 6)]
    assert chosen == ["coverage", "coverage", "bald", "bald", "bald"]
    assert schedule.names == ("coverage", "bald")


def test_a_strategy_alone_is_a_schedule() -> None:
    assert read_schedule("auto").entry(99) == Entry("auto")


def test_a_strategys_own_options() -> None:
    first, second = read_schedule("alps(share=0.3), bald ( passes = 20 , kind=x ) * 3").entries
    assert first == Entry("alps", {"share": 0.3})
    assert second == Entry("bald", {"passes": 20, "kind": "x"}, 3)


@given(ENTRIES)
def test_written_and_read_again(entries: list[Entry]) -> None:
    schedule = Schedule(tuple(entries))
    again = read_schedule(str(schedule))
    assert again == schedule
    in_turn = [entry for entry in entries for _ in range(entry.times)]
    assert [again.entry(number + 1) for number in range(len(in_turn))] == in_turn
    assert again.entry(len(in_turn) + 7) == entries[-1]


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "coverage,", ",bald", "coverage*0", "coverage*-1", "kmeans*", "2*bald", "a b"),
        *("bald(20)", "bald(passes)", "bald(passes=)", "bald(passes=2", "bald(a=1, a=2)", "b(=2)"),
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--schedule.*is no entry") as refused:
        read_schedule(text)
    assert "coverage*2, bald(passes=20)" in str(refused.value)
