"""Write a trained classifier as ONNX, check it against torch, and make a variant of 8 bits."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.encoders.quiet import quiet_transformers
from activellm.errors import ActiveLLMError, MissingExtraError, UsageError
from activellm.files import atomic_path
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.contract import Classifier, Probabilities, Successor
from activellm.successors.onnx_graph import Graph, HasGraph
from activellm.successors.onnx_runtime import (
    ABOUT,
    INT8,
    MODEL,
    About,
    OnnxClassifier,
    fingerprint,
)
from activellm.successors.registry import load_successor
from activellm.successors.saved import SavedFacts

_OPSET = 17
_LARGEST = 2_000_000_000
"""Bytes of weights: one ONNX file holds less than 2 GiB."""

CLOSE = 1e-4
"""By how much a probability may differ from torch's: far above float32's rounding (1e-6 is
usual), far below what anybody would notice."""

_ODD = ("", "a", "a " * 3000, "\u4e16\u754c \x00", "one two three four five six seven")
"""Texts of very different lengths, so that no length of the example is built into the graph."""


@dataclass(frozen=True)
class Agreement:
    """How far two forms of one classifier agree.

    Attributes:
        texts: On how many texts.
        equal: The share that gets the same labels from both.
        largest: The largest difference of a probability.
    """

    texts: int
    equal: float
    largest: float


def write_onnx(
    folder: Path, contents: Sequence[Content] = (), *, progress: Progress = silent
) -> Agreement:
    """Write `model.onnx` into a saved classifier's folder, unless it is there already.

    Args:
        folder: What `Successor.save` wrote.
        contents: Texts or pairs of the task's kind to check it on, besides some odd ones.
        progress: Told how many of them are done.

    Returns:
        How far it agrees with torch.

    Raises:
        UsageError: If this kind of classifier cannot be written as ONNX, or is too large.
        MissingExtraError: If `onnx` or `onnxruntime` is not installed.
        ActiveLLMError: If the file disagrees with torch; then it is not kept.
    """
    _check_packages()
    successor = load_successor(folder, device="cpu")
    if not isinstance(successor, HasGraph):
        name = SavedFacts.read(folder).successor
        raise UsageError(
            f"A {name!r} classifier cannot be written as ONNX.",
            where="--onnx",
            remedy="Leave it out, or train one that can: --successor finetune, linear or setfit.",
        )
    fresh = _fresh(folder)
    if fresh is None:
        _write(folder, successor.graph())
        (folder / INT8).unlink(missing_ok=True)
        fresh = OnnxClassifier.load(folder)
    odd = [(text, "b") if successor.task.pair else text for text in _ODD]
    found = _compare(successor, fresh, [*odd, *contents], progress)
    if found.largest > CLOSE:
        (folder / MODEL).unlink(missing_ok=True)
        raise ActiveLLMError(
            f"The ONNX file does not agree with torch: a probability differs by {found.largest:.2g}"
            f" ({found.equal:.1%} of {found.texts} texts get the same labels). It was not kept.",
            where=str(folder / MODEL),
            remedy="Export without --onnx, and report this with the encoder's name.",
        )
    return found


def write_int8(
    folder: Path, contents: Sequence[Content], *, progress: Progress = silent
) -> Agreement:
    """Write `model_int8.onnx` beside a `model.onnx`: weights of 8 bits, quantised dynamically.

    Args:
        folder: Where `write_onnx` wrote.
        contents: Texts or pairs of the kind that it is for; at least one.
        progress: Told how many of them are done.

    Returns:
        How far it agrees with the float model on `contents`. It is kept in any case.
    """
    _check_packages()
    from onnxruntime.quantization import QuantType, quantize_dynamic

    if not (folder / INT8).is_file() or _fresh(folder, int8=True) is None:
        with atomic_path(folder / INT8) as draft, _silence():
            quantize_dynamic(
                folder / MODEL,
                draft,
                weight_type=QuantType.QInt8,
                per_channel=True,
                extra_options={"DisableShapeInference": False},
            )
            _describe(draft, _about_of(folder / MODEL))
    whole, small = OnnxClassifier.load(folder), OnnxClassifier.load(folder, int8=True)
    return _compare(whole, small, contents, progress)


@contextmanager
def _silence() -> Iterator[None]:
    """Without the tools' warnings; what they fear (a value traced as a constant) is checked."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _fresh(folder: Path, *, int8: bool = False) -> OnnxClassifier | None:
    """The ONNX file, if there is one that was written from these weights."""
    try:
        return OnnxClassifier.load(folder, int8=int8)
    except UsageError:
        return None


def _write(folder: Path, graph: Graph) -> None:
    import torch

    size = sum(part.numel() * part.element_size() for part in graph.module.parameters())
    if size > _LARGEST:
        raise UsageError(
            f"The classifier has {size / 1e9:.1f} GB of weights; an ONNX file holds 2 GB.",
            where="--onnx",
            remedy="Leave --onnx out, or train a smaller encoder.",
        )
    if not (folder / "tokenizer.json").exists():  # a linear one keeps no encoder of its own
        with quiet_transformers():
            graph.tokenizer.inner.save_pretrained(folder)
    sample = graph.tokenizer.pad(graph.tokenizer.encode(["one", "one two three", "one two", "a"]))
    axes = {name: {0: "texts", 1: "tokens"} for name in graph.inputs}
    with atomic_path(folder / MODEL) as draft, _silence(), torch.no_grad():
        torch.onnx.export(
            graph.module,
            tuple(sample[name] for name in graph.inputs),
            str(draft),
            dynamo=False,
            input_names=list(graph.inputs),
            output_names=["logits"],
            dynamic_axes={**axes, "logits": {0: "contents"}},
            opset_version=_OPSET,
        )
        about = About(fingerprint(folder), graph.tokenizer.max_length, graph.apart)
        _describe(draft, about)


def _describe(path: Path, about: About) -> None:
    """Write into an ONNX file which classifier it is, so that it can never stand for another."""
    import onnx

    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {ABOUT: json.dumps(asdict(about))})
    path.write_bytes(model.SerializeToString())


def _about_of(path: Path) -> About:
    import onnx

    properties = onnx.load(str(path), load_external_data=False).metadata_props
    return About(**json.loads(next(one.value for one in properties if one.key == ABOUT)))


def _compare(
    one: Successor | Classifier,
    other: Classifier,
    contents: Sequence[Content],
    progress: Progress,
) -> Agreement:
    first = one.predict_proba(contents, progress=progress)
    second = other.predict_proba(contents, progress=progress)
    same = (_chosen(first, one.task.multi) == _chosen(second, one.task.multi)).all(axis=1)
    return Agreement(len(contents), float(same.mean()), float(np.abs(first - second).max()))


def _chosen(chances: Probabilities, multi: bool) -> npt.NDArray[Any]:
    return chances >= 0.5 if multi else chances.argmax(axis=1)[:, None]


def _check_packages() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError:
        raise MissingExtraError("Writing an ONNX file", "onnx") from None
