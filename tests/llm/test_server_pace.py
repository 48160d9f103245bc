"""The limits of requests and tokens a minute, by a clock that the test moves."""

from __future__ import annotations

import threading

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
