"""One prediction from its parts to the whole output."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from activellm.blocks import BlockExecutor, Done, Here, alone, do_blocks
from activellm.errors import UsageError
from activellm.files import atomic_path, sha256_of
from activellm.pool import Columns
from activellm.progress import Progress
from activellm.project.folder import Project
from activellm.project.prediction.rows import CUT, WINDOW, Rows
from activellm.project.prediction.work import Answering, Model, Predicting
from activellm.project.prediction.writers import writer_for
from activellm.successors import asks_model
from activellm.successors.onnx_runtime import open_classifier
from activellm.successors.saved import SavedFacts
from activellm.tools import Tools

BATCH_OF_BATCHES = 100_000
"""Rows at a time where a query model's answers take hours however many there are."""

MOST_ROWS, FILES = 16 * WINDOW, 600
"""Rows of a block at most; fewer as long as there are not more blocks than this."""

PARTS, RESULTS = ".parts", "results"
"""What the folder beside the output is called after it, and a folder in it."""


@dataclass(frozen=True)
class Written:
    """What a prediction wrote.

    Attributes:
        rows: Rows in all.
        empty: Rows without text; they get no label.
        seconds: How long this run took.
        abstained: Rows with text that got no label because the classifier is not sure enough.
        kept: Rows that an earlier run, which was stopped, had predicted.
    """

    rows: int
    empty: int
    seconds: float
    abstained: int = 0
    kept: int = 0


class Job:
    """Predicts rows in blocks and writes them with what was predicted.

    Args:
        project: Whose classifier it is.
        classifier: Its folder.
        output: Where to write.
        answering: How the classifier answers.
        int8: Whether its weights of 8 bits are taken.
        executor: Who does the work.

    Raises:
        UsageError: If the output's ending is unknown, there are no weights of 8 bits, or several
            workers would ask a query model.
    """

    def __init__(
        self,
        project: Project,
        classifier: Path,
        output: Path,
        answering: Answering,
        *,
        int8: bool,
        executor: BlockExecutor,
    ) -> None:
        self._start = time.perf_counter()
        self._writer, self._output = writer_for(output), output
        self._answering, self._executor = answering, executor
        _refuse_asking(classifier, executor)
        tools = project.tools
        device = tools.settings.device
        self._classifier = open_classifier(classifier, device=device, judge=tools.judge, int8=int8)
        self._model = Model(classifier.absolute(), _fingerprint(classifier, tools), device, int8)
        self._window = BATCH_OF_BATCHES if tools.settings.llm_batch else WINDOW

    @contextmanager
    def parts(self) -> Iterator[Path]:
        """The folder of what is not whole yet; it goes when all is done."""
        folder = self._output.absolute().with_name(self._output.name + PARTS)
        try:
            with alone(folder):
                yield folder
        except BaseException:
            if not any((folder / name).exists() for name in (CUT, RESULTS)):
                shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)

    def do(
        self,
        parts: Path,
        rows: Rows,
        source: str,
        columns: Columns,
        progress: Progress,
        say: Callable[[str], None],
    ) -> Written:
        """Predict the rows and write the output.

        Args:
            parts: The folder of `parts`.
            rows: What to predict.
            source: Names the input and its state.
            columns: Tells the column with the text, or the two of a pair, by the rows' names.
            progress: Told rows done and written.
            say: See `do_blocks`.
        """
        fields = self._answering.fields(rows.columns, self._classifier)
        text = (columns.text, *((columns.pair,) if columns.pair else ()))
        work = Predicting(
            rows, source, text, self._model, self._answering, pa.schema(fields), self._window
        )
        if isinstance(self._executor, Here):
            work.classifier = self._classifier
        size = self._size(len(rows))
        done = do_blocks(
            work,
            len(rows),
            parts / RESULTS,
            size=size,
            executor=self._executor,
            progress=progress,
            say=say,
        )
        return replace(self._write(rows, done, work.schema, progress), kept=done.kept)

    def _size(self, rows: int) -> int:
        windows = min(MOST_ROWS // WINDOW, max(1, rows // (WINDOW * FILES)))
        return max(self._window, windows * WINDOW)

    def _write(self, rows: Rows, done: Done, added: Any, progress: Progress) -> Written:
        columns = [pa.field(name, pa.string()) for name in rows.columns]
        schema = pa.schema([*columns, *added])
        at = empty = abstained = 0
        with atomic_path(self._output) as draft, self._writer(draft, schema) as write:
            for found in done.tables():
                for start in range(0, found.num_rows, WINDOW):
                    some = found.slice(start, WINDOW)
                    given = rows.window(at, at + some.num_rows)
                    write(pa.Table.from_arrays([*given.columns, *some.columns], schema=schema))
                    at += some.num_rows
                    empty += some.column(1).null_count
                    if self._answering.threshold is not None:
                        abstained += pc.sum(some.columns[-1]).as_py() or 0
                    progress(f"Writing {self._output.name}", at, len(rows))
        return Written(at, empty, time.perf_counter() - self._start, abstained)


def _refuse_asking(classifier: Path, executor: BlockExecutor) -> None:
    name = SavedFacts.read(classifier).successor
    if not isinstance(executor, Here) and asks_model(name):
        raise UsageError(
            f"The classifier {name!r} asks the LLM about every text, and one process keeps its "
            "budget and recordings.",
            where="--executor",
            remedy="Leave it out; how many questions are asked at a time is --parallel.",
        )


def _fingerprint(classifier: Path, tools: Tools) -> str:
    """Of all that may decide its answers to the last digit, an ONNX file beside it included."""
    asked = tools.settings.llm if asks_model(SavedFacts.read(classifier).successor) else ""
    files = sorted(path for path in classifier.rglob("*") if path.is_file())
    lines = [f"{path.relative_to(classifier)} {sha256_of(path)}" for path in files]
    return hashlib.sha256("\n".join([asked, *lines]).encode()).hexdigest()


def state_of(file: Path) -> str:
    """Names a file and its state: path, size and time of its last change."""
    found = file.stat()
    return json.dumps([str(file.absolute()), found.st_size, found.st_mtime_ns])
