"""The ONNX file gives torch's answers, and never stands for a classifier that it is not of."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
from successor_contract import (
    BAD,
    GOOD,
    MULTI,
    PAIR,
    PAIR_TARGETS,
    PAIRS,
    SENTIMENT,
    TARGETS,
    TEXTS,
    UNSEEN,
    multi_targets,
    task_of,
)

from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.successors import CardFacts, load_successor, make_successor, write_model_card

pytest.importorskip("onnx", reason="onnx is not installed (the extra 'onnx')")
ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (the extra 'onnx')")

from activellm.successors.onnx_export import write_int8, write_onnx  # noqa: E402
from activellm.successors.onnx_runtime import (  # noqa: E402
    INT8,
    MODEL,
    OnnxClassifier,
    fingerprint,
    open_classifier,
)

MANY = [f"{a} and {b}" for a in GOOD for b in BAD] + [*TEXTS, *UNSEEN, "a", "so " * 700]
KINDS = {
    "single": (SENTIMENT, TEXTS, TARGETS, MANY),
    "multi": (MULTI, TEXTS, multi_targets(), MANY),
    "pair": (PAIR, PAIRS, PAIR_TARGETS, [*PAIRS, ("", ""), ("a " * 900, "b"), ("a", "so " * 500)]),
    "unseen": (task_of("a", "b", "c"), TEXTS, TARGETS, MANY),
}


def trained(
    folder: Path, encoder: Path, name: str = "finetune", kind: str = "single", seed: int = 0
) -> Any:
    """A classifier of the toy task, trained and saved; a temperature of its own."""
    task, contents, targets, _ = KINDS[kind]
    quick: dict[str, dict[str, Any]] = {
        "finetune": {"epochs": 3, "learning_rate": 1e-3},
        "setfit": {"pairs": 2, "learning_rate": 1e-3},
    }
    model = make_successor(
        name, task, seed=seed, encoder=str(encoder), device="cpu", **quick.get(name, {})
    ).fit(contents, targets)
    model.temper(1.7)
    folder.mkdir(exist_ok=True)
    model.save(folder)
    return model


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["finetune", "linear", "setfit"])
def test_it_gives_torchs_answers(tiny: Path, tmp_path: Path, name: str, kind: str) -> None:
    model, asked = trained(tmp_path, tiny, name, kind), KINDS[kind][3]
    found = write_onnx(tmp_path, asked[:3])
    assert (found.texts, found.equal) == (8, 1.0)
    assert found.largest < 1e-5
    onnx = open_classifier(tmp_path, device="cpu")
    assert isinstance(onnx, OnnxClassifier)
    chances = onnx.predict_proba(asked)
    assert chances.dtype == np.float64
    np.testing.assert_allclose(chances, model.predict_proba(asked), atol=1e-5)
    np.testing.assert_array_equal(onnx.predict(asked), model.predict(asked))
    np.testing.assert_allclose(onnx.predict_proba(asked[::-1]), chances[::-1], atol=1e-5)
    assert onnx.predict_proba([]).shape == (0, len(model.task.label_names))


@pytest.mark.parametrize("pooling", ["cls_token", "lasttoken"])
@pytest.mark.parametrize("name", ["linear", "setfit"])
def test_the_encoders_own_pooling_is_in_the_graph(tmp_path: Path, name: str, pooling: str) -> None:
    (tmp_path / "encoder").mkdir()
    encoder = tiny_encoder.pooled_by(tiny_encoder.build(tmp_path / "encoder"), pooling)
    model = trained(tmp_path / "model", encoder, name)
    assert write_onnx(tmp_path / "model", TEXTS).largest < 1e-5
    onnx = OnnxClassifier.load(tmp_path / "model")
    np.testing.assert_allclose(onnx.predict_proba(MANY), model.predict_proba(MANY), atol=1e-5)


@pytest.mark.parametrize("kind", ["roberta", "deberta-v2", "modernbert"])
def test_architectures(tmp_path: Path, kind: str) -> None:
    (tmp_path / "encoder").mkdir()
    encoder = tiny_encoder.build(tmp_path / "encoder", kind)
    model = trained(tmp_path / "model", encoder)
    assert write_onnx(tmp_path / "model", TEXTS).largest < 1e-4
    onnx = OnnxClassifier.load(tmp_path / "model")
    np.testing.assert_allclose(onnx.predict_proba(MANY), model.predict_proba(MANY), atol=1e-4)


def test_logits_are_those_of_the_network(tiny: Path, tmp_path: Path) -> None:
    import torch

    model = trained(tmp_path, tiny)
    write_onnx(tmp_path)
    logits = OnnxClassifier.load(tmp_path).logits(MANY)
    for text, row in zip(MANY, logits, strict=True):
        batch = model._tokenizer.pad(model._tokenizer.encode([text]))
        with torch.inference_mode():
            expected = model._model(**batch).logits[0].numpy()
        np.testing.assert_allclose(row, expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["pair", "multi"])
@pytest.mark.parametrize("name", ["finetune", "linear", "setfit"])
def test_the_cards_code_runs_it_without_us(
    tiny: Path, tmp_path: Path, name: str, kind: str
) -> None:
    model = trained(tmp_path, tiny, name, kind)
    write_onnx(tmp_path)
    write_model_card(tmp_path, CardFacts(onnx=["It is there."]))
    card = (tmp_path / "README.md").read_text()
    code = re.findall(r"```python\n(import numpy.*?)```", card, flags=re.DOTALL)[0]
    assert "activellm" not in code
    names: dict[str, Any] = {}
    exec(code.replace("this/folder", str(tmp_path)), names)
    content = ("first", "second") if kind == "pair" else "some text"
    expected = model.predict_proba([content])
    np.testing.assert_allclose(names["probabilities"], expected, atol=1e-5)


def test_eight_bits_are_measured_and_only_used_when_asked_for(tiny: Path, tmp_path: Path) -> None:
    trained(tmp_path, tiny)
    with pytest.raises(UsageError, match="no variant"):
        open_classifier(tmp_path, device="cpu", int8=True)
    write_onnx(tmp_path)
    found = write_int8(tmp_path, TEXTS)
    assert (tmp_path / INT8).stat().st_size < (tmp_path / MODEL).stat().st_size
    whole, small = (open_classifier(tmp_path, device="cpu", int8=wish) for wish in (False, True))
    first, second = whole.predict_proba(TEXTS), small.predict_proba(TEXTS)
    assert found.texts == 12
    assert found.largest == np.abs(first - second).max() > 0
    assert found.equal == (first.argmax(axis=1) == second.argmax(axis=1)).mean()


def test_a_file_of_other_weights_is_never_used(tiny: Path, tmp_path: Path) -> None:
    trained(tmp_path / "old", tiny)
    write_onnx(tmp_path / "old")
    write_int8(tmp_path / "old", TEXTS)
    new = trained(tmp_path / "new", tiny, seed=1)
    for name in (MODEL, INT8):
        shutil.copy(tmp_path / "old" / name, tmp_path / "new" / name)
    taken = open_classifier(tmp_path / "new", device="cpu")
    assert not isinstance(taken, OnnxClassifier)
    np.testing.assert_array_equal(taken.predict_proba(TEXTS), new.predict_proba(TEXTS))
    with pytest.raises(DataError, match="not written from the classifier beside it"):
        open_classifier(tmp_path / "new", device="cpu", int8=True)
    write_onnx(tmp_path / "new")
    assert not (tmp_path / "new" / INT8).exists()
    fresh = open_classifier(tmp_path / "new", device="cpu")
    np.testing.assert_allclose(fresh.predict_proba(TEXTS), new.predict_proba(TEXTS), atol=1e-5)


def test_what_is_there_is_not_written_again(tiny: Path, tmp_path: Path) -> None:
    trained(tmp_path, tiny)
    write_onnx(tmp_path)
    written = (tmp_path / MODEL).stat().st_mtime_ns
    write_onnx(tmp_path)
    assert (tmp_path / MODEL).stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", [b"", b"no onnx file"])
def test_a_damaged_file_is_not_used(tiny: Path, tmp_path: Path, damage: bytes) -> None:
    model = trained(tmp_path, tiny)
    (tmp_path / MODEL).write_bytes(damage)
    taken = open_classifier(tmp_path, device="cpu")
    np.testing.assert_array_equal(taken.predict_proba(TEXTS), model.predict_proba(TEXTS))
    with pytest.raises(DataError, match="cannot be used"):
        OnnxClassifier.load(tmp_path)


def test_a_foreign_onnx_file_is_not_used(tiny: Path, tmp_path: Path) -> None:
    import onnx

    trained(tmp_path, tiny)
    write_onnx(tmp_path)
    foreign = onnx.load(str(tmp_path / MODEL))
    del foreign.metadata_props[:]
    (tmp_path / MODEL).write_bytes(foreign.SerializeToString())
    assert not isinstance(open_classifier(tmp_path, device="cpu"), OnnxClassifier)


def test_a_file_that_disagrees_is_not_kept(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from activellm.successors.finetune import FineTune

    trained(tmp_path, tiny)
    honest = FineTune.graph

    def wrong(self: FineTune) -> Any:
        graph = honest(self)
        self._model.classifier.bias.data += self._model.classifier.bias.new_tensor([3.0, 0.0])
        return graph

    monkeypatch.setattr(FineTune, "graph", wrong)
    loaded = load_successor(tmp_path, device="cpu")
    monkeypatch.setattr(
        "activellm.successors.onnx_export.load_successor", lambda *_, **__: _Two(loaded, tmp_path)
    )
    with pytest.raises(ActiveLLMError, match="does not agree with torch"):
        write_onnx(tmp_path, TEXTS)
    assert not (tmp_path / MODEL).exists()


class _Two:
    """Predicts by the saved weights, but its graph is of others."""

    def __init__(self, changed: Any, folder: Path) -> None:
        self.task, self._changed = changed.task, changed
        self._saved = load_successor(folder, device="cpu")

    def graph(self) -> Any:
        return self._changed.graph()

    def predict_proba(self, contents: Any, **options: Any) -> Any:
        return self._saved.predict_proba(contents, **options)


def test_the_fingerprint_is_of_all_that_decides(tiny: Path, tmp_path: Path) -> None:
    trained(tmp_path, tiny)
    first = fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("another card")
    write_onnx(tmp_path)
    assert fingerprint(tmp_path) == first
    facts = json.loads((tmp_path / "activellm.json").read_text())
    facts["settings"]["max_length"] = 16
    (tmp_path / "activellm.json").write_text(json.dumps(facts))
    assert fingerprint(tmp_path) != first


@pytest.mark.parametrize("name", ["tfidf", "ensemble"])
def test_a_kind_without_a_graph_says_so(tiny: Path, tmp_path: Path, name: str) -> None:
    trained(tmp_path, tiny, name)
    with pytest.raises(UsageError, match=f"'{name}' classifier cannot be written as ONNX"):
        write_onnx(tmp_path)
    assert not (tmp_path / MODEL).exists()


def test_progress_is_told_and_wrong_texts_are_refused(tiny: Path, tmp_path: Path) -> None:
    trained(tmp_path, tiny)
    write_onnx(tmp_path)
    onnx = OnnxClassifier.load(tmp_path)
    told: list[tuple[str, int, int | None]] = []
    onnx.predict_proba(TEXTS, progress=lambda *news: told.append(news))
    assert told[-1] == ("Predicting", 12, 12)
    with pytest.raises(UsageError, match="number 2"):
        onnx.predict_proba(["one", ("one", "two")])
