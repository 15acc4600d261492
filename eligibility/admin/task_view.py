"""Everything that a check's page shows, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from eligibility.admin.home_lanes import held_now
from eligibility.admin.names import names_of, payer_names
from eligibility.admin.task_chain import Chain, read_chain
from eligibility.admin.task_paths import searching
from eligibility.admin.task_rows import tag_of
from eligibility.choices import FINAL, Status
from eligibility.models import Attempt, EligibilityTask, Result, TaskEvent, TaskRevision
from eligibility.presentation.card import Asked, Card, Given, front_desk_card
from eligibility.presentation.lanes import why_held
from eligibility.presentation.masks import Mask
from eligibility.presentation.standing import Standing, Work, standing
from eligibility.results import told
from portal import moments

MOST_SHOWN = 100
"""Attempts and events of one check that its page shows, the newest ones."""


@dataclass(slots=True)
class TaskView:
    """A check with all that belongs to it. `names` are those of the actors by id, `payers` those
    of the payers by code."""

    task: EligibilityTask
    result: Result | None
    attempts: Sequence[Attempt]
    events: Sequence[TaskEvent]
    revisions: Sequence[TaskRevision]
    children: Sequence[EligibilityTask]
    names: Mapping[str, str]
    payers: Mapping[str, str]
    now: datetime
    zone: tzinfo
    mask: Mask
    chain: Chain

    @property
    def is_final(self) -> bool:
        """Whether nothing happens to it by itself any more."""
        return self.task.status in FINAL

    @property
    def is_earlier(self) -> bool:
        """Whether the answer there is came before what happens now."""
        return self.result is not None and self.task.status != Status.DONE

    @property
    def was_corrected_since(self) -> bool:
        """Whether the question was corrected after the answer was given."""
        return self.result is not None and any(
            revision.made_at > self.result.created_at for revision in self.revisions
        )

    @property
    def tag(self) -> str:
        """TEST, SYNTHETIC or nothing."""
        synthetic = self.result is not None and self.result.synthetic
        return tag_of(self.task, synthetic=synthetic)

    def standing(self) -> Standing | None:
        """Where it stands when it is not answered."""
        task = self.task
        paused = task.batch is not None and task.batch.paused_at is not None
        if task.is_search and task.status == Status.WAITING:
            now = [path for path in self.children if path.search_round == task.search_round]
            return searching(now, paused=paused)
        work = Work(
            status=task.status,
            failure=task.failure,
            message=task.failure_message,
            look=task.look,
            run_at=task.run_at,
            not_before=task.not_before,
            failed_conversations=task.failed_conversations,
            paused=paused,
            held=self._held(),
        )
        return standing(work, now=self.now, zone=self.zone)

    def _held(self) -> str:
        """Why its lane is held, and until when; empty when it is open to what comes next."""
        lane = self.task.connection
        held = held_now(lane, self.now)
        if lane is None or held is None or (held.looks_pass and self.task.look):
            return ""
        by = self.who(lane.paused_by)
        return why_held(held, now=self.now, zone=self.zone, by=by, because=lane.pause_reason)

    def card(self) -> Card | None:
        """The front-desk card of its answer, if there is one."""
        if self.result is None:
            return None
        task, result = self.task, self.result
        asked = Asked(
            payer=(result.task if task.is_search else task).payer.name,
            visit_type=task.visit_type,
            service_date=task.service_date,
            name=task.name,
            dob=task.dob,
            doubts=[str(each.get("message", "")) for each in task.warnings],
            corrected=self.was_corrected_since,
            contradicted=self.chain.is_contradicted,
            payers=self.payers,
        )
        given = Given(
            outcome=told(task.outcome, result.outcome, is_search=task.is_search),
            answer=result.answer,
            at=result.created_at,
            day=result.created_at.astimezone(self.zone).date(),
            synthetic=result.synthetic,
            reused=task.reused_from_id is not None,
        )
        return front_desk_card(asked, given, now=self.now)

    def at(self, moment: datetime | None) -> str:
        """A moment in the clinic's zone."""
        return moments.at_second(moment, self.zone)

    def who(self, actor_id: str) -> str:
        """Who acted; nobody for the engine."""
        return "" if actor_id in ("", "engine") else self.names.get(actor_id, "")


def read_task(
    tasks: QuerySet[EligibilityTask],
    pk: UUID,
    *,
    now: datetime,
    with_raw: bool = False,
    revealed: bool = False,
) -> TaskView:
    """Read a check out of these tasks. Raises EligibilityTask.DoesNotExist."""
    task = tasks.select_related(
        "payer",
        "clinic",
        "team",
        "batch",
        "connection__lane_state",
        "result__task__payer",
        "submission",
    ).get(pk=pk)
    attempts = Attempt.objects.filter(task=task).select_related("connection", "result")
    if not with_raw:
        attempts = attempts.defer("raw")
    newest = list(attempts.order_by("-number")[:MOST_SHOWN])
    events = list(TaskEvent.objects.filter(task=task).order_by("-pk")[:MOST_SHOWN])
    revisions = list(TaskRevision.objects.filter(task=task).order_by("number"))
    children = EligibilityTask.objects.filter(parent=task).select_related("payer")
    paused_by = task.connection.paused_by if task.connection else ""
    actors = {
        task.created_by,
        paused_by,
        *(e.actor for e in events),
        *(r.made_by for r in revisions),
    }
    return TaskView(
        task=task,
        result=task.result,
        attempts=newest,
        events=events,
        revisions=revisions,
        children=list(children.order_by("search_round", "line")) if task.is_search else [],
        names=names_of(actors - {"engine"}),
        payers=payer_names(),
        now=now,
        zone=task.clinic.zone,
        mask=Mask(_secrets(task, revisions), revealed=revealed),
        chain=read_chain(task, newest, revisions),
    )


def _secrets(task: EligibilityTask, revisions: Sequence[TaskRevision]) -> list[str]:
    """Identifiers and phones that the row has or had."""
    found: list[Any] = [task.id_value, task.phone]
    dump = task.request_dump if isinstance(task.request_dump, dict) else {}
    found += [dump.get("id_value"), dump.get("phone")]
    for revision in revisions:
        for name in ("id_value", "phone"):
            found += revision.changes.get(name, [])
    if task.result is not None:
        member = task.result.answer.get("member") or {}
        found += [member.get(name) for name in ("emirates_id", "member_id", "card", "policy")]
    return [each for each in found if isinstance(each, str)]
