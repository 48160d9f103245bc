"""What every oracle promises; each implementation inherits the same tests."""

from __future__ import annotations

import csv
import inspect
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from annotation_logs import SqliteLog
from annotation_samples import (
    LABELS,
    BackgroundPage,
    ScriptedPage,
    gold,
    label_all,
    make_queue,
    make_task,
)
from rich.console import Console

from activellm.annotation import (
    ORACLES,
    Annotation,
    BrowserOracle,
    ColumnOracle,
    FileOracle,
    Oracle,
    QueueItem,
    TerminalOracle,
)
from activellm.errors import DataError
from activellm.pool.example import Example
from activellm.task import Task


class Killed(BaseException):
    """Stands for a SIGKILL right after an answer reached the disk."""


class DyingLog(SqliteLog):
    """Dies after a number of appends."""

    def __init__(self, path: Path, lives: int) -> None:
        super().__init__(path)
        self._lives = lives

    def append(self, annotation: Annotation) -> bool:
        if self._lives == 0:
            raise Killed
        self._lives -= 1
        return super().append(annotation)


class OracleContract:
    """Inherit it, and say how to make an oracle that gives the wished answers."""

    kind: type[Oracle]
    parameters: frozenset[str]
    """Constructor parameters that some test of this kind of oracle sets."""

    def oracle(
        self, folder: Path, queue: Sequence[QueueItem], answers: Mapping[str, str]
    ) -> Oracle:
        raise NotImplementedError

    def run(
        self,
        folder: Path,
        queue: Sequence[QueueItem],
        log: SqliteLog,
        answers: Mapping[str, str],
        task: Task | None = None,
        progress: list[tuple[int, int | None]] | None = None,
    ) -> Oracle:
        told = progress if progress is not None else []
        oracle = self.oracle(folder, queue, answers)
        try:
            oracle.answer(
                queue,
                task or make_task(),
                log,
                progress=lambda _what, done, total: told.append((done, total)),
            )
        finally:
            self.done(oracle)
        return oracle

    def done(self, oracle: Oracle) -> None:
        """Clean up after a run, and raise what went wrong behind the scenes."""

    @pytest.fixture
    def log(self, tmp_path: Path) -> SqliteLog:
        log = SqliteLog(tmp_path / "log.db")
        yield log
        log.close()

    def test_is_registered_under_its_name(self) -> None:
        assert ORACLES.get(self.kind.name) is self.kind

    def test_every_parameter_has_a_test(self) -> None:
        found = set(inspect.signature(self.kind).parameters)
        assert found == self.parameters

    def test_answers_all_that_waits(self, tmp_path: Path, log: SqliteLog) -> None:
        queue = make_queue(5)
        told: list[tuple[int, int | None]] = []
        oracle = self.run(tmp_path, queue, log, gold(queue), progress=told)
        current = log.current()
        assert {id_: one.labels for id_, one in current.items()} == {
            "t0": ("Roads",),
            "t1": ("Waste",),
            "t2": ("Parks",),
            "t3": ("Roads",),
            "t4": ("Waste",),
        }
        for annotation in log.events:
            assert annotation.action == "label"
            assert annotation.oracle == oracle.name
            assert annotation.annotator
            assert annotation.at.endswith("+00:00")
        assert len({annotation.event for annotation in log.events}) == 5
        assert told[-1] == (5, 5)

    def test_asks_only_what_has_no_answer(self, tmp_path: Path, log: SqliteLog) -> None:
        queue = make_queue(4)
        log.append(
            Annotation("e1", "t1", "me", "label", ("Parks",), at="2026-01-01T00:00:00+00:00")
        )
        log.append(Annotation("e2", "t2", "me", "skip", at="2026-01-01T00:00:01+00:00"))
        self.run(tmp_path, queue, log, gold(queue))
        assert [one.example_id for one in log.events] == ["t1", "t2", "t0", "t3"]
        assert log.current()["t1"].labels == ("Parks",)

    def test_a_taken_back_answer_is_asked_for_again(self, tmp_path: Path, log: SqliteLog) -> None:
        queue = make_queue(1)
        log.append(
            Annotation("e1", "t0", "me", "label", ("Parks",), at="2026-01-01T00:00:00+00:00")
        )
        log.append(Annotation("e2", "t0", "me", "undo", at="2026-01-01T00:00:01+00:00"))
        self.run(tmp_path, queue, log, gold(queue))
        assert log.current()["t0"].labels == ("Roads",)

    def test_returns_at_once_when_nothing_waits(self, tmp_path: Path, log: SqliteLog) -> None:
        self.oracle(tmp_path, [], {}).answer([], make_task(), log)
        queue = make_queue(2)
        self.run(tmp_path, queue, log, gold(queue))
        before = log.events
        self.run(tmp_path, queue, log, gold(queue))
        assert log.events == before

    @pytest.mark.parametrize("lives", [0, 1, 3])
    def test_killed_in_the_middle_it_continues(self, tmp_path: Path, lives: int) -> None:
        queue = make_queue(5)
        dying = DyingLog(tmp_path / "log.db", lives)
        with pytest.raises(Killed):
            self.run(tmp_path, queue, dying, gold(queue))
        dying.close()
        log = SqliteLog(tmp_path / "log.db")
        assert [one.example_id for one in log.events] == [f"t{n}" for n in range(lives)]
        self.run(tmp_path, queue, log, gold(queue))
        assert [one.example_id for one in log.events] == [f"t{n}" for n in range(5)]
        log.close()

    def test_an_example_that_is_queued_twice_is_asked_once(
        self, tmp_path: Path, log: SqliteLog
    ) -> None:
        queue = make_queue(2)
        again = [*queue, replace(queue[0], purpose="holdout")]
        self.run(tmp_path, again, log, gold(queue))
        assert [one.example_id for one in log.events] == ["t0", "t1"]

    def test_multi_label(self, tmp_path: Path, log: SqliteLog) -> None:
        queue = make_queue(2, ("Parks|Roads", "Waste"))
        self.run(tmp_path, queue, log, gold(queue), make_task(kind="multi"))
        assert log.current()["t0"].labels == ("Roads", "Parks")
        assert log.current()["t1"].labels == ("Waste",)

    def test_pairs(self, tmp_path: Path, log: SqliteLog) -> None:
        examples = [
            Example(id=f"p{n}", text="Same premise", pair=f"Hypothesis {n}", meta={"gold": label})
            for n, label in enumerate(("Roads", "Parks"))
        ]
        queue = [QueueItem(example) for example in examples]
        self.run(tmp_path, queue, log, gold(queue), make_task(pair=True))
        assert [one.labels for one in log.current().values()] == [("Roads",), ("Parks",)]

    def test_an_unknown_label_is_refused_and_nothing_kept(
        self, tmp_path: Path, log: SqliteLog
    ) -> None:
        queue = make_queue(2, ("Roads", "Sewers"))
        with pytest.raises(DataError, match="'Sewers' is not one of the task's labels") as caught:
            self.run(tmp_path, queue, log, gold(queue))
        assert "Roads, Waste, Parks" in str(caught.value)
        assert caught.value.where
        assert log.events == []


