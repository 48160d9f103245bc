"""Out of the house: the exported folder, predictions by ONNX, the push, the server's process."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import yaml
from fake_hub import TOKEN, FakeHub
from office_projects import LABELS, answer, make_project

from activellm.errors import ActiveLLMError, DataError, MissingExtraError, UsageError
from activellm.project import Project, queue, train
from activellm.project.hub import check_push, push
from activellm.project.predicting import predict_file
from activellm.project.publishing import publish
from activellm.successors import load_successor
from activellm.successors.onnx_runtime import open_classifier

TEXTS = ["text number 3 is good", "so-so", "a bad one", "", "this is very good " * 80]


def trained(folder: Path, encoder: Path, successor: str = "linear", **settings: Any) -> Project:
    """A project whose picks are all labelled and learned."""
    project = make_project(
        folder, count=30, encoder=str(encoder), successor=successor, device="cpu", rounds=1,
        **settings,
    )  # fmt: skip
    for item in queue(project):
        label = next(name for name in LABELS if item.example.text.endswith(name))
        answer(project, item.example.id, "alice", label)
    train(project)
    return project


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Project:
    return trained(tmp_path_factory.mktemp("linear") / "p", tiny_encoder)


@pytest.fixture(scope="module")
def finetuned(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Project:
    folder = tmp_path_factory.mktemp("finetuned") / "p"
    return trained(folder, tiny_encoder, "finetune(epochs=1)")


def card_of(folder: Path) -> tuple[dict[str, Any], str]:
    _, header, body = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(header), body


def test_a_classifier_made_of_others_comes_with_them(tmp_path: Path, tiny_encoder: Path) -> None:
    """And with its cards; nothing in any of its folders tells of this machine's."""
    from activellm.encoders import open_encoder
    from activellm.project import latest_training

    project = trained(tmp_path / "p", tiny_encoder, "ensemble(members=2, inner=linear)")
    written = publish(project, tmp_path / "out")
    inner = {f"member-{number}/linear.npz" for number in (0, 1)}
    assert inner < set(written.files)
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or str(tiny_encoder).encode() not in path.read_bytes(), path
    encoder = open_encoder(str(tiny_encoder), device="cpu")
    training = latest_training(project)
    assert training is not None
    kept = load_successor(training.folder, device="cpu").predict_proba(TEXTS)
    loaded = load_successor(tmp_path / "out", encoder=encoder, device="cpu")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), kept)
    publish(project, tmp_path / "out")
    (tmp_path / "out" / "member-1" / "mine.txt").write_text("kept")
    with pytest.raises(UsageError, match=r"member-1/mine\.txt"):
        publish(project, tmp_path / "out")


def test_transformers_loads_the_folder_alone(
    finetuned: Project, tmp_path: Path, tiny_encoder: Path
) -> None:
    from transformers import pipeline

    from activellm.project import latest_training

    written = publish(finetuned, tmp_path / "out", licence="MIT")
    assert set(written.files) == {path.name for path in (tmp_path / "out").iterdir()}
    classify = pipeline("text-classification", model=str(tmp_path / "out"), device="cpu")
    found = classify(TEXTS, top_k=None, truncation=True)
    training = latest_training(finetuned)
    ours = load_successor(training.folder, device="cpu").predict_proba(TEXTS)
    for row, chances in zip(found, ours, strict=True):
        scores = {one["label"]: one["score"] for one in row}
        np.testing.assert_allclose([scores[name] for name in LABELS], chances, atol=1e-5)
    header, body = card_of(tmp_path / "out")
    assert header["license"] == "mit"
    assert header["library_name"] == "transformers"
    for fact in (
        *("random", "seed 0", "1 round, 20 of 30 texts", "1 person", "| accuracy | 0."),
        *("(from 0.", "macro-F1", "| F1 of good |", "## Calibration", "## Licence\nMIT"),
        *("the most frequent label for all", "5-fold cross-validation", "no random sample"),
    ):
        assert fact in body, fact
    assert body.count("of it") < 2
    for path in (tmp_path / "out").glob("*.json"):
        assert str(tiny_encoder) not in path.read_text()
    assert str(tiny_encoder) not in body


def test_the_card_says_nothing_twice(linear: Project, tmp_path: Path) -> None:
    publish(linear, tmp_path / "out")
    limits = card_of(tmp_path / "out")[1].partition("## Limits\n")[2].partition("\n\n")[0]
    assert len(set(limits.splitlines())) == len(limits.splitlines())


def test_a_linear_one_is_loaded_with_its_encoder(
    linear: Project, tmp_path: Path, tiny_encoder: Path
) -> None:
    from activellm.encoders import open_encoder
    from activellm.project import latest_training

    publish(linear, tmp_path / "out")
    encoder = open_encoder(str(tiny_encoder), device="cpu")
    out = load_successor(tmp_path / "out", encoder=encoder)
    header, body = card_of(tmp_path / "out")
    assert "base_model" not in header  # a folder's name is no model of the hub
    assert "open_encoder(here)" in body
    assert str(tiny_encoder) not in body
    with pytest.raises(UsageError, match="There is no encoder"):
        load_successor(tmp_path / "out")
    kept = load_successor(latest_training(linear).folder, device="cpu")
    np.testing.assert_array_equal(out.predict_proba(TEXTS), kept.predict_proba(TEXTS))


