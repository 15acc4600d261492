"""Delete a record, after a page that says what follows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal import audit
from portal.admin_site import Capability, Page, confirm, is_confirmed, page
from portal.models import Submission, Verb
from records.admin.places import record_address, records_of, team_of
from records.admin.record import record_or_404
from records.operations import By, ChangeStatus, delete_record

STALE = "Somebody has changed the record meanwhile: look at it again before you delete it."


@page("records/<objectid:pk>/delete/", name="record_delete", capability=Capability.DELETE)
class DeletePage(Page):
    """Asks, then deletes the record that was there when it asked."""

    title = "Delete a practitioner"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks."""
        record = record_or_404(request, kwargs["pk"])
        under = records_of(request).filter(supervisor_id=record.pk).count()
        facts = ["It can no longer be found or fetched; its history stays on record."]
        if under:
            facts.append(
                f"{under} other record{'s name' if under > 1 else ' names'} it as supervisor."
            )
        return confirm(
            request,
            self.admin_site,
            title=self.title,
            question=f"Delete {record.config.get('name') or 'this record'}?",
            facts=facts,
            button="Delete",
            back=record_address(record.pk),
            fields=[("version", str(record.version))],
            danger=True,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete it if nobody has changed it since."""
        if not is_confirmed(request):
            return self.get(request, *args, **kwargs)
        record = record_or_404(request, kwargs["pk"])
        version = request.POST.get("version", "")
        user: Any = request.user
        by = By(team_of(request), user.pk, source=Submission.Source.FORM.value)
        versions = [int(version)] if version.isdecimal() and len(version) < 10 else []
        deleted = delete_record(by=by, record_id=record.pk, versions=versions)
        if deleted.status is ChangeStatus.GONE:
            raise Http404("somebody has deleted it")
        if deleted.status is ChangeStatus.STALE:
            messages.error(request, STALE)
            return redirect(record_address(record.pk))
        audit.record(verb=Verb.DELETED, actor=audit.actor_of(request), obj=record)
        messages.success(request, "Deleted.")
        return redirect(reverse("admin:records"))
