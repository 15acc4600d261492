"""Batches: their list with derived status and progress, and the door to each one's page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from eligibility.admin import batch_export, batch_verbs, filters
from eligibility.admin.badges import batch_badge
from eligibility.admin.batch_counts import Tally, derived_status, with_tallies
from eligibility.admin.batch_page import show_batch
from eligibility.admin.day_filters import AskedFilter
from eligibility.admin.links import address, batch_address, tasks_address
from eligibility.admin.lists import NewestAdmin
from eligibility.admin.names import batch_name
from eligibility.choices import Outcome, Status
from eligibility.models import Batch
from eligibility.presentation.strips import segments
from portal import moments
from portal.admin_site import Capability
from portal.roles import can, zone_of

__all__ = ["BatchAdmin", "batch_export", "batch_verbs"]


@admin.register(Batch)
class BatchAdmin(NewestAdmin):
    """The batches of the person's clinics."""

    list_title = "Batches"
    rows_template = "eligibility/batch_rows.html"
    things = ("batch", "batches")
    list_filter = (filters.ClinicFilter, AskedFilter)
    list_per_page = 20

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the clinic."""
        return rows.select_related("clinic")

    def shown_rows(self, request: HttpRequest, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """The lines of the page, with the counts of all of them from one query."""
        now, zone = timezone.now(), zone_of(request.user)
        return [_line(batch, tally, now=now, zone=zone) for batch, tally in with_tallies(rows)]

    def when_empty(self, request: HttpRequest) -> dict[str, str]:
        """Where batches come from."""
        may_import = can(request.user, Capability.IMPORT)
        return {
            "nothing_title": "There are no batches yet.",
            "nothing_text": "Every request of the API and every file makes one.",
            "nothing_link": address("upload") if may_import else "",
            "nothing_button": "Upload a file",
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The batch's page. There is no form."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        return show_batch(request, self.admin_site, object_id)


def _line(batch: Batch, tally: Tally, *, now: datetime, zone: tzinfo) -> dict[str, Any]:
    failed = tally.of(Status.FAILED)
    return {
        "link": batch_address(batch.pk),
        "title": batch_name(batch),
        "clinic": batch.clinic.name,
        "created": moments.at(batch.created_at, zone),
        "age": moments.age(batch.created_at, now),
        "status": batch_badge(derived_status(batch, tally, now)),
        "segments": segments(tally.by_state),
        "finished": f"{tally.finished:,}",
        "total": f"{tally.total:,}",
        "eligible": f"{tally.answered(Outcome.ELIGIBLE):,}",
        "failed": f"{failed:,}" if failed else "",
        "failed_link": tasks_address(batch=batch.pk, status=Status.FAILED) if failed else "",
    }
