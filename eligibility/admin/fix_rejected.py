"""Correct a row that was rejected, and accept it at its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404

from eligibility.admin.fix_page import FixPage
from eligibility.admin.fix_subject import Meanwhile, Subject
from eligibility.admin.places import group_address, group_of, task_address, worklist_of
from eligibility.operations import Fixed, FixStatus, fix_rejected
from eligibility.operations.create import KIND
from eligibility.presentation.fields import message_in_words
from eligibility.presentation.places import place
from eligibility.worklist import key_of
from portal import moments
from portal.admin_site import Capability, page
from portal.models import RejectedRow, RowState, Verb
from portal.roles import visible_clinic_ids, zone_of

SETTLED = {
    RowState.ACCEPTED.value: "This row has been accepted: it is a check now.",
    RowState.SUPERSEDED.value: "A later row with the same reference took this row's place.",
    RowState.DISCARDED.value: "Somebody discarded this row.",
}


@page(
    "portal/rejectedrow/<uuid:pk>/fix/", name="eligibility_fix_rejected", capability=Capability.FIX
)
class FixRejectedPage(FixPage):
    """A row that could not be accepted."""

    title = "Fix a row that was not accepted"
    save_word = "Save and accept"
    next_word = "Save, accept and next"
    saved = "Accepted: the payer will be asked."

    def subject(self, pk: Any) -> Subject:
        """The row as it came; it has no corrections until it is accepted."""
        clinics = visible_clinic_ids(self.request.user)
        mine = RejectedRow.objects.filter(submission__kind=KIND, submission__clinic__in=clinics)
        row = get_object_or_404(mine.select_related("submission__clinic__team"), pk=pk)
        clinic = row.submission.clinic
        assert clinic is not None
        return Subject(
            row=row,
            clinic=clinic,
            stands=row.raw if isinstance(row.raw, dict) else {},
            original=row.raw,
            key=group_of(self.request) or key_of(row, row.topic),
            version=row.version,
            profile=str(row.submission.options.get("profile") or "lenient"),
            closed=SETTLED.get(row.state, ""),
        )

    @transaction.atomic
    def save(self, subject: Subject, row: Mapping[str, Any], version: int) -> Fixed:
        """Accept it with what it says now."""
        rejected: Any = subject.row
        actor = str(self.request.user.pk)
        fixed = fix_rejected(
            row=rejected, raw=row, version=version, actor=actor, profile=subject.profile
        )
        if fixed.status is FixStatus.FIXED:
            self.record(Verb.ACCEPTED, subject, task=fixed.made_id)
        return fixed

    def meanwhile(self, subject: Subject, fixed: Fixed, revision: int) -> Meanwhile:
        """What became of the row."""
        row: Any = subject.row
        when = moments.at(row.updated_at, zone_of(self.request.user))
        return Meanwhile(SETTLED.get(row.state, fixed.message), when=when)

    def address_after(self, subject: Subject, fixed: Fixed) -> str:
        """The page of the check that it became."""
        return task_address(fixed.made_id)

    def more(self, subject: Subject, payers: Mapping[str, str]) -> dict[str, Any]:
        """What it was rejected for, what became of it, and the way out without a correction."""
        row: Any = subject.row
        filters, one = worklist_of(self.request).filters, str(row.pk)
        assert subject.key is not None
        is_open = row.state == RowState.OPEN
        discard = group_address("admin:worklist_discard", subject.key, filters, row=one)
        return {
            "rejected": row,
            "place": place(row.line, row.submission.source),
            "was_said": [message_in_words(error["message"], payers) for error in row.errors],
            "task_address": task_address(row.accepted_as) if row.accepted_as else "",
            "discard": discard if is_open else "",
        }
