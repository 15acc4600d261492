"""A batch's page: how far it is, payer by payer, what failed and why, and what can be done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from eligibility.admin.acting import own_batch
from eligibility.admin.batch_parts import (
    cause_parts,
    payer_parts,
    progress_parts,
    rejection_parts,
)
from eligibility.admin.batch_view import BatchView, read_batch
from eligibility.admin.links import address, tasks_address
from eligibility.admin.names import CAME, batch_name, names_of
from eligibility.choices import BatchStatus, Status
from eligibility.models import Batch
from portal.admin_site import Page, page

CRUMB = ("Batches", "admin:eligibility_batch_changelist")


def show_batch(
    request: HttpRequest, site: Any, pk: UUID | str, *, live: bool = False
) -> HttpResponse:
    """The page, or with `live` only its part that changes by itself. Raises Http404."""
    view = read_batch(own_batch(request, pk), now=timezone.now())
    context = batch_context(view)
    if live:
        return TemplateResponse(request, "eligibility/batch_live.html", context)
    batch = view.batch
    whole = {
        **site.each_context(request),
        "title": batch_name(batch),
        "crumbs": [{"title": CRUMB[0], "link": address("eligibility_batch_changelist")}],
    }
    return TemplateResponse(request, "eligibility/batch.html", {**whole, **context})


def batch_context(view: BatchView) -> dict[str, Any]:
    """What the templates are made from."""
    return {
        "batch": view.batch,
        "heading": batch_name(view.batch),
        "came": _came(view.batch),
        "is_over": view.is_over,
        "progress": progress_parts(view),
        "payers": payer_parts(view),
        "causes": cause_parts(view),
        "failed": view.tally.of(Status.FAILED),
        "rejections": rejection_parts(view),
        "links": _links(view),
    }


def _links(view: BatchView) -> dict[str, str]:
    """Where the buttons lead; empty for what this batch's state does not allow."""
    pk, status = view.batch.pk, view.status
    failed = view.tally.of(Status.FAILED)
    possible = {
        "live": not view.is_over,
        "run": status == BatchStatus.SCHEDULED,
        "pause": status in (BatchStatus.RUNNING, BatchStatus.SCHEDULED),
        "resume": status == BatchStatus.PAUSED,
        "cancel": not view.is_over,
        "rerun": bool(failed),
        "export": True,
    }
    links = {
        name: address(f"eligibility_batch_{name}", pk) if is_possible else ""
        for name, is_possible in possible.items()
    }
    return {**links, "rows": tasks_address(batch=pk)}


def _came(batch: Batch) -> str:
    """From where, and from whom."""
    how = CAME.get(batch.submission.source, "") if batch.submission else ""
    by = names_of([batch.created_by]).get(batch.created_by, "")
    return " ".join(part for part in (how, f"by {by}" if by else "") if part)


@page("eligibility/batch/<uuid:pk>/live/", name="eligibility_batch_live")
class LiveBatch(Page):
    """The part of a batch's page that changes by itself, for the page's script."""

    title = "Batch"
    crumbs = (CRUMB,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As it is now."""
        return show_batch(request, self.admin_site, self.kwargs["pk"], live=True)
