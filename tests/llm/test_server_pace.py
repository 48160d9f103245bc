"""The limits of requests and tokens a minute, by a clock that the test moves."""

from __future__ import annotations

import threading
from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from activellm.llm.servers.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_no_limit_no_wait() -> None:
    pace = Pace()
    assert [pace.enter(10**9) for _ in range(100)] == [0.0] * 100


def test_so_many_requests_in_any_minute() -> None:
    clock = Clock()
    pace = Pace(requests=3, clock=clock)
    for _ in range(3):
        assert pace.enter(1) == 0
        clock.now += 10
    assert pace.enter(1) == 30  # the first one is 30 seconds old
    clock.now += 30
    assert pace.enter(1) == 0
    assert pace.enter(1) == 10


def test_so_many_tokens_in_any_minute() -> None:
    clock = Clock()
    pace = Pace(tokens=100, clock=clock)
    assert pace.enter(60) == 0
    clock.now += 20
    assert pace.enter(30) == 0
    assert pace.enter(10) == 0
    assert pace.enter(50) == 40  # when the 60 are a minute old
    assert pace.enter(90) == 60  # when the 30 are, too
    clock.now += 60
    assert pace.enter(90) == 0


def test_a_single_call_beyond_the_limit_is_let_through_alone() -> None:
    clock = Clock()
    pace = Pace(tokens=100, clock=clock)
    assert pace.enter(500) == 0
    assert pace.enter(1) == 60
    clock.now += 60
    assert pace.enter(1) == 0


def test_a_pause_holds_everybody_and_only_the_longest_counts() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    pace.close(30)
    pace.close(5)
    assert pace.enter(1) == 30
    clock.now += 30
    assert pace.enter(1) == 0


def test_many_threads_never_pass_together_beyond_the_limit() -> None:
    pace = Pace(requests=20)
    passed: list[float] = []
    gate = threading.Barrier(64)

    def caller() -> None:
        gate.wait()
        passed.append(pace.enter(1))

    threads = [threading.Thread(target=caller) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(0.0) == 20
    assert all(wait <= 60 for wait in passed)


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(1, 80)), max_size=40))
def test_no_minute_holds_more_than_the_limits(calls: list[tuple[float, int]]) -> None:
    clock = Clock()
    pace = Pace(requests=4, tokens=100, clock=clock)
    sent: list[tuple[float, int]] = []
    for pause, tokens in calls:
        clock.now += pause
        if pace.enter(tokens) == 0:
            sent.append((clock.now, tokens))
    times = [at for at, _ in sent]
    for first, at in enumerate(times):
        minute = sent[first : bisect_left(times, at + 60)]
        assert len(minute) <= 4
        assert sum(tokens for _, tokens in minute) <= 100


def test_64_threads_that_wait_their_turn_keep_every_minute() -> None:
    """Whoever must wait moves the clock on, as sleeping would."""
    clock, lock = Clock(), threading.Lock()
    pace = Pace(requests=10, clock=clock)
    sent: list[float] = []

    def caller() -> None:
        while True:
            with lock:  # the clock must not move between the place and its time
                if (wait := pace.enter(1)) == 0:
                    sent.append(clock.now)
                    return
                clock.now += min(wait, 7)

    threads = [threading.Thread(target=caller) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 64
    assert all(later - at >= 60 for at, later in zip(sent, sent[10:], strict=False))
    assert sent[-1] - sent[0] >= 360  # six full minutes of ten
