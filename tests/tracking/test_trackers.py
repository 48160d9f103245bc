"""What every tracker does, each beside its real library; and the memory of what was sent."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from activellm.errors import ActiveLLMError, DataError, MissingExtraError, UsageError
from activellm.tracking import TRACKERS, Sent, Step, TrackedRun, Tracker, open_tracker, send
from activellm.tracking.addresses import public_name

Seen = dict[str, dict[str, Any]]
"""Run's name -> its parameters, its metrics ((name, step) -> value), its files."""


def run_of(*values: float, key: str = "k1", **more: Any) -> TrackedRun:
    steps = tuple(Step(n, {"labels": n * 10, "gold/f1": v}) for n, v in enumerate(values, 1))
    return TrackedRun(key, f"run {key}", {"strategy": "kmeans", "llm": "none"}, steps, **more)


class TrackerContract:
    """Subclasses make the tracker, and read back what it keeps with its own library."""

    keeps_files: ClassVar[bool] = False

    @pytest.fixture
    def tracker(self, tmp_path: Path) -> Iterator[Tracker]:
        raise NotImplementedError

    def seen(self, tracker: Any) -> Seen:
        raise NotImplementedError

    def test_parameters_and_steps_arrive_and_later_ones_join_the_same_run(
        self, tracker: Tracker
    ) -> None:
        first = tracker.send(run_of(0.5), "an experiment", "")
        second = tracker.send(run_of(0.5, 0.625), "an experiment", first)
        tracker.send(run_of(0.25, key="k2"), "an experiment", "")
        assert second == first
        seen = self.seen(tracker)
        assert len(seen) == 2
        (found,) = (one for name, one in seen.items() if "k1" in name)
        assert found["parameters"].items() >= {"strategy": "kmeans", "llm": "none"}.items()
        assert found["metrics"]["gold/f1", 2] == 0.625
        assert found["metrics"]["labels", 1] == 10

    def test_it_says_what_it_is(self, tracker: Tracker) -> None:
        assert type(tracker) is TRACKERS.get(tracker.name)
        assert tracker.runs_here
        assert tracker.takes_files is self.keeps_files


class TestJsonLines(TrackerContract):
    @pytest.fixture
    def tracker(self, tmp_path: Path) -> Tracker:
        return open_tracker(f"jsonl:{tmp_path / 'runs.jsonl'}")

    def seen(self, tracker: Any) -> Seen:
        seen: Seen = {}
        for row in map(json.loads, tracker.path.read_text().splitlines()):
            run = seen.setdefault(row["name"], {"parameters": row["parameters"], "metrics": {}})
            run["metrics"] |= {(name, row["step"]): v for name, v in row["metrics"].items()}
        return seen

    def test_what_cannot_be_written_is_refused(self, tmp_path: Path) -> None:
        for wrong in ("jsonl", f"jsonl:{tmp_path}", f"jsonl:{tmp_path}/none/x.jsonl"):
            with pytest.raises(UsageError):
                open_tracker(wrong)


