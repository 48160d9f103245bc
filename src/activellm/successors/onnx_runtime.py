"""A trained classifier that onnxruntime computes: the same answers, without torch's networks."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from activellm.encoders.device import THREADS, resolve_device
from activellm.encoders.quiet import quiet_transformers
from activellm.encoders.tokens import Tokenizer
from activellm.errors import DataError, MissingExtraError, UsageError
from activellm.files import sha256_of
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.checks import check_contents, decide
from activellm.successors.contract import Classifier, Judge, Probabilities
from activellm.successors.registry import load_successor
from activellm.successors.saved import SavedFacts
from activellm.task import Targets, Task

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL, INT8 = "model.onnx", "model_int8.onnx"
"""The files in a saved classifier's folder: in float32, and with weights of 8 bits."""

ABOUT = "activellm"
"""The metadata entry that holds `About` as JSON."""

TOKENS = 256
"""Tokens computed at once. Measured on one core with MiniLM: 256 is 1.17 times as fast as 1,024 on
short texts, and level on longer ones."""


@dataclass(frozen=True)
class About:
    """What an ONNX file says of itself.

    Attributes:
        weights: The fingerprint of the classifier that it was written from.
        max_length: Most tokens of a text.
        apart: Whether the texts of a pair are rows of their own (see `Graph.apart`).
    """

    weights: str
    max_length: int
    apart: bool


class OnnxClassifier:
    """A classifier's ONNX file, behind `predict_proba` and `predict` of a successor.

    Args:
        session: Runs the file.
        tokenizer: Makes its input.
        about: What the file says of itself.
        task: What it decides.
    """

    def __init__(
        self, session: InferenceSession, tokenizer: Tokenizer, about: About, task: Task
    ) -> None:
        self.task, self._session, self._tokenizer, self._about = task, session, tokenizer, about
        self._names = {one.name for one in session.get_inputs()}

    @classmethod
    def load(cls, folder: Path, *, int8: bool = False) -> Self:
        """Open a folder's ONNX file.

        Args:
            folder: A saved classifier with `model.onnx`.
            int8: Whether to open the variant with weights of 8 bits.

        Raises:
            DataError: If there is none, or it was written from other weights.
            MissingExtraError: If onnxruntime is not installed.
        """
        path, task = folder / (INT8 if int8 else MODEL), SavedFacts.read(folder).task
        session, about = open_session(path)
        if about is None or about.weights != fingerprint(folder):
            raise DataError(
                "This ONNX file was not written from the classifier beside it.",
                where=str(path),
                remedy="Write it anew: activellm export with --onnx.",
            )
        with quiet_transformers():
            tokenizer = Tokenizer.load(folder, about.max_length)
        return cls(session, tokenizer, about, task)

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`."""
        from scipy.special import expit, softmax

        logits = self.logits(contents, progress=progress)
        chances: Probabilities = expit(logits) if self.task.multi else softmax(logits, axis=1)
        return chances

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def logits(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> npt.NDArray[np.float64]:
        """What the graph gives, shape (n, labels)."""
        check_contents(contents, self.task)
        table, done = np.zeros((len(contents), len(self.task.label_names))), 0
        for rows, batch in self._batches(contents):
            inputs = {name: value for name, value in batch.items() if name in self._names}
            table[rows] = self._session.run(None, inputs)[0]
            done += len(rows)
            progress("Predicting", done, len(contents))
        return table

    def _batches(
        self, contents: Sequence[Content]
    ) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, Any]]]:
        """Contents in batches of like length: their rows, and the graph's inputs."""
        if not (self._about.apart and self.task.pair):
            for rows, batch in self._tokenizer.batches(contents, TOKENS):
                yield rows, {name: tensor.numpy() for name, tensor in batch.items()}
            return
        # The rows of a pair are made as one content each, and must stay side by side.
        order = np.argsort([sum(map(len, pair)) for pair in contents], kind="stable")
        for rows in np.array_split(order, max(1, -(-len(order) // _PAIRS))):
            texts = [text for row in rows for text in contents[row]]
            if texts:
                batch = self._tokenizer.pad(self._tokenizer.encode(texts))
                yield rows, {name: tensor.numpy() for name, tensor in batch.items()}


_PAIRS = 4
"""Pairs computed at once where each text is a row of its own."""


def open_classifier(
    folder: Path, *, device: str = "auto", int8: bool = False, judge: Judge | None = None
) -> Classifier:
    """A saved classifier for prediction: by its ONNX file where there is one, else by torch.

    The file is taken where it was written from these very weights, onnxruntime is installed, and
    no GPU is asked for.

    Args:
        folder: What `Successor.save` wrote.
        device: "auto", "cpu", "cuda", ...
        int8: Take the variant with weights of 8 bits.
        judge: Asks the query model, for classifiers that need it.

    Raises:
        UsageError: If the variant with 8 bits is asked for and there is none, or on a GPU.
        DataError: If the folder holds no trained classifier.
    """
    on_cpu = _on_cpu(device)
    if int8:
        if not on_cpu:
            raise UsageError("The variant with weights of 8 bits runs on the CPU only.")
        if not (folder / INT8).is_file():
            raise UsageError(
                "The classifier has no variant with weights of 8 bits.",
                where="--int8",
                remedy="Write it first: activellm export FOLDER --onnx --int8.",
            )
        return OnnxClassifier.load(folder, int8=True)
    if on_cpu and (folder / MODEL).is_file():
        try:
            return OnnxClassifier.load(folder)
        except (DataError, MissingExtraError):
            pass  # stale, damaged, or nothing to run it with: torch gives the same answers
    return load_successor(folder, device=device, judge=judge)


def _on_cpu(device: str) -> bool:
    """Whether a device is the CPU; without torch there is no other."""
    if device == "cpu" or (device == "auto" and find_spec("torch") is None):
        return True
    return resolve_device(device).type == "cpu"


def open_session(path: Path) -> tuple[InferenceSession, About | None]:
    """A session for an ONNX file on the CPU, and what the file says of itself, if it is ours.

    Raises:
        DataError: If it is not there or is no ONNX file.
        MissingExtraError: If onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("Running an ONNX file", "onnx") from None
    if not path.is_file():
        raise DataError("There is no ONNX file here.", where=str(path))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if (threads := os.environ.get(THREADS, "").strip()).isdecimal() and int(threads) > 0:
        options.intra_op_num_threads = int(threads)
    # Threads that wait by spinning make a busy machine slower than one thread would.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        about = session.get_modelmeta().custom_metadata_map.get(ABOUT)
        return session, About(**json.loads(about)) if about else None
    except Exception as error:  # noqa: BLE001  # onnxruntime's errors share no other class
        raise DataError(f"It cannot be used: {error}.", where=str(path)) from None


def fingerprint(folder: Path) -> str:
    """A SHA-256 of what decides a saved classifier's answers: weights, settings, tokenizer.

    How the encoder was called does not matter; its weights' own SHA-256 is among the settings.

    Raises:
        DataError: If the folder holds no trained classifier.
    """
    saved = SavedFacts.read(folder)
    settings = {name: value for name, value in saved.settings.items() if name != "encoder"}
    facts = [saved.successor, saved.task.label_names, saved.task.multi, saved.task.pair, settings]
    paths = [*folder.glob("*.safetensors"), *folder.glob("*.npz"), *folder.glob("tokenizer.json")]
    parts = [f"{path.name} {sha256_of(path)}" for path in sorted(paths)]
    return hashlib.sha256(json.dumps([facts, parts], sort_keys=True).encode()).hexdigest()
