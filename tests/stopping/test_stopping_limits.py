"""Limits that people set, how criteria are written, and what all of them say together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stopping_helpers import THREE, history, wandering

from activellm.errors import UnknownNameError, UsageError
from activellm.stopping import (
    CRITERIA,
    DEFAULT,
    History,
    RoundFacts,
    Verdict,
    advise_stopping,
    open_criterion,
    read_criteria,
    said,
)


def after(**facts) -> History:
    return History(THREE, (RoundFacts(3, **{"labels": 75, **facts}),), 1000, 25)


class TestBudget:
    @pytest.mark.parametrize(
        ("limits", "says", "value", "text"),
        [
            ({"labels": 75}, "stop", 75, "Used: 75 labels of 75 labels."),
            ({"labels": 76}, "go on", 75, "Used: 75 labels of 76 labels."),
            ({"cost": 2.5}, "stop", 2.5, "Used: $2.50 of $2.50."),
            ({"labels": 80, "cost": 100}, "go on", 75, "Used: 75 labels of 80 labels."),
            ({"labels": 1000, "tokens": 2000}, "stop", 2500, "Used: 2,500 tokens of 2,000 tokens."),
        ],
    )
    def test_the_most_used_limit_counts(self, limits, says, value, text) -> None:
        verdict = open_criterion("budget", **limits).judge(after(cost=2.5, tokens=2500))
        assert (verdict.says, verdict.value, verdict.text) == (says, value, text)

    def test_unknown_prices(self) -> None:
        both = open_criterion("budget", labels=75, cost=1.0)
        assert both.judge(after()).says == "stop"
        assert both.judge(after(labels=74)).text == (
            "Used: 74 labels of 75 labels. How much of the cost is used is not known."
        )
        assert open_criterion("budget", cost=1.0).judge(after()).says == "cannot say"

    def test_a_budget_of_nothing_is_refused(self) -> None:
        with pytest.raises(UsageError, match="budget\\(labels=300\\)"):
            open_criterion("budget")


@pytest.mark.parametrize(
    ("seconds", "says", "text"),
    [
        (3599.0, "go on", "The work took 60.0 min; the limit is 1 h 00 min."),
        (3600.0, "stop", "The work took 1 h 00 min; the limit is 1 h 00 min."),
        (12.0, "go on", "The work took 12 s; the limit is 1 h 00 min."),
    ],
)
def test_time(seconds: float, says: str, text: str) -> None:
    verdict = open_criterion("time", seconds=3600).judge(after(seconds=seconds))
    assert (verdict.says, verdict.text) == (says, text)


def test_rounds_are_counted_by_their_number() -> None:
    verdict = open_criterion("rounds", most=3).judge(after())
    assert (verdict.says, verdict.value, verdict.text) == ("stop", 3, "3 of 3 rounds are done.")


class TestWriting:
    def test_names_options_and_their_order(self) -> None:
        line = " kappa(threshold=0.98), rounds(10),time( 3600 ) ,delta-f(0.1, positive=free spam)"
        kappa, rounds, time, delta_f = read_criteria(line)
        assert vars(kappa) == {"threshold": 0.98, "window": 3}
        assert vars(rounds) == {"most": 10}
        assert vars(time) == {"seconds": 3600}
        assert vars(delta_f) == {"threshold": 0.1, "window": 3, "positive": "free spam"}

    def test_an_empty_line_names_none(self) -> None:
        assert read_criteria("") == read_criteria("  ") == ()

    def test_the_default_needs_no_option(self) -> None:
        named = {one.name for one in read_criteria(DEFAULT)}
        assert named == set(CRITERIA.names()) - {"budget", "rounds", "time"}

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["kappa", "overall-uncertainty", "classification-change"]),
                st.floats(0, 1).map(lambda share: round(share, 6)),
                st.booleans(),
            ),
            max_size=5,
        )
    )
    def test_written_and_read_again(self, wanted: list[tuple[str, float, bool]]) -> None:
        line = ", ".join(
            f"{name}({'threshold=' if named else ''}{share})" for name, share, named in wanted
        )
        read = [(one.name, one.threshold) for one in read_criteria(line)]
        assert read == [(name, share) for name, share, _ in wanted]

    @given(st.text(st.sampled_from("kapr(),=10 .-\n\u202e\x00"), max_size=12))
    def test_anything_is_read_or_refused(self, line: str) -> None:
        try:
            read_criteria(line)
        except UsageError as refused:
            assert "--stopping" in str(refused)  # noqa: PT017

    @pytest.mark.parametrize(
        "line",
        [
            ",", "kappa,", ", kappa", "kappa kappa", "kappa(", "kappa)", "kappa((3))", "kappa(,)",
            "kappa(0.9, 3, 4)", "kappa(=3)", "kappa(threshold=)", "(3)", "kappa(window=3=4)",
        ],
    )  # fmt: skip
    def test_what_cannot_be_read(self, line: str) -> None:
        with pytest.raises(UsageError, match="is no list of stopping criteria"):
            read_criteria(line)

    def test_unknown_names_options_and_missing_ones(self) -> None:
        with pytest.raises(UnknownNameError, match=r"Did you mean 'kappa'\? Known: budget, class"):
            read_criteria("kapa")
        with pytest.raises(
            UsageError, match=r"no option 'windows'. Its options: threshold, window"
        ):
            read_criteria("kappa(windows=3)")
        with pytest.raises(UsageError, match=r"needs a value for 'most'"):
            read_criteria("rounds")
        with pytest.raises(UsageError, match=r"gives 'threshold' twice"):
            read_criteria("kappa(0.9, threshold=0.8)")
        with pytest.raises(
            UsageError, match=r"threshold of .*'kappa' must be a number from 0 to 1"
        ):
            read_criteria("kappa(high)")


def verdict(name: str, says: str) -> Verdict:
    return Verdict(name, says, None, None, "So.")  # type: ignore[arg-type]


class TestTogether:
    def test_verdicts_come_in_the_order_asked(self) -> None:
        criteria = read_criteria("rounds(2), kappa, budget(labels=500)")
        found = advise_stopping(history(wandering(1, 3)), criteria)
        assert [one.criterion for one in found] == ["rounds", "kappa", "budget"]
        assert [one.says for one in found] == ["stop", "cannot say", "go on"]

    @pytest.mark.parametrize(
        ("says", "sentence"),
        [
            ((), "No stopping criterion was asked."),
            (("stop",), "1 of 1 criterion says stop: a."),
            (("go on",), "None of 1 criterion says stop; 1 says go on."),
            (("stop", "go on", "stop"), "2 of 3 criteria say stop: a and c; 1 says go on."),
            (("cannot say",) * 2, "None of 2 criteria says stop; 2 cannot say."),
            (
                ("stop", "stop", "stop", "go on", "go on", "cannot say"),
                "3 of 6 criteria say stop: a, b and c; 2 say go on; 1 cannot say.",
            ),
        ],
    )
    def test_in_one_sentence(self, says, sentence) -> None:
        assert (
            said([verdict(name, one) for name, one in zip("abcdef", says, strict=False)])
            == sentence
        )

    def test_nothing_left_to_label(self) -> None:
        given = replace(history(measured=[0.5, 0.6, 0.7]), left=0)
        (found,) = advise_stopping(given, read_criteria("learning-curve"))
        assert (found.says, found.value) == ("stop", 0.0)
