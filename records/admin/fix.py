"""Correct a rejected record and store it at its line, then go on to the next of its group."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from portal import audit
from portal.admin_site import Capability, page
from portal.groupfix import Cluster
from portal.models import RejectedRow, RowState, Verb
from records.admin.form_page import Found, RecordFormPage
from records.admin.groups import group_of, next_after
from records.admin.places import (
    fix_address,
    record_address,
    records_of,
    team_of,
    with_query,
)
from records.operations import KIND, FixStatus, create_records, fix_rejected
from records.operations.answers import raw_key
from records.operations.fixes import accept_as_change
from records.operations.group_fixes import profile_of
from records.presentation.fields import place
from records.presentation.rejections import words_for

SETTLED = {
    RowState.ACCEPTED.value: "This row has been stored: it is a record now.",
    RowState.SUPERSEDED.value: "A later row with the same id took this row's place.",
    RowState.DISCARDED.value: "Somebody discarded this row.",
}
CHANGED_MEANWHILE = (
    "Somebody else has changed this row since you opened it. What you typed is below; nothing of "
    "it is saved."
)
AS_CHANGE = "change"
"""What a form's button asks for whose record is stored already."""
LAST_ONE = "That was the last row of this group."


@page("records/rejected/<uuid:pk>/fix/", name="records_fix", capability=Capability.FIX)
class FixRecordPage(RecordFormPage):
    """A row that could not be stored."""

    title = "Fix a rejected record"
    save_word = "Save and store"
    stored = ""
    """The address of the record that the row would be a second copy of."""

    @cached_property
    def row(self) -> RejectedRow:
        """The team's row that the address names, whatever became of it. Raises Http404."""
        mine = RejectedRow.objects.filter(
            submission__kind=KIND, submission__team=team_of(self.request)
        )
        return get_object_or_404(mine.select_related("submission__team"), pk=self.kwargs["pk"])

    @cached_property
    def group(self) -> Cluster | None:
        """The group that the row is taken from, as it stands now."""
        return group_of(self.request)

    def stands(self) -> Any:
        """The row as it came."""
        return self.row.raw

    def version(self) -> int:
        """The row's own."""
        return self.row.version

    def check(self, row: Any) -> Found:
        """As its own submission would be answered, with only this row."""
        submission = self.row.submission
        created = create_records(
            team=submission.team,
            actor="",
            rows=[row],
            lines=[self.row.line],
            profile=profile_of(submission),
            on_conflict=submission.options.get("on_conflict", "error"),
            source=submission.source,
            dry_run=True,
        )
        (entry,) = created.entries
        if any(issue.code == "duplicate.existing" for issue in entry.errors):
            self.stored = self._stored(row)
        return Found(entry.errors, entry.warnings)

    def _stored(self, row: Any) -> str:
        """The page of the record that has this row's integration and logical id."""
        key = raw_key(row)
        if key is None:
            return ""
        same = {"integration_key": key[0], "logical_id": key[1]}
        record = records_of(self.request).filter(**same).first()
        return record_address(record.pk) if record else ""

    def save(self, row: dict[str, Any], version: int) -> HttpResponse:
        """Store it at its line, and go on to the next where that was asked for."""
        user: Any = self.request.user
        after, _ = next_after(self.group, self.row)
        as_change = self.request.POST.get("action") == AS_CHANGE
        fixed = fix_rejected(
            row=self.row,
            raw=row,
            version=version,
            actor=user.pk,
            profile=profile_of(self.row.submission),
            accept=accept_as_change if as_change else None,
        )
        if fixed.status is FixStatus.REJECTED:
            return self.show(row, Found(fixed.errors, fixed.warnings))
        if fixed.status is not FixStatus.FIXED:
            self.row.refresh_from_db()
            said = SETTLED.get(self.row.state, CHANGED_MEANWHILE)
            return self.show(row, conflict=said, status=409)
        audit.record(
            verb=Verb.ACCEPTED,
            actor=audit.actor_of(self.request),
            obj=self.row,
            details={"record": fixed.made_id},
        )
        return self._go_on(after, fixed.made_id or "")

    def _go_on(self, after: RejectedRow | None, made_id: str) -> HttpResponse:
        if self.request.POST.get("action") != "next":
            messages.success(self.request, "Stored.")
            return redirect(record_address(made_id))
        if after is None or self.group is None:
            messages.success(self.request, f"Stored. {LAST_ONE}")
            return redirect("admin:records_attention")
        messages.success(self.request, "Stored.")
        return redirect(fix_address(after, like=self.group.token))

    def more(self) -> dict[str, Any]:
        """What it was rejected for, what became of it, and the ways out."""
        row, group = self.row, self.group
        after, left = next_after(group, row)
        is_open = row.state == RowState.OPEN
        return {
            "rejected": row,
            "was_said": [_said(error) for error in row.errors],
            "closed": SETTLED.get(row.state, ""),
            "made": record_address(row.accepted_as) if row.accepted_as else "",
            "left": left,
            "stored": self.stored if is_open else "",
            "skip": fix_address(after, like=group.token) if after and group else "",
            "discard": with_query(reverse("admin:records_discard"), {"row": str(row.pk)})
            if is_open
            else "",
            "alike": with_query(reverse("admin:records_alike"), {"like": group.token})
            if group and left
            else "",
            "back": reverse("admin:records_attention"),
        }

    def get_crumbs(self) -> list[dict[str, str]]:
        """Back to the groups."""
        return [{"title": "Needs attention", "link": reverse("admin:records_attention")}]


def _said(error: dict[str, Any]) -> tuple[str, str, str]:
    """(what is wrong, where, the rules' own words)"""
    title = words_for(str(error.get("code", ""))).title
    return title, place(str(error.get("pointer") or "")), str(error.get("message", ""))
