"""Everything that the report shows, as plain frozen facts. Whoever keeps a project fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from activellm.annotation.agreement import Agreement
from activellm.annotation.anchoring import Anchoring
from activellm.annotation.shares import Share
from activellm.evaluation import Advice, Comparison, Estimate, Evaluation, Powered
from activellm.evaluation.measure import Texts
from activellm.evaluation.trust import Trust
from activellm.llm.protocol import Usage
from activellm.selection.contract import Selection
from activellm.stopping import Verdict
from activellm.successors.trust import WeakTrust
from activellm.task import Answer, Task


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """What was read.

    Attributes:
        source: The file's name, as the user gave it.
        rows: Rows in the source.
        kept: Distinct texts that made the pool.
        folded: Rows that repeated a text and were folded into it.
        empty: Rows without text, set aside.
        text_columns: The column, or the two columns, that were read as text.
        columns: All columns.
        near: Texts folded because they are nearly the same as another; None if nobody looked.
    """

    source: str
    rows: int
    kept: int
    folded: int = 0
    empty: int = 0
    text_columns: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    near: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the run was asked to do, and with which models.

    Attributes:
        candidates: Candidates that one selection looks at.
        picks: Texts picked in one selection.
        strategy: The query strategy asked for.
        successor: The successor's name.
        successor_settings: All that decides its result; JSON values as text.
        query_model: The query model's identity; empty if none was used.
        encoder: The encoder's name; empty if none was used.
        oracle: Who labelled ("browser", "column:label").
        seed: The recorded seed.
        preset: The preset asked for; empty if none.
    """

    candidates: int
    picks: int
    strategy: str
    successor: str
    successor_settings: Mapping[str, str] = field(default_factory=dict)
    query_model: Mapping[str, str] = field(default_factory=dict)
    encoder: str = ""
    oracle: str = ""
    seed: int = 0
    preset: str = ""


@dataclass(frozen=True, slots=True)
class PickFacts:
    """One picked text, and what people said about it. Its reason is in the Selection.

    Attributes:
        id: The example's id.
        text: The text; of a pair the first.
        pair: The second text of a pair, else None.
        answer: The labels given; None if it has none yet, or was skipped.
        skipped: Whether the annotator declined.
        unsure: Whether the annotator doubted the answer.
        note: The annotator's remark.
        row: Where it stood in the source; 0 if unknown.
    """

    id: str
    text: str
    pair: str | None = None
    answer: Answer | None = None
    skipped: bool = False
    unsure: bool = False
    note: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """One round: what was selected, and the answers.

    Attributes:
        number: 1 for the first round.
        selection: What the strategy chose, with its health.
        picks: The picked texts, in the selection's order.
        started: When, ISO 8601 in UTC; empty if unknown.
        seconds: How long selecting took; None if unknown.
    """

    number: int
    selection: Selection
    picks: tuple[PickFacts, ...]
    started: str = ""
    seconds: float | None = None


PointState: TypeAlias = Literal["pool", "candidate", "picked", "hold-out"]
"""What a text on the map is: not looked at, a candidate that was not picked, a pick, or a text of
the hold-out."""


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One text on the map of the pool.

    Attributes:
        id: The example's id.
        x, y: Where, each 0 to 1.
        text: The text, or its beginning.
        state: What it is.
        answer: The labels people gave it; None if it has none.
    """

    id: str
    x: float
    y: float
    text: str
    state: PointState = "pool"
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class PoolMap:
    """The pool on a plane.

    Attributes:
        points: At most some 2,000.
        method: How the plane was made, a sentence (as `project_2d` says it).
        shown_of: How many texts the pool has, if only a part is shown.
    """

    points: tuple[MapPoint, ...]
    method: str = ""
    shown_of: int | None = None


@dataclass(frozen=True, slots=True)
class AnnotationFacts:
    """How labelling went.

    Attributes:
        labelled: Texts that have an answer.
        annotators: Their names.
        simulated: Whether a column of known labels stood in for people.
        skipped: Texts that were skipped.
        unsure: Answers marked as unsure.
        noted: Answers with a note.
        median_seconds: Median time a text; None if unknown.
        holdout: Texts of the hold-out that have an answer.
    """

    labelled: int
    annotators: tuple[str, ...] = ()
    simulated: bool = False
    skipped: int = 0
    unsure: int = 0
    noted: int = 0
    median_seconds: float | None = None
    holdout: int = 0


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What one annotator has done.

    Attributes:
        name: Who.
        labelled, skipped, unsure: Their answers that stand.
        consistency: Agreement with themselves on texts that they saw twice, if there were any.
        checks: Agreement with known answers, if there were any.
    """

    name: str
    labelled: int
    skipped: int
    unsure: int
    consistency: Share | None
    checks: Share | None


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Several annotators, or answers given with the LLM's label in sight.

    Attributes:
        people: Each of them.
        agreement: How far they agree.
        sources: How many texts got their label how ("agreed", "majority", ...).
        anchoring: Answers with and without the LLM's label in sight; None if it never was.
    """

    people: tuple[PersonFacts, ...]
    agreement: Agreement
    sources: Mapping[str, int]
    anchoring: Anchoring | None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How good the classifier was after a round.

    Attributes:
        number: The round, 1 is the first.
        strategy: The query strategy that did the choosing.
        labels: Texts that the classifier learned from.
        seconds: Of work so far, people's and the machine's.
        accuracy, macro_f1: Measured.
        texts: On which texts.
        size: How many.
    """

    number: int
    strategy: str
    labels: int
    seconds: float
    accuracy: Estimate
    macro_f1: Estimate
    texts: Texts
    size: int


