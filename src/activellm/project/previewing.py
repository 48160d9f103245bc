"""What the next selection would send, to whom, and what that would cost. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from activellm.llm.estimates import Estimate, estimate
from activellm.llm.protocol import Messages
from activellm.llm.servers.dialect import Question as DialectQuestion
from activellm.llm.wrapper import innermost
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.rounds import labelled, rounds
from activellm.project.selecting import draw_candidates
from activellm.selection.expense import for_later, seconds_for
from activellm.selection.plan import Planned
from activellm.successors import asks_model


@dataclass(frozen=True)
class Question:
    """One question, as it would be sent.

    Attributes:
        model: Who would be asked.
        runs_here: Whether the texts stay on this machine.
        messages: The exact words, personal data replaced if that is set.
        server: Where it would go; empty for a model in this process.
        body: The very bytes of the request, as text; empty for a model in this process.
        texts: How many texts it shows.
        most: The tokens and dollars that it may take.
        warnings: How it was made to fit.
    """

    model: str
    runs_here: bool
    messages: Messages
    server: str
    body: str
    texts: int
    most: Estimate
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What a selection would ask.

    Attributes:
        strategy: The query strategy.
        questions: Those whose words are known.
        later: How many more will follow from the answers.
        most: Tokens and dollars for all of them at the most; dollars None if a price is unknown.
        seconds: A rough guess of how long that takes.
        note: What else decides how much is asked.
    """

    strategy: str
    questions: tuple[Question, ...]
    later: int
    most: Estimate
    seconds: float
    note: str = ""

    @property
    def calls(self) -> int:
        """All questions."""
        return len(self.questions) + self.later

    @property
    def leaving(self) -> int:
        """Texts in those known questions that leave the machine, repeats counted."""
        return sum(one.texts for one in self.questions if not one.runs_here)

    @property
    def warnings(self) -> tuple[str, ...]:
        """How the questions were made to fit, each sentence once."""
        return tuple(dict.fromkeys(line for one in self.questions for line in one.warnings))


def preview(project: Project, progress: Progress = silent) -> Preview:
    """Say what the next round's selection would ask.

    The same candidates, orders and words as `select` would send with these settings.

    Args:
        project: Whose.
        progress: Told how far the drawing of candidates is.

    Raises:
        UsageError: If too few unlabelled texts are left, or they do not fit the model's context.
    """
    number = len(rounds(project)) + 1
    ids = draw_candidates(project, number, progress)
    plan = project.tools.plan(
        project.pool.examples(ids), labelled(project), project.settings.select, number=number
    )
    questions = tuple(_question(project, one) for one in plan.questions)
    known = [one.most for one in questions]
    later = sum(one.calls for one in plan.later)
    most = sum(known, start=for_later(plan, known))
    models = [*{id(one.model): one.model for one in plan.questions}.values()]
    return Preview(
        strategy=project.settings.strategies.entry(number).name,
        questions=questions,
        later=later,
        most=most,
        seconds=seconds_for(models, most, len(questions) + later, 1 + len(plan.later)),
        note=" ".join(filter(None, (plan.note, *_not_counted(project)))),
    )


def _not_counted(project: Project) -> Iterator[str]:
    """What is asked beside the selection."""
    settings, (learner, _, _) = project.settings, project.tools.successor_choice
    if settings.llm_batch:
        yield (
            "The questions are handed in by batches, at half the price; answers can take 24 hours."
        )
    if asks_model(learner):
        yield (
            f"The successor {learner!r} asks the LLM about the texts that it is trained on and "
            "that it is to predict; that is not counted here."
        )
    if settings.powered:
        yield (
            f"--powered has the LLM judge {settings.powered + settings.holdout} texts once the "
            "hold-out is labelled; that is not counted here."
        )


def _question(project: Project, planned: Planned) -> Question:
    tools = project.tools
    messages = tools.as_sent(planned.messages)
    return Question(
        model=planned.model.name,
        runs_here=planned.model.runs_here,
        messages=messages,
        server=planned.model.identity().get("server", ""),
        body=_body(planned, messages),
        texts=planned.texts,
        most=estimate(
            planned.model,
            planned.messages,
            planned.max_tokens,
            tools.price(planned.model),
            json_schema=planned.json_schema,
        ),
        warnings=planned.warnings,
    )


def _body(planned: Planned, messages: Messages) -> str:
    model = innermost(planned.model)
    if not hasattr(model, "request_body"):
        return ""
    asked = DialectQuestion(
        messages, planned.max_tokens, seed=planned.seed, json_schema=planned.json_schema
    )
    return str(model.request_body(asked).decode("utf-8"))
