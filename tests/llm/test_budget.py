import threading
import time

import pytest
from query_model_contract import LABELS, PROMPTS, QueryModelContract, ask

from activellm.errors import QueryModelError, UsageError
from activellm.llm import Completion, Messages, QueryModel, ScriptedModel, Usage
from activellm.llm.budget import Budget, BudgetedModel, BudgetError, Spent
from activellm.llm.estimates import MARGIN, TURN_TOKENS, Estimate, estimate
from activellm.llm.prices import FREE, Price, PricedModel

PRICE = Price("a model", 10.0, 30.0)
SAID = Completion("seen", usage=Usage(1, 0, 40, 200, 0.1, None))
COST = (40 * 10 + 200 * 30) / 1e6


def hosted(answers: list[object] | None = None, **settings: object) -> ScriptedModel:
    if answers is not None:
        return ScriptedModel(answers, runs_here=False, **settings)  # type: ignore[arg-type]
    return ScriptedModel(respond=lambda _: SAID, runs_here=False, **settings)  # type: ignore[arg-type]


def budgeted(model: QueryModel, budget: Budget, price: Price | None = PRICE) -> BudgetedModel:
    return BudgetedModel(PricedModel(model, price), budget, price)


class TestContract(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self) -> QueryModel:
        model = ScriptedModel(
            respond=lambda _: SAID, score=lambda prompt, text: -1.0 - len(text), runs_here=False
        )
        return budgeted(model, Budget(1e6, 10**9))


def test_an_estimate_counts_words_margin_turns_and_the_longest_answer() -> None:
    model = hosted()
    words = sum(model.count_tokens(message.content) for message in PROMPTS[0])
    found = estimate(model, PROMPTS[0], 50, PRICE)
    assert found.prompt_tokens >= words * MARGIN + 3 * TURN_TOKENS
    assert found.prompt_tokens < words * MARGIN + 3 * TURN_TOKENS + 1
    assert found.completion_tokens_most == 50
    assert found.cost_most == pytest.approx((found.prompt_tokens * 10 + 50 * 30) / 1e6)
    assert estimate(model, PROMPTS[0], 50, None).cost_most is None
    with_schema = estimate(model, PROMPTS[0], 50, PRICE, json_schema={"type": "object"})
    assert with_schema.prompt_tokens > found.prompt_tokens


def test_hidden_thoughts_are_in_the_estimate() -> None:
    model = hosted()
    model.hidden_tokens = 4000  # type: ignore[attr-defined]
    assert estimate(PricedModel(model, None), PROMPTS[0], 50, None).completion_tokens_most == 4050


def test_estimates_add_up_and_unknown_stays_unknown() -> None:
    assert Estimate(1, 2, 0.5) + Estimate(3, 4, 0.25) == Estimate(4, 6, 0.75)
    assert (Estimate(1, 2, None) + Estimate(3, 4, 0.25)).cost_most is None


def test_a_call_that_could_break_the_cost_limit_is_not_made() -> None:
    model = hosted()
    most = estimate(model, PROMPTS[0], 400, PRICE).cost_most
    assert most is not None
    budget = Budget(max_cost=COST + most)  # room for two such calls, not for a third
    asked = budgeted(model, budget)
    assert asked.complete(PROMPTS[0], max_tokens=400).usage.cost == pytest.approx(COST)
    assert budget.spent == Spent(240, pytest.approx(COST), 0)
    asked.complete(PROMPTS[0], max_tokens=400)
    with pytest.raises(BudgetError, match="was not made") as caught:
        asked.complete(PROMPTS[0], max_tokens=400)
    assert model.calls == 2
    said = str(caught.value)
    assert f"${COST + most:g} (--max-cost)" in said
    assert f"${2 * COST:.4f} is spent" in said
    assert f"up to ${most:.4f}" in said
    assert caught.value.exit_code == 1
    assert isinstance(caught.value, QueryModelError)


def test_a_call_that_could_break_the_token_limit_is_not_made() -> None:
    model = hosted()
    budget = Budget(max_tokens=239)
    asked = budgeted(model, budget, None)
    asked.complete(PROMPTS[0], max_tokens=10)
    with pytest.raises(BudgetError, match=r"239 tokens \(--max-tokens\) 240 are spent"):
        asked.complete(PROMPTS[0], max_tokens=10)
    assert model.calls == 1


def test_local_models_cost_tokens_and_no_money() -> None:
    model = ScriptedModel(respond=lambda _: SAID, score=lambda *_: -1.0)
    budget = Budget(max_cost=0.0, max_tokens=2000)
    asked = budgeted(model, budget, FREE)
    asked.complete(PROMPTS[0], max_tokens=10)
    scored = asked.score(PROMPTS, LABELS).usage
    assert scored.prompt_tokens
    assert scored.completion_tokens is not None
    tokens = 240 + scored.prompt_tokens + scored.completion_tokens
    assert budget.spent == Spent(tokens, 0.0, 0)
    with pytest.raises(BudgetError, match="max-tokens"):
        asked.score([ask("word " * 900)], LABELS)


