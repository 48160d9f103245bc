"""A project as its owner sees it (`activellm.annotation.office.Office`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from activellm.annotation.agreement import Agreement, agreement
from activellm.annotation.consensus import Resolution, resolve
from activellm.annotation.contract import QueueItem
from activellm.annotation.office import Exported, Format, Job
from activellm.errors import UsageError
from activellm.project import team
from activellm.project.disputes import disagreements, waiting
from activellm.project.exporting import export
from activellm.project.folder import Project
from activellm.project.honesty import Honesty
from activellm.project.jobs import Jobs, command_for
from activellm.project.lately import Lately
from activellm.project.ledger import Ledger
from activellm.project.outlook import Outlook, look_out
from activellm.project.overview import class_rows, people_rows, round_row, task_row

GLANCE = 5.0
"""Seconds between two looks for a round that somebody started in a terminal."""


class ProjectOffice:
    """What the owner and the adjudicators of a project see and start.

    It remembers all answers and reads only new ones. What takes longer is worked out anew only so
    often that it stays a small part of one core.

    Args:
        project: The project.
        base: What links to the pages begin with, without a slash at the end.
        clock: Gives seconds that only go forward.
    """

    def __init__(
        self, project: Project, base: str = "", *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._project = project
        self._base = base
        self._clock = clock
        self._lock = threading.RLock()
        self._ledger = Ledger(project.store, project.task)
        self._jobs = Jobs(partial(command_for, project.folder), ended=self._renew)
        self._outlook: Outlook | None = None
        self._glanced = clock()
        self._turn = 0
        lately = partial(Lately, clock=clock)
        self._agreement: Lately[Agreement] = lately(
            lambda: agreement(self._ledger.events, project.task)
        )
        self._suggested: Lately[Mapping[str, Resolution]] = lately(
            lambda: resolve(self._ledger.events, project.task, "dawid-skene")
        )
        self._honesty: Lately[Honesty] = lately(
            lambda: Honesty.of(project, self._ledger, self._look())
        )
        self._counts: Lately[dict[str, Any]] = lately(self._count)

    def close(self) -> None:
        """End what was started."""
        self._jobs.close()

    @property
    def turn(self) -> int:
        """See `Office.turn`."""
        if self._lock.acquire(blocking=False):  # whoever asks has no time to wait
            try:
                self._glance()
            finally:
                self._lock.release()
        return self._turn

    def queue(self) -> Sequence[QueueItem]:
        """See `Office.queue`."""
        with self._lock:
            return self._look().queue

    def notice(self) -> str:
        """See `Office.notice`."""
        return (self._outlook or self._look()).notice

    def judgement(self, example_id: str) -> tuple[str, float] | None:
        """See `Office.judgement`."""
        look = self._outlook or self._look()
        probabilities = look.judged.get(example_id)
        if probabilities is None:
            return None
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        return self._project.task.label_names[best], probabilities[best]

    def overview(self, online: Mapping[str, str]) -> dict[str, Any]:
        """See `Office.overview`."""
        project, ledger = self._project, self._ledger
        with self._lock:
            self._glance()
            ledger.read()
            look, honesty = self._look(), self._honest()
            return {
                "project": project.folder.resolve().name,
                "texts": len(project.pool),
                "task": task_row(project.task),
                "people": people_rows(project.store.people(), ledger, online, honesty.quality),
                **self._counts.get((ledger.sequence, self._turn)),
                "agreement": self._brief_agreement(),
                "disagreements": len(waiting(ledger, honesty.doubts)),
                "curve": list(look.curve),
                "forecast": look.gain,
                "advice": list(look.advice),
                "anchoring": honesty.anchoring,
                "reveal": project.settings.reveal,
                "second_look": sum(id_ not in ledger.decisions for id_ in honesty.doubts),
                "training": self._training(look),
                "report": self.report() is not None,
                "jobs": self._jobs.states()[:5],
            }

    def agreement(self) -> dict[str, Any]:
        """See `Office.agreement`."""
        with self._lock:
            self._ledger.read()
            return self._agreement.get(self._ledger.sequence).as_json()

    def waiting(self) -> int:
        """See `Office.waiting`."""
        with self._lock:
            self._ledger.read()
            known = self._honesty.peek()
            return len(waiting(self._ledger, known.doubts if known else {}))

    def disagreements(self, limit: int = 50) -> dict[str, Any]:
        """See `Office.disagreements`."""
        with self._lock:
            self._ledger.read()
            suggested = self._suggested.get(self._ledger.sequence) if self._ledger.disputed else {}
            doubts = self._honest().doubts
            return disagreements(self._project, self._ledger, suggested, doubts, limit)

    def people(self) -> dict[str, Any]:
        """See `Office.people`."""
        known = self._project.store.people()
        return {
            "people": [
                {
                    "name": one.name,
                    "role": one.role,
                    "created": one.created,
                    "revoked": one.revoked is not None,
                }
                for one in known
            ]
        }

    def invite(self, name: str, role: str) -> dict[str, Any]:
        """See `Office.invite`."""
        secret = team.invite(self._project, name.strip(), role)
        return {"name": name.strip(), "role": role, "link": team.link(self._base, secret)}

    def new_link(self, name: str) -> dict[str, Any]:
        """See `Office.new_link`."""
        person = self._project.store.person(name)
        if person is None:
            raise UsageError(f"There is nobody called {name!r} in this project.")
        return self.invite(name, person.role)

    def revoke(self, name: str) -> dict[str, Any]:
        """See `Office.revoke`."""
        team.revoke(self._project, name)
        return {"name": name, "revoked": True}

    def jobs(self) -> list[dict[str, Any]]:
        """See `Office.jobs`."""
        return self._jobs.states()

    def start(self, job: Job) -> dict[str, Any]:
        """See `Office.start`."""
        return self._jobs.start(job)

    def stop(self, job_id: str) -> dict[str, Any]:
        """See `Office.stop`."""
        return self._jobs.stop(job_id)

    def export(self, form: Format, what: Exported) -> Iterator[str]:
        """See `Office.export`."""
        return export(self._project, form, what)

    def report(self) -> Path | None:
        """See `Office.report`."""
        path = self._project.folder / "report.html"
        return path if path.exists() else None

    def _look(self) -> Outlook:
        with self._lock:
            if self._outlook is None:
                self._outlook = look_out(self._project)
            return self._outlook

    def _count(self) -> dict[str, Any]:
        project, look = self._project, self._look()
        return {
            "round": round_row(len(look.rounds), project.settings, look.queue, self._ledger),
            "classes": class_rows(project.task, self._ledger),
        }

    def _honest(self) -> Honesty:
        return self._honesty.get((self._ledger.sequence, self._turn))

    def _glance(self) -> None:
        """Notice, now and then, a round that another process started."""
        if self._clock() - self._glanced < GLANCE or self._outlook is None:
            return
        self._glanced = self._clock()
        following = len(self._outlook.rounds) + 1
        if self._project.store.result("select", following) is not None:
            threading.Thread(target=self._renew, name="activellm-office", daemon=True).start()

    def _renew(self) -> None:
        """Steps were done: look again. Not for threads that others wait for."""
        look = look_out(self._project)
        with self._lock:
            self._outlook = look
            self._turn += 1

    def _brief_agreement(self) -> dict[str, Any] | None:
        """Krippendorff's alpha; None while nobody labelled what another did."""
        found = self._agreement.get(self._ledger.sequence).as_json()
        if not found["texts"]:
            return None
        alpha = found["alpha"]
        return {
            "alpha": alpha["value"],
            "low": alpha["low"],
            "high": alpha["high"],
            "why": alpha.get("why", ""),
            "pairs": len(found["pairs"]),
            "texts": found["texts"],
        }

    def _training(self, look: Outlook) -> dict[str, Any] | None:
        if not look.trained_at:
            return None
        last = max((tally.last for tally in self._ledger.tallies.values()), default="")
        return {"stale": last > look.trained_from, "at": look.trained_at}
