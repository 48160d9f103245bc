"""Which strategy in which round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.errors import UsageError
from activellm.selection.schedule import Schedule, read_schedule

ENTRIES = st.lists(
    st.tuples(st.sampled_from(["coverage", "bald", "least-confidence", "k2"]), st.integers(1, 9)),
    min_size=1,
    max_size=5,
)


def test_the_papers_warm_start() -> None:
    schedule = read_schedule("coverage*2, bald")
    chosen = [schedule.strategy(number) for number in range(1, 6)]
    assert chosen == ["coverage", "coverage", "bald", "bald", "bald"]
    assert schedule.names == ("coverage", "bald")
    assert (schedule.begin("coverage"), schedule.begin("bald")) == (1, 3)


def test_a_strategy_alone_is_a_schedule() -> None:
    assert read_schedule("auto").strategy(99) == "auto"


@given(ENTRIES)
def test_written_and_read_again(entries: list[tuple[str, int]]) -> None:
    schedule = Schedule(tuple(entries))
    again = read_schedule(str(schedule))
    assert again == schedule
    in_turn = [name for name, times in entries for _ in range(times)]
    assert [again.strategy(number + 1) for number in range(len(in_turn))] == in_turn
    assert again.strategy(len(in_turn) + 7) == entries[-1][0]


@pytest.mark.parametrize(
    "text",
    ["", " ", "coverage,", ",bald", "coverage*0", "coverage*-1", "coverage*", "2*bald", "a b"],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--schedule.*is no entry") as refused:
        read_schedule(text)
    assert "coverage*2, bald" in str(refused.value)
