"""A recorded session as a selection: its answer read, checked and filled up as a live one is."""

from __future__ import annotations

from collections.abc import Mapping

from activellm.llm.protocol import Completion
from activellm.recorded.sessions import Session
from activellm.selection import Selection, SelectionContext
from activellm.selection.ballot import ballot_of
from activellm.selection.context import check_request
from activellm.selection.conversation import Heard, hear
from activellm.selection.outcome import outcome


def choose_as_recorded(
    session: Session, shown: Mapping[int, str], context: SelectionContext, n: int
) -> Selection:
    """What `listwise` would have chosen, had the model answered it with this session's answer.

    Numbers that were not shown, come twice or stand for what is labelled are dropped; what is
    missing is drawn at random, for nobody can be asked again.

    Args:
        session: Its answer is read.
        shown: Number -> example id, in the order of the prompt.
        context: What can be picked, what is labelled, and what decides draws.
        n: How many picks.

    Raises:
        UsageError: If n does not fit the candidates.
    """
    check_request(context, n)
    labelled = {one.example.id for one in context.labelled}
    taken = session.taken | {number for number, id in shown.items() if id in labelled}
    heard = Heard()
    hear(heard, Completion(session.answer), list(shown), n, taken)
    cast = ballot_of(session.llm or "an LLM", heard, shown, n, taken=taken)
    return outcome(context, n, [], [(cast,)])