class TestColumnOracle(OracleContract):
    kind = ColumnOracle
    parameters = frozenset({"column", "label_column", "annotator"})

    def oracle(self, folder, queue, answers):
        return ColumnOracle("gold")


class TestFileOracle(OracleContract):
    kind = FileOracle
    parameters = frozenset({"path", "annotator"})

    def oracle(self, folder, queue, answers):
        path = folder / "labels.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "label"])
            writer.writerows(answers.items() or [("t0", "Roads")])
        return FileOracle(path)


class TestTerminalOracle(OracleContract):
    kind = TerminalOracle
    parameters = frozenset({"annotator", "stdin", "console"})

    def oracle(self, folder, queue, answers):
        """A person who types the answers of those texts that come up."""
        self.shown = io.StringIO()
        lines = _LinesOnDemand(self.shown, queue, answers)
        return TerminalOracle(stdin=lines, console=Console(file=self.shown, width=100))

    def test_an_unknown_label_is_refused_and_nothing_kept(self, tmp_path, log) -> None:
        stdin = io.StringIO("Sewers\n9\n")
        shown = io.StringIO()
        oracle = TerminalOracle(stdin=stdin, console=Console(file=shown, width=200))
        oracle.answer(make_queue(2), make_task(), log)
        assert log.events == []
        assert "'Sewers' is no label. Keys: 1 Roads, 2 Waste, 3 Parks." in shown.getvalue()
        assert "'9' is no label" in shown.getvalue()


