"""What counts of the events: everybody's standing answers, adjudicators' decisions, repeats."""

from __future__ import annotations

from collections.abc import Sequence

from activellm.annotation.contract import Annotation


def standing(events: Sequence[Annotation]) -> dict[str, dict[str, Annotation]]:
    """Each person's answer that counts: their latest label or skip that they did not take back.

    Args:
        events: In the order in which they arrived.

    Returns:
        By example id, then by annotator. Examples without answers are absent.
    """
    found: dict[str, dict[str, Annotation]] = {}
    for (example_id, annotator), history in _histories(events).items():
        answers = [one for one in history if one.action != "resolve"]
        if answers:
            found.setdefault(example_id, {})[annotator] = answers[-1]
    return found


def decisions(events: Sequence[Annotation]) -> dict[str, Annotation]:
    """The adjudicators' decision that counts for each example that has one: the latest.

    Args:
        events: In the order in which they arrived.
    """
    deciding = {(one.example_id, one.annotator) for one in events if one.action == "resolve"}
    if not deciding:
        return {}
    place = {event.event: number for number, event in enumerate(events)}
    theirs = [one for one in events if (one.example_id, one.annotator) in deciding]
    found: dict[str, Annotation] = {}
    for (example_id, _), history in _histories(theirs).items():
        decided = [one for one in history if one.action == "resolve"]
        rival = found.get(example_id)
        if decided and (rival is None or place[rival.event] < place[decided[-1].event]):
            found[example_id] = decided[-1]
    return found


def repeats(events: Sequence[Annotation]) -> list[Annotation]:
    """The answers to texts that were shown a second time."""
    return [one for one in events if one.action == "repeat"]


def _histories(events: Sequence[Annotation]) -> dict[tuple[str, str], list[Annotation]]:
    """What each person said of each example and did not take back, by example and annotator."""
    histories: dict[tuple[str, str], list[Annotation]] = {}
    for event in events:
        history = histories.setdefault((event.example_id, event.annotator), [])
        if event.action == "undo":
            del history[-1:]
        elif event.action != "repeat":
            history.append(event)
    return histories
