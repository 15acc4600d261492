"""Correct a check, and ask again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404

from eligibility.admin.fix_page import FixPage
from eligibility.admin.fix_subject import Meanwhile, Subject
from eligibility.admin.names import payer_names
from eligibility.admin.places import group_address, group_of, task_address, worklist_of
from eligibility.choices import Review, Status
from eligibility.models import EligibilityTask, TaskEvent, TaskRevision
from eligibility.operations import Fixed, FixStatus, fix_task, retry_tasks, row_of
from eligibility.presentation.failures import explain
from eligibility.presentation.fields import label, said, value_in_words
from eligibility.presentation.places import place
from eligibility.worklist import GroupKey, key_of
from portal import audit, moments
from portal.admin_site import Capability, page
from portal.models import Verb
from portal.roles import visible_clinic_ids, zone_of

BEING_ASKED = "The payer is being asked about this row right now. Its answer comes first."


@page(
    "eligibility/eligibilitytask/<uuid:pk>/fix/", name="eligibility_fix", capability=Capability.FIX
)
class FixTaskPage(FixPage):
    """A failed or doubtful check."""

    title = "Fix a check"
    leave_out = ("client_reference",)
    save_word = "Save and re-run"
    next_word = "Save, re-run and next"
    saved = "Saved and back in line."

    def subject(self, pk: Any) -> Subject:
        """The check as it stands."""
        mine = EligibilityTask.objects.filter(clinic__in=visible_clinic_ids(self.request.user))
        whole = mine.select_related("payer", "clinic__team", "batch", "submission")
        task = get_object_or_404(whole, pk=pk, parent=None)
        return Subject(
            row=task,
            clinic=task.clinic,
            stands=row_of(task),
            original=task.request_dump,
            key=group_of(self.request) or _group(task),
            version=task.version,
            revision=task.revisions.count(),
            closed=BEING_ASKED if task.status in (Status.RUNNING, Status.WAITING) else "",
        )

    @transaction.atomic
    def save(self, subject: Subject, row: Mapping[str, Any], version: int) -> Fixed:
        """Correct it; a row in which nothing was changed is asked again as it is."""
        task: Any = subject.row
        actor = str(self.request.user.pk)
        fixed = fix_task(task=task, changes=row, version=version, actor=actor)
        if fixed.status is FixStatus.FIXED:
            self.record(Verb.FIXED, subject, fields=fixed.changed)
        elif fixed.status is FixStatus.UNCHANGED:
            same = EligibilityTask.objects.filter(pk=task.pk)
            if retry_tasks(tasks=same, actor=actor).moved:
                self.record(Verb.RERUN, subject)
        return fixed

    def meanwhile(self, subject: Subject, fixed: Fixed, revision: int) -> Meanwhile:
        """The corrections since then, or else the last thing that happened to the row."""
        since = TaskRevision.objects.filter(task=subject.row.pk, number__gt=revision)
        zone = zone_of(self.request.user)
        if not (revisions := list(since.order_by("number"))):
            last = TaskEvent.objects.filter(task=subject.row.pk).order_by("-id").first()
            who = audit.find_actor(last.actor).name if last else ""
            return Meanwhile(fixed.message, who, moments.at(last.at, zone) if last else "")
        changes = _changes(revisions)
        return Meanwhile(
            message=fixed.message,
            who=audit.find_actor(revisions[-1].made_by).name,
            when=moments.at(revisions[-1].made_at, zone),
            changes=_in_words(changes, payer_names()),
            names=frozenset(changes),
        )

    def address_after(self, subject: Subject, fixed: Fixed) -> str:
        """The check's page, which shows the answer as soon as it is there."""
        return task_address(subject.row.pk)

    def more(self, subject: Subject, payers: Mapping[str, str]) -> dict[str, Any]:
        """Its state, its earlier corrections, and the way out without a correction."""
        task: Any = subject.row
        waits = task.review == Review.NEEDS_ATTENTION and subject.key is not None
        return {
            "task": task,
            "place": place(task.line, task.submission.source if task.submission else ""),
            "task_address": task_address(task.pk),
            "revisions": self._revisions(task, payers),
            "settle": self._settle(subject) if waits else "",
            "settle_word": "Accept as it is" if task.outcome else "Settle without an answer",
        }

    def _settle(self, subject: Subject) -> str:
        assert subject.key is not None
        filters, one = worklist_of(self.request).filters, str(subject.row.pk)
        return group_address("admin:worklist_settle", subject.key, filters, row=one)

    def _revisions(self, task: EligibilityTask, payers: Mapping[str, str]) -> list[dict[str, Any]]:
        """Who corrected what, when: the latest first."""
        zone = zone_of(self.request.user)
        return [
            {
                "who": audit.find_actor(revision.made_by).name,
                "when": moments.at(revision.made_at, zone),
                "changes": _in_words(_changes([revision]), payers),
            }
            for revision in task.revisions.order_by("-number")[:5]
        ]


def _group(task: EligibilityTask) -> GroupKey | None:
    """The group that the row is in, or was in last; none for a row without a doubt."""
    explained = explain(failure=task.failure, outcome=task.outcome)
    return key_of(task, task.payer.code) if explained else None


def _changes(revisions: Iterable[TaskRevision]) -> dict[str, tuple[Any, Any]]:
    """Wire name → (before the first of these corrections, after the last)."""
    found: dict[str, tuple[Any, Any]] = {}
    for revision in revisions:
        for name, (before, after) in revision.changes.items():
            found[name] = (found[name][0] if name in found else before, after)
    return found


def _in_words(
    changes: Mapping[str, tuple[Any, Any]], payers: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """(field, before, after) as people say them."""

    def words(name: str, value: Any) -> str:
        return value_in_words(name, said(value), payers)

    return [
        (label(name), words(name, before), words(name, after))
        for name, (before, after) in changes.items()
    ]