def test_scoring_is_refused_before_its_first_prompt() -> None:
    model = ScriptedModel(score=lambda *_: -1.0, runs_here=False)
    one = estimate(model, PROMPTS[0], 20, PRICE).cost_most
    assert one is not None
    with pytest.raises(BudgetError):
        budgeted(model, Budget(max_cost=one * 1.5)).score(PROMPTS, LABELS)
    assert model.calls == 0


def test_an_unknown_price_is_refused_up_front_with_how_to_give_it() -> None:
    with pytest.raises(BudgetError, match="price is unknown") as caught:
        budgeted(hosted(name="azure/mine"), Budget(max_cost=5), None)
    assert caught.value.where == "azure/mine"
    assert "--prices" in caught.value.remedy
    assert "[[sheet]]" in caught.value.remedy
    budgeted(hosted(), Budget(max_tokens=5), None)


def test_earlier_calls_of_unknown_cost_are_not_taken_for_free() -> None:
    budget = Budget(max_cost=5, spent=Spent(100, 1.0, 2))
    with pytest.raises(BudgetError, match="2 earlier calls is unknown"):
        budgeted(hosted(), budget)
    budgeted(ScriptedModel([]), budget, FREE)  # costs nothing whatever came before


def test_what_was_spent_before_counts() -> None:
    with pytest.raises(BudgetError, match=r"\$4\.9999 is spent"):
        budgeted(hosted(), Budget(max_cost=5, spent=Spent(100, 4.9999, 0))).complete(
            PROMPTS[0], max_tokens=400
        )


def test_unknown_usage_counts_as_the_most_it_can_be() -> None:
    model = hosted([Completion("x", usage=Usage(1, 0, None, None, 0.1, None))])
    budget = Budget(max_cost=5, max_tokens=10_000)
    answer = budgeted(model, budget).complete(PROMPTS[0], max_tokens=50)
    assert answer.usage.cost is None
    most = estimate(model, PROMPTS[0], 50, PRICE)
    assert budget.spent == Spent(most.tokens_most, most.cost_most or 0.0, 0)


def test_a_failed_call_counts_unless_it_surely_was_not_paid_for() -> None:
    refused = QueryModelError("no such model")
    refused.unpaid = True  # type: ignore[attr-defined]
    model = hosted([refused, UsageError("wrong"), QueryModelError("time-out")])
    budget = Budget(max_cost=5)
    most = estimate(model, PROMPTS[0], 50, PRICE)
    spent = []
    for kind in (QueryModelError, UsageError, QueryModelError):
        with pytest.raises(kind):
            budgeted(model, budget).complete(PROMPTS[0], max_tokens=50)
        spent.append(budget.spent.tokens)
    assert spent == [0, 0, most.tokens_most]
    assert budget.spent.cost == pytest.approx(most.cost_most)


def test_calls_side_by_side_cannot_overrun_together() -> None:
    under_way, peak, lock = 0, 0, threading.Lock()

    def slow(messages: Messages) -> Completion:
        nonlocal under_way, peak
        with lock:
            under_way += 1
            peak = max(peak, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return SAID

    models = [ScriptedModel(respond=slow, runs_here=False, name=f"m{n}") for n in range(2)]
    most = estimate(models[0], PROMPTS[0], 400, PRICE).cost_most
    assert most is not None
    budget = Budget(max_cost=most * 3.5)
    refused = []

    def ask_three(model: ScriptedModel) -> None:
        for _ in range(3):
            try:
                budgeted(model, budget).complete(PROMPTS[0], max_tokens=400)
            except BudgetError as error:
                refused.append(error)

    threads = [threading.Thread(target=ask_three, args=(model,)) for model in models * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    made = sum(model.calls for model in models)
    assert made + len(refused) == 24
    assert refused
    assert peak <= 3  # no more may be under way than could all cost their most
    assert budget.spent.cost <= most * 3.5
    assert budget.spent.cost == pytest.approx(made * COST)
    assert budget.spent.cost + most > most * 3.5  # and it was used as far as possible


def test_a_call_waits_where_those_under_way_may_leave_room() -> None:
    release = threading.Event()

    def waits(messages: Messages) -> Completion:
        release.wait(10)
        return SAID

    model = ScriptedModel(respond=waits, runs_here=False)
    most = estimate(model, PROMPTS[0], 400, PRICE).cost_most
    assert most is not None
    asked = budgeted(model, Budget(max_cost=most * 1.9))
    answers: list[Completion] = []
    threads = [
        threading.Thread(target=lambda: answers.append(asked.complete(PROMPTS[0], max_tokens=400)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert model.calls == 1
    release.set()
    for thread in threads:
        thread.join(timeout=10)
    assert most * 0.9 > COST
    assert len(answers) == 2


def test_without_limits_nothing_is_counted() -> None:
    model = hosted()
    model.count_tokens = None  # type: ignore[assignment, method-assign]
    budget = Budget()
    budgeted(model, budget, None).complete(PROMPTS[0], max_tokens=5)
    assert budget.spent == Spent(240, 0.0, 1)
