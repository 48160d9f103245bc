"""The plug-in's own tests: what it adds is found by ActiveLLM and works there."""

from __future__ import annotations

import numpy as np
import pytest

from activellm import ActiveLearner, Pool, Task, UsageError
from activellm.annotation import ORACLES, Annotation, QueueItem
from activellm.exchange import FORMATS
from activellm.exchange.contract import Findings, Item
from activellm.llm import MODELS, open_model
from activellm.selection import STRATEGIES
from activellm.successors import SUCCESSORS, load_successor, make_successor

TEXTS = ["good film", "good film again", "bad book", "a bad, dull and long play", "good good"]
NAMES = ("new-words", "naive-bayes", "keywords", "overlap")
TASK = Task(description="Is it liked?", labels=[{"name": "good"}, {"name": "bad"}])


class Log:
    """Keeps annotations in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Annotation] = {}

    def append(self, annotation: Annotation) -> bool:
        self.kept[annotation.example_id] = annotation
        return True

    def current(self) -> dict[str, Annotation]:
        return self.kept


def test_the_strategy_picks_what_is_new_and_the_successor_learns_from_it() -> None:
    pool = Pool.from_texts(TEXTS)
    learner = ActiveLearner(
        TASK,
        pool,
        strategy="new-words",
        successor="naive-bayes(smoothing=0.5)",
        llm="none",
        candidates=5,
        select=2,
    )
    picks = learner.select(2)
    assert [pool.examples([pick.id])[0].text for pick in picks.picks] == [TEXTS[3], TEXTS[1]]
    learner.teach({picks.ids[0]: "bad", picks.ids[1]: "good"}).fit()
    assert learner.predict(["a good one", "dull"]) == [("good",), ("bad",)]


def test_the_successor_is_the_same_after_saving(tmp_path) -> None:
    made = make_successor("naive-bayes", TASK, seed=0)
    made.fit(TEXTS, np.array([0, 0, 1, 1, 0]))
    made.temper(2.0)
    made.save(tmp_path)
    again = load_successor(tmp_path)
    unseen = ["good and bad", "play", ""]
    np.testing.assert_array_equal(again.predict_proba(unseen), made.predict_proba(unseen))
    np.testing.assert_allclose(made.predict_proba(unseen).sum(axis=1), 1)


def test_the_oracle_answers_by_keyword_and_leaves_the_rest(tmp_path) -> None:
    file = tmp_path / "keywords.txt"
    file.write_text("good=good\ndull = bad\n")
    oracle = ORACLES.get("keywords").from_spec(str(file), None)
    log = Log()
    queue = [QueueItem(example) for example in Pool.from_texts(TEXTS)]
    oracle.answer(queue, TASK, log)
    assert sorted(one.labels for one in log.kept.values()) == [("bad",), *[("good",)] * 3]
    assert oracle.warnings == ("1 texts hold no keyword; they stay open.",)


def test_the_query_model_judges_and_refuses_what_it_cannot_do() -> None:
    with pytest.raises(UsageError, match="overlap/200"):
        open_model("overlap/many")
    learner = ActiveLearner(
        TASK,
        Pool.from_texts(TEXTS),
        strategy="new-words",
        successor="zero-shot",
        llm="overlap/4",
        candidates=5,
        select=2,
    )
    picks = learner.select(2)
    learner.teach(dict.fromkeys(picks.ids, "good")).fit()
    first = learner.predict_proba(["what a good film", "what a bad film"])[:, 0]
    assert first[0] > first[1]


def test_the_format_goes_out_and_comes_back(tmp_path) -> None:
    made, file = FORMATS.get("labelled-lines")(), tmp_path / "out.txt"
    made.write([Item("t1", "one\ttext\n", resolved=("good",)), Item("t2", "two")], TASK, file)
    assert file.read_text() == "t1\t__label__good\tone text\nt2\t\ttwo\n"
    file.write_text(file.read_text() + "t3\t__label__odd\tthree\n")
    found = Findings()
    entries = list(made.read(file, TASK, found))
    assert [(one.id, [said.labels for said in one.said]) for one in entries] == [
        ("t1", [("good",)]),
        ("t2", []),
        ("t3", []),
    ]
    assert found.counts == {"labels that the task does not have": 1}


def test_all_of_it_is_registered() -> None:
    registries = (STRATEGIES, SUCCESSORS, ORACLES, MODELS, FORMATS)
    plugins = [one for registry in registries for one in registry.plugins(load=True)]
    ours = {one.name: one.problem for one in plugins if one.package == "activellm-example 0.1.0"}
    assert ours == dict.fromkeys([*NAMES, "labelled-lines"], "")
