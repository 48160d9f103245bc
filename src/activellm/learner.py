"""The main job in Python, without a folder: select, teach, fit, predict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

from activellm.errors import UsageError
from activellm.evaluation import Evaluation, cross_validate
from activellm.pool import Content, Pool
from activellm.pool.sampling import CandidateSampler, draw_for_round, open_sampler
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.selection import Labelled, Selection
from activellm.settings import Settings
from activellm.successors import Successor
from activellm.successors.contract import Probabilities
from activellm.successors.weak import WeakLabels, WeaklyTaught
from activellm.task import Answer, Task
from activellm.tools import Tools


class ActiveLearner:
    """Chooses what to label, learns from the labels, and predicts.

    Args:
        task: What is to be decided.
        pool: The unlabelled texts.
        progress: Told how far long work is.
        settings: Fields of `activellm.Settings`: strategy, llm, successor, encoder, seed ...

    Raises:
        UsageError: For an unknown name or a value out of its range.
    """

    def __init__(
        self, task: Task, pool: Pool, *, progress: Progress = silent, **settings: Any
    ) -> None:
        self.task = task
        self.pool = pool
        self.settings = Settings.build(where="ActiveLearner", **settings)
        self.settings.check_names()
        self.tools = Tools(task, self.settings)
        self.answers: dict[str, Answer] = {}
        self.selections: list[Selection] = []
        self._candidates: list[tuple[str, ...]] = []
        self._successor: Successor | None = None
        self._progress = progress

    def select(self, n: int | None = None) -> Selection:
        """Choose texts to label next; none that was chosen or taught before.

        Args:
            n: How many. Default: the setting `select` (32).

        Raises:
            UsageError: If fewer unlabelled texts are left, or the round's strategy goes on from
                labels and nothing was taught yet.
            QueryModelError: If the query model failed.
        """
        n = self.settings.select if n is None else n
        number = len(self.selections) + 1
        exclude = {id_ for selection in self.selections for id_ in selection.ids} | set(
            self.answers
        )
        first = self._candidates[0] if self._candidates else ()
        ids = draw_for_round(
            self.pool,
            self._sampler,
            generator(self.settings.seed, "candidates", number),
            candidates=self.settings.candidates,
            select=n,
            exclude=exclude,
            kept=first if self.settings.keep_candidates else (),
        )
        selection = self.tools.select(
            self.pool.examples(ids),
            self.labelled,
            n,
            number=number,
            open_successor=self._plain_now if self.answers else None,
            progress=self._progress,
        )
        self._candidates.append(ids)
        self.selections.append(selection)
        return selection

    def teach(self, answers: Mapping[str, str | Iterable[str]]) -> Self:
        """Take in labels: example id -> label name, or several names in a multi-label task.

        A later answer replaces an earlier one. All are checked before one is taken in.

        Raises:
            UsageError: For an id that is not in the pool.
            DataError: For an unknown label.
        """
        self.pool.examples([*answers])
        checked = {id_: self.task.answer(given, where=id_) for id_, given in answers.items()}
        self.answers |= checked
        return self

    @property
    def labelled(self) -> list[Labelled]:
        """What it was taught so far."""
        examples = self.pool.examples([*self.answers])
        return [Labelled(example, self.answers[example.id]) for example in examples]

    def fit(self) -> Self:
        """Train the successor on everything taught so far.

        Raises:
            UsageError: If nothing was taught yet.
        """
        self._successor = self._trained_now()
        return self

    def evaluate(self, folds: int = 5) -> Evaluation:
        """Cross-validate on everything taught so far; picked texts are no random sample.

        Raises:
            UsageError: If fewer than two texts were taught.
        """
        contents, targets = self._taught()
        return cross_validate(
            partial(self.tools.successor, weak=self._weak_labels()),
            self.task,
            contents,
            targets,
            folds=folds,
            seed=self.settings.seed,
            progress=self._progress,
        )

    @property
    def successor(self) -> Successor:
        """The trained classifier.

        Raises:
            UsageError: Before `fit`.
        """
        if self._successor is None:
            raise UsageError("Nothing is trained yet.", remedy="Call fit() first.")
        return self._successor

    def predict_proba(self, contents: Sequence[Content]) -> Probabilities:
        """Label probabilities, shape (texts, labels), columns in the task's label order."""
        return self.successor.predict_proba(contents, progress=self._progress)

    def predict(self, contents: Sequence[Content]) -> list[Answer]:
        """The labels of each text: one in a single-label task."""
        return self.task.answers(self.successor.predict(contents, progress=self._progress))

    def save(self, folder: str | Path) -> Path:
        """Write the trained classifier to a new folder.

        Raises:
            UsageError: If the folder holds something already, or before `fit`.
        """
        path = Path(folder)
        if path.exists() and any(path.iterdir()):
            raise UsageError("It exists already.", where=str(path), remedy="Name another folder.")
        path.mkdir(parents=True, exist_ok=True)
        self.successor.save(path)
        return path

    @cached_property
    def _sampler(self) -> CandidateSampler:
        """Draws all rounds' candidates; what it computes of all texts lasts as long as it."""
        settings = self.settings
        return open_sampler(
            settings.sampler,
            candidates=settings.candidates,
            seed=settings.seed,
            encoder=settings.encoder,
            device=settings.device,
            progress=self._progress,
        )

    def _trained_now(self) -> Successor:
        """A successor trained on everything taught so far."""
        contents, targets = self._taught()
        successor = self.tools.successor(self.settings.seed, self._weak_labels())
        return successor.fit(contents, targets, progress=self._progress)

    def _plain_now(self) -> Successor:
        """The same for query strategies: without what surrounds it."""
        successor = self._trained_now()
        return successor.inner if isinstance(successor, WeaklyTaught) else successor

    def _weak_labels(self) -> WeakLabels | None:
        """What the query model said of all candidates so far, if it is to teach."""
        if not self.settings.weak_labels or self.task.multi:
            return None
        said = {
            one.id: one.probabilities for chosen in self.selections for one in chosen.judgements
        }
        barred = {id_ for chosen in self.selections for id_ in chosen.ids} | set(self.answers)
        examples = self.pool.examples([*said])
        weak = WeakLabels.of((one.content, said[one.id], one.id not in barred) for one in examples)
        return weak if weak.teaches.any() else None

    def _taught(self) -> tuple[list[Content], Any]:
        labelled = self.labelled
        if not labelled:
            raise UsageError("Nothing was taught yet.", remedy="Call teach() with some labels.")
        targets = self.task.targets([one.answer for one in labelled])
        return [one.example.content for one in labelled], targets