@dataclass(frozen=True, slots=True)
class StepCost:
    """What one step cost.

    Attributes:
        step: Its name, for people ("Selection, round 1").
        seconds: Time it took.
        usage: What the query model's calls cost; None if it was not asked.
        peak_mb: Peak memory in MB (10^6 bytes); None if unknown.
    """

    step: str
    seconds: float
    usage: Usage | None = None
    peak_mb: float | None = None


@dataclass(frozen=True, slots=True)
class ModelCalls:
    """What one query model was really sent, replays left out.

    Attributes:
        model: Its name.
        runs_here: Whether texts stayed on this machine.
        server: Where it runs, if elsewhere; empty if unknown.
        calls: Requests that were made, failed ones too.
        failed: Those that brought no answer.
        texts: Texts in all requests, each as often as it was in one; None if unknown.
        prompt_tokens, completion_tokens: Of the answered requests; None if unknown.
        cost: US dollars for the answered requests; None if unknown.
    """

    model: str
    runs_here: bool
    server: str = ""
    calls: int = 0
    failed: int = 0
    texts: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class PrivacyFacts:
    """Where the texts went, and under which rules.

    Attributes:
        models: All that were asked, those that run elsewhere first; empty if none was.
        redact: Whether personal data was replaced in all that query models read.
        local_only: Whether models that run elsewhere were refused.
        max_cost: US dollars that could be spent; None for no limit.
        max_tokens: Tokens that could be read and written; None for no limit.
    """

    models: tuple[ModelCalls, ...] = ()
    redact: bool = False
    local_only: bool = False
    max_cost: float | None = None
    max_tokens: int | None = None

    @property
    def elsewhere(self) -> tuple[ModelCalls, ...]:
        """The models that were sent texts to another machine."""
        return tuple(one for one in self.models if not one.runs_here)


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """Everything that the report shows. What is empty or None is left out politely.

    Attributes:
        title: The report's title.
        task: What was to be decided.
        created: When the report was made, ISO 8601 in UTC.
        pool: What was read.
        settings: What the run was asked to do.
        rounds: All rounds, the first one first.
        annotation: How labelling went.
        people: Several annotators, or answers given with the LLM's label in sight.
        weak: What was decided about the LLM's weak labels; None if they were not to teach.
        map: The pool on a plane.
        evaluations: All measurements, each (subject, texts) at most once.
        powered: The accuracy from the hold-out and weak labels together, if that was asked for.
        comparison: The picks against random draws (simulation).
        trust: How far the classifier's probabilities can be trusted.
        advice: What to do next, the most important first.
        curve: The classifier after each round that was measured.
        verdicts: What the stopping criteria advise.
        costs: What each step cost, in order.
        privacy: Where the texts went.
        versions: Version by name: Python, ActiveLLM, the packages used.
        warnings: Sentences that a careful reader should see.
        commands: Command lines that repeat the run.
    """

    title: str
    task: Task
    created: str
    pool: PoolFacts
    settings: Settings
    rounds: tuple[RoundFacts, ...] = ()
    annotation: AnnotationFacts | None = None
    people: PeopleFacts | None = None
    weak: WeakTrust | None = None
    map: PoolMap | None = None
    evaluations: tuple[Evaluation, ...] = ()
    powered: Powered | None = None
    comparison: Comparison | None = None
    trust: Trust | None = None
    advice: tuple[Advice, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    costs: tuple[StepCost, ...] = ()
    privacy: PrivacyFacts = PrivacyFacts()
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    def evaluation(self, subject: str, texts: str) -> Evaluation | None:
        """The measurement of `subject` on `texts`, if there is one."""
        found = (e for e in self.evaluations if (e.subject, e.texts) == (subject, texts))
        return next(found, None)

    @property
    def measured(self) -> tuple[Evaluation, ...]:
        """The measurements of the successor, the most trustworthy first."""
        found = (self.evaluation("successor", t) for t in ("gold", "hold-out", "labelled"))
        return tuple(one for one in found if one is not None)

    @property
    def best(self) -> Evaluation | None:
        """The most trustworthy measurement of the successor."""
        return next(iter(self.measured), None)
