"""What is done with a whole group, or with one row of it, each after a page that says what follows.

A confirmation names a moment: rows that joined the group after it are not touched.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from eligibility.admin.places import (
    fix_address_of,
    group_address,
    group_of,
    worklist_address,
    worklist_of,
)
from eligibility.admin.worklist import NOTHING_LEFT
from eligibility.models import EligibilityTask, Payer
from eligibility.operations import Moved, discard_rows, preview_retry, retry_tasks, settle_tasks
from eligibility.presentation.counts import counted
from eligibility.worklist import UNKNOWN_PAYER, GroupKey, Kind
from portal import audit
from portal.admin_site import Capability, Page, confirm, is_confirmed, page
from portal.models import RejectedRow, Verb

MOST_AT_ONCE = 5_000
"""Rows that one click moves: a person waits for it."""


class GroupAction(ABC, Page):
    """Asks, then acts on the rows of one group that were there when it asked."""

    crumbs = (("Needs attention", "admin:worklist"),)
    kinds: ClassVar[frozenset[Kind]]
    danger: ClassVar[bool] = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks."""
        key, now = self._key(), timezone.now()
        if key is None or not (ids := list(self._rows(key, now)[:MOST_AT_ONCE])):
            messages.info(request, NOTHING_LEFT)
            return redirect(self._back())
        return confirm(
            request,
            self.admin_site,
            title=self.get_title(),
            question=self.question(key, len(ids)),
            facts=[_what(key), *self.facts(key, ids), *_limits(self._rows(key, now), len(ids))],
            button=self.button(key),
            back=self._origin(key),
            fields=[("as_of", now.isoformat()), ("count", str(len(ids)))],
            danger=self.danger,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Act on what was asked about."""
        key, user = self._key(), request.user
        if key is None or not is_confirmed(request):
            return self.get(request)
        asked = _whole(request.POST.get("count", ""))
        ids = list(self._rows(key, _moment(request.POST.get("as_of", "")))[:MOST_AT_ONCE])
        moved = self.act(key, ids, str(user.pk)) if ids else Moved(0)
        self._tell(key, moved, lost=asked - len(ids))
        return redirect(self._back())

    @abstractmethod
    def question(self, key: GroupKey, count: int) -> str:
        """What the page asks."""

    @abstractmethod
    def facts(self, key: GroupKey, ids: list[UUID]) -> list[str]:
        """What will and will not happen."""

    @abstractmethod
    def button(self, key: GroupKey) -> str:
        """What the button says."""

    @abstractmethod
    def act(self, key: GroupKey, ids: list[UUID], actor: str) -> Moved:
        """Do it."""

    @abstractmethod
    def done(self, key: GroupKey, count: int) -> str:
        """What was done, as a sentence."""

    def _key(self) -> GroupKey | None:
        """The group that the address names, if this can be done with its rows."""
        key = group_of(self.request)
        return key if key is not None and key.kind in self.kinds else None

    def _rows(self, key: GroupKey, as_of: datetime) -> QuerySet[Any, UUID]:
        """The ids in question: of the whole group, or of the one row that the address names."""
        rows = worklist_of(self.request).rows(key).filter(updated_at__lte=as_of)
        if one := self.request.GET.get("row"):
            rows = rows.filter(pk=_uuid_or_404(one))
        return rows.values_list("pk", flat=True)

    def _origin(self, key: GroupKey) -> str:
        """Where "Cancel" leads: the group, or the row's form if it is about one row."""
        filters = worklist_of(self.request).filters
        if one := self.request.GET.get("row"):
            return fix_address_of(_uuid_or_404(one), key, filters)
        return group_address("admin:worklist_group", key, filters)

    def _back(self) -> str:
        """Where the deed leads: the list, which may no longer have the group."""
        return worklist_address(worklist_of(self.request).filters)

    def _tell(self, key: GroupKey, moved: Moved, *, lost: int) -> None:
        if moved.moved:
            messages.success(self.request, self.done(key, moved.moved))
        for reason, count in moved.stayed.items():
            messages.warning(self.request, f"{counted(count, 'row')} stayed: {reason}.")
        if lost > 0:
            gone = f"{counted(lost, 'row')} had been seen to by somebody else meanwhile."
            messages.info(self.request, gone)


@page("worklist/rerun/", name="worklist_rerun", capability=Capability.RERUN)
class RerunGroup(GroupAction):
    """Ask the payer again, with the rows as they are."""

    title = "Re-run"
    kinds = frozenset({Kind.FAILED, Kind.ANSWER})

    def question(self, key: GroupKey, count: int) -> str:
        """How many."""
        return f"Re-run {counted(count, 'check')}?"

    def facts(self, key: GroupKey, ids: list[UUID]) -> list[str]:
        """How many move, how many stay and why, and what is to be expected."""
        tasks = EligibilityTask.objects.with_ids(ids)
        preview = preview_retry(tasks=tasks)
        facts = [f"{counted(preview.moved, 'check')} will go back into line to be asked anew."]
        facts += [f"{count:,} will stay: {why}." for why, count in preview.stayed.items()]
        if paused := tasks.filter(batch__paused_at__isnull=False).count():
            facts.append(f"{paused:,} of them wait until their paused batch is resumed.")
        unchanged = key.explain().unchanged
        return [*facts, unchanged] if unchanged else facts

    def button(self, key: GroupKey) -> str:
        """The deed."""
        return "Re-run"

    @transaction.atomic
    def act(self, key: GroupKey, ids: list[UUID], actor: str) -> Moved:
        """Back into line, with one entry in the audit log; each row has its own event."""
        moved = retry_tasks(tasks=EligibilityTask.objects.with_ids(ids), actor=actor)
        details = {"payer": key.payer, "cause": key.cause, "rows": moved.moved}
        audit.record(verb=Verb.RERUN, actor=audit.actor_of(self.request), details=details)
        return moved

    def done(self, key: GroupKey, count: int) -> str:
        """How many."""
        return f"{counted(count, 'check is', 'checks are')} in line again."


@page("worklist/settle/", name="worklist_settle", capability=Capability.FIX)
class SettleGroup(GroupAction):
    """Take rows off the list as they are."""

    title = "Settle"
    kinds = frozenset({Kind.FAILED, Kind.ANSWER})

    def question(self, key: GroupKey, count: int) -> str:
        """How many, and as what."""
        if key.kind is Kind.ANSWER:
            return f"Accept {counted(count, 'answer')} as they are?".replace(
                "1 answer as they are", "this answer as it is"
            )
        return f"Settle {counted(count, 'row')} without an answer?"

    def facts(self, key: GroupKey, ids: list[UUID]) -> list[str]:
        """What stays."""
        if key.kind is Kind.ANSWER:
            kept = "They leave this list; the payer's answer stays as it is."
        else:
            kept = "They leave this list; they stay failed, with nobody asking the payer again."
        return [kept, "Each of them can still be fixed or re-run from its own page."]

    def button(self, key: GroupKey) -> str:
        """The deed."""
        return "Accept" if key.kind is Kind.ANSWER else "Settle"

    def act(self, key: GroupKey, ids: list[UUID], actor: str) -> Moved:
        """Off the list; the operation writes the audit log."""
        return settle_tasks(tasks=EligibilityTask.objects.with_ids(ids), actor=actor)

    def done(self, key: GroupKey, count: int) -> str:
        """How many."""
        verb = "accepted" if key.kind is Kind.ANSWER else "settled"
        return f"{counted(count, 'row')} {verb}."


@page("worklist/discard/", name="worklist_discard", capability=Capability.FIX)
class DiscardGroup(GroupAction):
    """Settle rejected rows without a check."""

    title = "Discard"
    kinds = frozenset({Kind.REJECTED})
    danger = True

    def question(self, key: GroupKey, count: int) -> str:
        """How many."""
        return f"Discard {counted(count, 'row')}?"

    def facts(self, key: GroupKey, ids: list[UUID]) -> list[str]:
        """What follows."""
        return [
            "No payer is asked about them, and they cannot be brought back.",
            "The rows and who discarded them stay on record.",
        ]

    def button(self, key: GroupKey) -> str:
        """The deed."""
        return "Discard"

    def act(self, key: GroupKey, ids: list[UUID], actor: str) -> Moved:
        """Off the list; the operation writes the audit log."""
        return discard_rows(rows=RejectedRow.objects.with_ids(ids), actor=actor)

    def done(self, key: GroupKey, count: int) -> str:
        """How many."""
        return f"{counted(count, 'row')} discarded."


def _what(key: GroupKey) -> str:
    """The group in words."""
    name = Payer.objects.filter(code=key.payer).values_list("name", flat=True).first()
    return f"{key.explain().title}: {name or key.payer or UNKNOWN_PAYER}."


def _limits(rows: QuerySet[Any, UUID], taken: int) -> Sequence[str]:
    """Says so when a click does not do for the whole group."""
    if taken < MOST_AT_ONCE or (total := rows.count()) <= taken:
        return ()
    return (f"These are the oldest {taken:,} of {total:,}: come back for the others.",)


def _moment(text: str) -> datetime:
    """The moment of the confirmation; a form that names none means now."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    return moment if moment is not None and moment.tzinfo is not None else timezone.now()


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _uuid_or_404(text: str) -> UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404("no such row") from None
