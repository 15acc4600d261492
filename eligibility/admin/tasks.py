"""Checks: their list with search and filters, what is done with some of them, each one's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from eligibility.admin import acting, filters
from eligibility.admin.day_filters import AskedFilter, VisitFilter
from eligibility.admin.links import address, tasks_address
from eligibility.admin.lists import NewestAdmin
from eligibility.admin.paging import BY_LINE, NEWEST, Order
from eligibility.admin.search import HELP, search
from eligibility.admin.task_page import show_task
from eligibility.admin.task_rows import task_line, with_all_that_a_line_shows
from eligibility.choices import Outcome, Review, Status
from eligibility.models import EligibilityTask
from eligibility.operations import preview_cancel, preview_retry
from eligibility.presentation import moves
from eligibility.presentation.moves import EARLIER_STAYS, LATE_IS_KEPT
from portal.admin_site import Capability, action, is_confirmed
from portal.roles import can, zone_of

_QUICK: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("All", "list", {}),
    ("Needs attention", "notification_important", {"review": Review.NEEDS_ATTENTION}),
    ("Failed", "error", {"status": Status.FAILED}),
    ("In line", "schedule", {"status": Status.PENDING}),
    ("Eligible", "check_circle", {"outcome": Outcome.ELIGIBLE}),
    ("Not eligible", "cancel", {"outcome": Outcome.NOT_ELIGIBLE}),
)


@admin.register(EligibilityTask)
class TaskAdmin(NewestAdmin):
    """The checks of the person's clinics. A search's own children are not among them."""

    list_title = "Checks"
    rows_template = "eligibility/task_rows.html"
    search_fields = ("name",)
    search_help_text = HELP
    list_filter = (
        filters.StatusFilter,
        filters.OutcomeFilter,
        filters.FailureFilter,
        filters.ReviewFilter,
        filters.PayerFilter,
        filters.ClinicFilter,
        filters.KindFilter,
        VisitFilter,
        AskedFilter,
        filters.BatchFilter,
        filters.CauseFilter,
    )
    things = ("check", "checks")
    actions = ("rerun_selected", "cancel_selected")
    action_looks = {
        "rerun_selected": {"word": "Re-run", "icon": "replay"},
        "cancel_selected": {"word": "Cancel", "icon": "block", "danger": True},
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the children of searches."""
        return super().get_queryset(request).filter(parent=None)

    def order_of(self, changelist: Any) -> Order:
        """A batch's rows stand in the order of its file."""
        specs = changelist.filter_specs
        of_batch = any(isinstance(spec, filters.BatchFilter) and spec.chosen() for spec in specs)
        return BY_LINE if of_batch else NEWEST

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With payer, clinic and what the answer was."""
        return with_all_that_a_line_shows(rows)

    def search_ids(self, request: HttpRequest, rows: QuerySet[Any], term: str) -> list[UUID]:
        """By identifier, reference, name, phone or id."""
        return search(rows, term, self.clinics_shown(request), enough=self.list_per_page)

    def shown_rows(self, request: HttpRequest, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """The lines of the page."""
        now, zone = timezone.now(), zone_of(request.user)
        return [task_line(task, now=now, zone=zone) for task in rows]

    def quick_views(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What the desk looks at all day."""
        given = {name: value for name, value in request.GET.items() if value}
        kept = {name: given.pop(name, "") for name in ("batch", "clinic")}
        return [
            {
                "title": title,
                "icon": icon,
                "link": tasks_address(**kept, **view),
                "is_on": given == view,
            }
            for title, icon, view in _QUICK
        ]

    def when_empty(self, request: HttpRequest) -> dict[str, str]:
        """Where checks come from."""
        return {
            "nothing_title": "There are no checks yet.",
            "nothing_text": "They come from the API, from files, and from the form for one check.",
            "nothing_link": address("new_check") if can(request.user, Capability.CREATE) else "",
            "nothing_button": "New check",
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The check's page. There is no form: corrections have a page of their own."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        task = acting.own_task_or_path(request, object_id)
        return show_task(request, self.admin_site, task.pk)

    @action(requires=Capability.RERUN, description="Re-run the selected checks")
    def rerun_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask first, then say how many moved and how many did not."""
        if not is_confirmed(request):
            preview = preview_retry(tasks=queryset)
            return self.ask_first(
                request,
                queryset,
                action="rerun_selected",
                title="Re-run",
                question=f"Ask the payers again about {moves.checks(preview.moved)}?",
                facts=[*moves.stays(preview.stayed), EARLIER_STAYS],
                button=f"Re-run {moves.checks(preview.moved)}",
            )
        moved = acting.rerun(request, queryset)
        messages.success(request, moves.outcome(moved.moved, "in line again", moved.stayed))
        return None

    @action(requires=Capability.CANCEL, description="Cancel the selected checks")
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """The same for cancelling."""
        if not is_confirmed(request):
            preview = preview_cancel(tasks=queryset)
            return self.ask_first(
                request,
                queryset,
                action="cancel_selected",
                title="Cancel checks",
                question=f"Cancel {moves.checks(preview.moved)}?",
                facts=[*moves.stays(preview.stayed), LATE_IS_KEPT],
                button=f"Cancel {moves.checks(preview.moved)}",
                danger=True,
            )
        moved = acting.cancel(request, queryset)
        messages.success(request, moves.outcome(moved.moved, "cancelled", moved.stayed))
        return None
