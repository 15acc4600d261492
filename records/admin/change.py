"""Change a record by its form, or make a new one."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal.admin_site import Capability, page
from portal.models import Submission
from records.admin.form_page import Found, RecordFormPage
from records.admin.places import record_address, team_of
from records.admin.record import record_or_404
from records.models import ResourceRecord
from records.operations import By, Changed, ChangeStatus, create_records, update_record
from records.operations.answers import Stored
from records.operations.create import check

_FORM = Submission.Source.FORM.value
CHANGED_MEANWHILE = (
    "Somebody else has changed this record since you opened it. What you typed is below; nothing "
    "of it is saved. Look at their change in the record's history, then save again or cancel."
)


@page("records/<objectid:pk>/change/", name="record_change", capability=Capability.FIX)
class ChangePage(RecordFormPage):
    """The form of a stored record."""

    title = "Change a practitioner"
    save_word = "Save"

    @cached_property
    def record(self) -> ResourceRecord:
        """The team's record that the address names. Raises Http404."""
        return record_or_404(self.request, self.kwargs["pk"])

    def stands(self) -> Any:
        """The record in the words of a request."""
        return Stored.of(self.record).as_row()

    def version(self) -> int:
        """Rises with every change."""
        return self.record.version

    def check(self, row: Any) -> Found:
        """As an update would answer, under the forgiving profile: doubts are no errors."""
        (checked,) = check(self._by().intake(), [row], own_ids={0: self.record.pk})
        return Found(checked.errors, checked.warnings)

    def save(self, row: dict[str, Any], version: int) -> HttpResponse:
        """Save it if nobody has changed the record since the form was opened."""
        changed = update_record(
            by=self._by(), record_id=self.record.pk, changes=row, versions=[version]
        )
        if changed.status in (ChangeStatus.REJECTED, ChangeStatus.DUPLICATE):
            return self.show(row, Found(changed.errors, changed.warnings))
        if changed.status is ChangeStatus.GONE:
            raise Http404("somebody has deleted it")
        if changed.status is ChangeStatus.STALE:
            return self.show(row, conflict=CHANGED_MEANWHILE, status=409)
        messages.success(self.request, _said(changed))
        return redirect(record_address(self.record.pk))

    def more(self) -> dict[str, Any]:
        """Where "cancel" leads, and what the form is about."""
        config = self.record.config
        return {"back": record_address(self.record.pk), "about": config.get("name") or ""}

    def get_crumbs(self) -> list[dict[str, str]]:
        """Back to the list and the record."""
        return [
            {"title": "Practitioners", "link": reverse("admin:records")},
            {"title": "Practitioner", "link": record_address(self.record.pk)},
        ]

    def _by(self) -> By:
        user: Any = self.request.user
        return By(team_of(self.request), user.pk, source=_FORM)


@page("records/new/", name="record_new", capability=Capability.CREATE)
class NewPage(RecordFormPage):
    """The form of a record that is to be made."""

    title = "New practitioner"
    save_word = "Save"
    crumbs = (("Practitioners", "admin:records"),)

    def stands(self) -> Any:
        """Nothing yet."""
        return {"config": {"type": "practitioners", "status": "active"}}

    def version(self) -> int:
        """None to speak of."""
        return 0

    def check(self, row: Any) -> Found:
        """As a request with this one row would be answered; an untouched form is not judged."""
        if self.request.method == "GET":
            return Found()
        return self._make(row, dry_run=True)[0]

    def save(self, row: dict[str, Any], version: int) -> HttpResponse:
        """Store it, and show it. A row with errors is not kept elsewhere: the person has it."""
        found, _ = self._make(row, dry_run=True)
        if found.errors:
            return self.show(row, found)
        found, made_id = self._make(row, dry_run=False)
        if made_id is None:
            return self.show(row, found)
        messages.success(self.request, "Saved.")
        return redirect(record_address(made_id))

    def more(self) -> dict[str, Any]:
        """Where "cancel" leads."""
        return {"back": reverse("admin:records"), "about": ""}

    def _make(self, row: dict[str, Any], *, dry_run: bool) -> tuple[Found, str | None]:
        user: Any = self.request.user
        created = create_records(
            team=team_of(self.request),
            actor=user.pk,
            rows=[row],
            source=_FORM,
            dry_run=dry_run,
        )
        (entry,) = created.entries
        made = entry.stored.id if entry.stored and not entry.errors else None
        return Found(entry.errors, entry.warnings), made


def _said(changed: Changed) -> str:
    if changed.status is ChangeStatus.UNCHANGED:
        return "Nothing was changed."
    doubts = len(changed.warnings)
    if not doubts:
        return "Saved."
    return f"Saved, with {doubts} warning{'s' if doubts > 1 else ''}."