def test_onnx_is_written_used_and_explained(
    linear: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed (the extra 'onnx')")
    ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    file = tmp_path / "texts.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([["text"], *([text] for text in TEXTS)])
    predict_file(linear, str(file), tmp_path / "torch.csv")
    with pytest.raises(UsageError, match="no variant"):
        predict_file(linear, str(file), tmp_path / "int8.csv", int8=True)
    written = publish(linear, tmp_path / "out", onnx=True, int8=True)
    assert written.onnx.equal == 1.0
    assert written.onnx.largest < 1e-5
    assert written.int8.texts == 30
    runs: list[str] = []
    honest = ort.InferenceSession

    def seen(path: str, *rest: Any, **options: Any) -> Any:
        runs.append(Path(path).name)
        return honest(path, *rest, **options)

    monkeypatch.setattr(ort, "InferenceSession", seen)
    predict_file(linear, str(file), tmp_path / "onnx.csv")
    predict_file(linear, str(file), tmp_path / "int8.csv", int8=True)
    assert runs == ["model.onnx", "model_int8.onnx"]
    one, other = (
        [*csv.reader((tmp_path / f"{name}.csv").read_text().splitlines())]
        for name in ("torch", "onnx")
    )
    for expected, found in zip(one[1:], other[1:], strict=True):
        assert found[:2] == expected[:2]
        shares = ([float(share or -1) for share in row[2:]] for row in (expected, found))
        np.testing.assert_allclose(*shares, atol=2e-6)
    body = card_of(tmp_path / "out")[1]
    assert f"{written.int8.equal:.1%} get the same labels" in body
    assert "onnxruntime" in body.partition("## Versions")[2]
    _run_the_cards_code(body, tmp_path / "out", linear)
    publish(linear, tmp_path / "out")  # an earlier export is replaced, as a whole
    assert not [*(tmp_path / "out").glob("*.onnx")]


def test_without_the_extra_torch_answers_and_export_says_what_to_install(
    linear: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from activellm.project import latest_training

    for package in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'activellm\[onnx\]'"):
        publish(linear, tmp_path / "out", onnx=True)
    assert list(tmp_path.iterdir()) == []
    folder = tmp_path / "model"
    shutil.copytree(latest_training(linear).folder, folder)
    (folder / "model.onnx").write_bytes(b"not looked at")
    expected = load_successor(folder, device="cpu").predict_proba(TEXTS)
    found = open_classifier(folder, device="cpu").predict_proba(TEXTS)
    np.testing.assert_array_equal(found, expected)


def _run_the_cards_code(body: str, folder: Path, project: Project) -> None:
    """What the card shows works as it is, without ActiveLLM, and gives its probabilities."""
    from activellm.project import latest_training

    code = re.findall(r"```python\n(import numpy.*?)```", body, flags=re.DOTALL)[0]
    assert "activellm" not in code
    names: dict[str, Any] = {}
    exec(code.replace("this/folder", str(folder)), names)
    kept = load_successor(latest_training(project).folder, device="cpu")
    expected = kept.predict_proba(["some text"])
    np.testing.assert_allclose(names["probabilities"], expected, atol=1e-5)


def test_folders_that_hold_something_else_are_left_alone(linear: Project, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    publish(linear, tmp_path / "empty")
    publish(linear, tmp_path / "empty")
    (tmp_path / "empty" / "thesis.txt").write_text("mine")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for name, what in (("mine", "notes.txt"), ("file", "a file"), ("empty", "thesis.txt")):
        with pytest.raises(UsageError, match=what):
            publish(linear, tmp_path / name)
    for inside in (linear.folder, linear.folder / "models" / "x"):
        with pytest.raises(UsageError, match="own folder"):
            publish(linear, inside)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_a_failed_export_leaves_the_earlier_one(
    linear: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(linear, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def fails(*_: Any) -> None:
        raise DataError("no card")

    monkeypatch.setattr("activellm.project.publishing.write_model_card", fails)
    with pytest.raises(DataError, match="no card"):
        publish(linear, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_trained_yet(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    with pytest.raises(UsageError, match="Nothing is trained"):
        publish(project, tmp_path / "out")
    assert not (tmp_path / "out").exists()


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command() -> Command:
    def run(*arguments: object, hub: FakeHub | None = None, **more: str) -> Any:
        env = {**os.environ, **more}
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            env.pop(name, None)
        env["HF_ENDPOINT"] = hub.url if hub else "http://127.0.0.1:9"
        return subprocess.run(
            [sys.executable, "-m", "activellm", *map(str, arguments)],
            capture_output=True, text=True, env=env, timeout=120,
        )  # fmt: skip

    return run


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    one = FakeHub()
    yield one
    one.close()


def test_push_shows_asks_and_sends_privately(
    linear: Project, tmp_path: Path, command: Command, hub: FakeHub
) -> None:
    options = ["export", tmp_path / "out", "--project", linear.folder, "--push", "me/model"]
    shown = command(*options, hub=hub, HF_TOKEN=TOKEN)
    assert shown.returncode == 2
    assert "linear.npz" in shown.stdout
    assert "me/model (private)" in shown.stdout
    assert "Nothing was sent. Add --yes" in shown.stderr
    assert hub.asked == []
    sent = command(*options, "--yes", "--json", hub=hub, HF_TOKEN=TOKEN)
    assert sent.returncode == 0, sent.stderr
    assert json.loads(sent.stdout)["address"] == f"{hub.url}/me/model"
    kept = hub.repositories["me/model"]
    assert kept["private"] is True
    assert kept["files"] == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for output in (shown.stdout, shown.stderr, sent.stdout, sent.stderr):
        assert TOKEN not in output
    assert sent.stderr == ""


@pytest.fixture
def at_hub(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeHub, str], None]:
    """Lets this process speak to a hub of the test's; the real one reads both at import."""

    def speak(hub: FakeHub, token: str) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", token)

    return speak


@pytest.mark.parametrize(
    ("repositories", "refuse", "token", "said"),
    [
        ({"me/model": {"private": False, "files": {}}}, 0, TOKEN, "everybody can see it"),
        ({}, 403, TOKEN, "the token may not write there"),
        ({}, 0, "hf_wrong", "the token is not valid"),
    ],
)
def test_what_the_hub_refuses_is_told(
    tmp_path: Path,
    at_hub: Any,
    repositories: dict[str, Any],
    refuse: int,
    token: str,
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hub = FakeHub(repositories, refuse=refuse)
    (tmp_path / "README.md").write_text("card")
    at_hub(hub, token)
    with pytest.raises(ActiveLLMError, match=said) as caught:
        push(tmp_path, "me/model")
    hub.close()
    assert token not in f"{caught.value}{caplog.text}"
    assert all(not one["files"] for one in hub.repositories.values())


def test_a_public_one_is_public_when_that_is_said(
    tmp_path: Path, at_hub: Any, hub: FakeHub
) -> None:
    (tmp_path / "README.md").write_text("card")
    at_hub(hub, TOKEN)
    push(tmp_path, "me/model", public=True)
    assert hub.repositories["me/model"]["private"] is False


def test_a_push_replaces_what_does_not_belong_to_it_any_more(tmp_path: Path, at_hub: Any) -> None:
    files = {"model.onnx": b"old", "notes.md": b"kept", "README.md": b"old"}
    hub = FakeHub({"me/model": {"private": True, "files": files}})
    (tmp_path / "README.md").write_text("new")
    at_hub(hub, TOKEN)
    assert push(tmp_path, "me/model") == f"{hub.url}/me/model"
    hub.close()
    assert hub.repositories["me/model"]["files"] == {"notes.md": b"kept", "README.md": b"new"}


def test_without_a_token_or_a_network(
    tmp_path: Path, at_hub: Any, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hub(hub, "")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    monkeypatch.setattr("huggingface_hub.constants.HF_STORED_TOKENS_PATH", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="no token") as caught:
        push(tmp_path, "me/model")
    assert "hf auth login" in caught.value.remedy
    at_hub(hub, TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ActiveLLMError, match="HF_HUB_OFFLINE is set"):
        push(tmp_path, "me/model")
    assert hub.asked == []


def test_a_project_that_keeps_its_texts_in_is_not_pushed(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", local_only=True)
    with pytest.raises(UsageError, match="give away texts") as caught:
        check_push(project, "me/model")
    assert "by hand" in caught.value.remedy


@pytest.mark.parametrize(
    "name", ["model", "me/", "/model", "a/b/c", "me/..", "-me/x", "https://x/y"]
)
def test_names_that_are_no_repository(linear: Project, name: str) -> None:
    with pytest.raises(UsageError, match="no repository"):
        check_push(linear, name)


def test_the_servers_process_answers_and_ends_cleanly(linear: Project) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "activellm", "serve", "--project", str(linear.folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = [process.stdout.readline(), process.stdout.readline()]
    address = re.match(r"(http://127\.0\.0\.1:\d+)/predict", lines[0])
    assert address, (lines, process.stderr.read())
    token = lines[1].removeprefix("Token: ").strip()
    reply = httpx2.post(
        f"{address[1]}/predict",
        json={"texts": TEXTS},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    rows = reply.json()["predictions"]
    assert [row is not None and (row["labels"] is None) for row in rows] == [
        *(False, False, False, True, False)
    ]
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "Stopped.\n", "")