class _LinesOnDemand(io.StringIO):
    """Standard input that reads the last text on the screen and types its label."""

    def __init__(self, shown: io.StringIO, queue, answers) -> None:
        super().__init__()
        self._shown = shown
        self._labels = {item.example.pair or item.example.text: item for item in queue}
        self._answers = answers

    def readline(self, *_size: int) -> str:
        screen = self._shown.getvalue()
        text = max(self._labels, key=screen.rfind)
        return self._answers[self._labels[text].example.id] + "\n"


class TestBrowserOracle(OracleContract):
    kind = BrowserOracle
    parameters = frozenset({"port", "open_browser", "host", "announce", "annotator", "grace"})

    def oracle(self, folder, queue, answers):
        page = BackgroundPage(label_all(answers))
        return BrowserOracle(open_browser=False, announce=page, grace=60)

    def done(self, oracle) -> None:
        oracle.announce.join()

    @pytest.mark.parametrize("lives", [0, 1, 3])
    def test_killed_in_the_middle_it_continues(self, tmp_path, lives) -> None:
        """The server outlives a log that fails; a real SIGKILL is in test_page_server.py."""
        queue = make_queue(5)
        dying = DyingLog(tmp_path / "log.db", lives)
        self.run(tmp_path, queue, dying, gold(queue))
        assert [one.example_id for one in dying.events] == [f"t{n}" for n in range(lives)]
        dying.close()
        log = SqliteLog(tmp_path / "log.db")
        self.run(tmp_path, queue, log, gold(queue))
        assert [one.example_id for one in log.events] == [f"t{n}" for n in range(5)]
        log.close()

    def test_an_unknown_label_is_refused_and_nothing_kept(self, tmp_path, log) -> None:
        def play(page: ScriptedPage) -> None:
            for labels in (["Sewers"], [], ["Roads", "Waste"]):
                reply = page.label("t0", *labels)
                assert reply.status_code == 422
                assert reply.json()["error"]["code"] == "refused"

        page = BackgroundPage(play)
        oracle = BrowserOracle(open_browser=False, announce=page)
        oracle.answer(make_queue(2), make_task(), log)
        page.join()
        assert log.events == []

    def test_the_same_event_twice_counts_once(self, tmp_path, log) -> None:
        def play(page: ScriptedPage) -> None:
            for text in page.texts():
                event = text.encode().hex().rjust(32, "0")
                replies = [page.label(text, LABELS[0], event=event).json() for _ in range(3)]
                assert [reply["new"] for reply in replies] == [True, False, False]
                assert {reply["saved"] for reply in replies} == {event}

        page = BackgroundPage(play)
        BrowserOracle(open_browser=False, announce=page).answer(make_queue(3), make_task(), log)
        page.join()
        assert len(log.events) == 3


def test_every_registered_oracle_has_a_contract_test() -> None:
    tested = {kind.kind.name for kind in OracleContract.__subclasses__()}
    assert tested == set(ORACLES.names())
