"""What the report says of the people: how far they agree, whether the LLM's label sways them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from activellm.annotation.agreement import agreement
from activellm.annotation.anchoring import anchoring
from activellm.annotation.consistency import with_known, with_self
from activellm.annotation.contract import Annotation
from activellm.annotation.votes import standing
from activellm.project import Project, rounds
from activellm.project.resolving import resolutions
from activellm.project.rounds import judged, known_answers, weak_labels
from activellm.report.facts import PeopleFacts, PersonFacts


def people_facts(project: Project) -> PeopleFacts | None:
    """What there is to say; None where one person labelled and saw nothing of the LLM."""
    events = project.store.annotations()
    people = _people(project, events)
    seen = any(event.revealed for event in events)
    if len(people) < 2 and not seen and not any(one.consistency for one in people):
        return None
    weak = weak_labels(project.task, judged(rounds(project)))
    sources: Counter[str] = Counter(one.source for one in resolutions(project).values())
    return PeopleFacts(
        people=tuple(people),
        agreement=agreement(events, project.task, seed=project.settings.seed),
        sources=dict(sources),
        anchoring=anchoring(events, weak) if seen else None,
    )


def _people(project: Project, events: Sequence[Annotation]) -> list[PersonFacts]:
    by: dict[str, list[Annotation]] = {}
    for answers in standing(events).values():
        for name, answer in answers.items():
            by.setdefault(name, []).append(answer)
    consistency = with_self(events)
    checks = with_known(events, known_answers(project)) if project.settings.checks else {}
    return [
        PersonFacts(
            name=name,
            labelled=sum(one.action == "label" for one in by[name]),
            skipped=sum(one.action == "skip" for one in by[name]),
            unsure=sum(one.unsure for one in by[name]),
            consistency=consistency.get(name),
            checks=checks.get(name),
        )
        for name in sorted(by)
    ]