@pytest.mark.filterwarnings("ignore")
class TestMlflow(TrackerContract):
    keeps_files = True

    @pytest.fixture(scope="class")
    def empty(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """MLflow's database without runs; making one takes seconds."""
        pytest.importorskip("mlflow")
        path = tmp_path_factory.mktemp("mlflow") / "runs.db"
        open_tracker(f"mlflow:sqlite:///{path}")._client.search_experiments()
        return path

    @pytest.fixture
    def tracker(
        self, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Tracker]:
        monkeypatch.chdir(tmp_path)
        shutil.copy(empty, tmp_path / "runs.db")
        return open_tracker(f"mlflow:sqlite:///{tmp_path}/runs.db")

    def seen(self, tracker: Any) -> Seen:
        client, seen = tracker._client, {}
        for experiment in client.search_experiments():
            for run in client.search_runs([experiment.experiment_id]):
                id_ = run.info.run_id
                assert run.info.status == "FINISHED"
                found = [
                    one for name in run.data.metrics for one in client.get_metric_history(id_, name)
                ]
                seen[run.info.run_name] = {
                    "parameters": run.data.params,
                    "metrics": {(one.key, one.step): one.value for one in found},
                    "files": [one.path for one in client.list_artifacts(id_)],
                }
        return seen

    def test_files_go_along_and_logins_and_failures_are_told_safely(
        self, tracker: Tracker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = tmp_path / "report.html"
        report.write_text("<p>")
        tracker.send(run_of(0.5, files=(report,)), "x", "")
        assert capsys.readouterr().out == ""
        assert self.seen(tracker)["run k1"]["files"] == ["report.html"]
        with pytest.raises(ActiveLLMError, match="MLflow did not take it"):
            tracker.send(run_of(0.5), "x", "no-such-run")
        with pytest.raises(ActiveLLMError, match=r"MLflow did not take it: .*9"):
            open_tracker("mlflow:http://127.0.0.1:9").send(run_of(0.5), "x", "")
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


@pytest.mark.filterwarnings("ignore")
class TestTrackio(TrackerContract):
    @pytest.fixture
    def tracker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracker]:
        pytest.importorskip("trackio")
        from trackio import sqlite_storage, utils

        for module in (sqlite_storage, utils):
            monkeypatch.setattr(module, "TRACKIO_DIR", tmp_path / "trackio")
        return open_tracker("trackio:ours")

    def seen(self, tracker: Any) -> Seen:
        from trackio import Api
        from trackio.sqlite_storage import SQLiteStorage

        seen: Seen = {}
        for run in Api().runs("ours"):
            rows = SQLiteStorage.get_logs("ours", run.name)
            metrics = {
                (name, row["step"]): value
                for row in rows
                for name, value in row.items()
                if name not in ("step", "timestamp")
            }
            seen[run.name] = {"parameters": run.config, "metrics": metrics}
        return seen

    def test_it_keeps_standard_output_clean_and_names_a_project(
        self, tracker: Tracker, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tracker.send(run_of(0.5), "x", "")
        assert capsys.readouterr().out == ""
        with pytest.raises(UsageError, match="Which project"):
            open_tracker("trackio")


class Recorder:
    """Notes what it is sent; fails at the n-th sending."""

    name, runs_here, takes_files = "recorder", True, False

    def __init__(self, fails_at: int = 0) -> None:
        self.sent: list[tuple[str, list[int], str]] = []
        self.fails_at = fails_at

    def send(self, run: TrackedRun, experiment: str, earlier: str) -> str:
        if len(self.sent) + 1 == self.fails_at:
            raise ActiveLLMError("gone")
        self.sent.append((run.key, [step.number for step in run.steps], earlier))
        return f"address of {run.key}"


class TestSending:
    def sent(self, folder: Path, tracker: Recorder, *runs: TrackedRun, to: str = "r:x") -> Sent:
        return send(tracker, runs, to=to, experiment="e", folder=folder)

    def test_only_what_is_new_or_changed_is_sent(self, tmp_path: Path) -> None:
        tracker = Recorder()
        assert self.sent(tmp_path, tracker, run_of(0.5)) == Sent(1, 1, 0)
        assert self.sent(tmp_path, tracker, run_of(0.5)) == Sent(0, 0, 1)
        assert self.sent(tmp_path, tracker, run_of(0.5, 0.6)) == Sent(1, 1, 1)
        assert self.sent(tmp_path, tracker, run_of(0.5, 0.7)) == Sent(1, 1, 1)
        assert tracker.sent == [
            ("k1", [1], ""),
            ("k1", [2], "address of k1"),
            ("k1", [2], "address of k1"),
        ]
        assert self.sent(tmp_path, tracker, run_of(0.5), to="r:elsewhere") == Sent(1, 1, 0)

    def test_after_a_failure_the_rest_is_sent(self, tmp_path: Path) -> None:
        runs = [run_of(0.5, key=key) for key in ("a", "b", "c")]
        with pytest.raises(ActiveLLMError, match="gone"):
            self.sent(tmp_path, Recorder(fails_at=2), *runs)
        with (tmp_path / "tracked.jsonl").open("a") as log:
            log.write('{"to": "torn')
        again = Recorder()
        assert self.sent(tmp_path, again, *runs) == Sent(2, 2, 1)
        assert [key for key, *_ in again.sent] == ["b", "c"]
        with pytest.raises(DataError, match=r"tracked.jsonl, line 2"):
            self.sent(tmp_path, again, *runs)

    def test_files_are_refused_where_they_cannot_be_kept(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="keeps no files"):
            self.sent(tmp_path, Recorder(), run_of(0.5, files=(tmp_path / "x",)))
        assert not (tmp_path / "tracked.jsonl").exists()


@pytest.mark.parametrize("spec", ["mlflow:https://me:secret@host", "mlflow:http://h/?token=abc"])
def test_logins_are_refused_before_anything_is_loaded(spec: str) -> None:
    with pytest.raises(UsageError, match="holds a login or a token") as caught:
        open_tracker(spec)
    assert "secret" not in str(caught.value)


def test_missing_libraries_name_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mlflow", "trackio"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
        with pytest.raises(MissingExtraError, match=r"activellm\[tracking\]"):
            open_tracker(f"{name}:x")


def test_public_names(tmp_path: Path) -> None:
    assert public_name("http://me:pw@host:1/v1?key=k#qwen") == "http://host:1/v1#qwen"
    assert public_name(str(tmp_path / "model.gguf")) == "model.gguf"
    assert public_name("openai/gpt-4o") == "openai/gpt-4o"
