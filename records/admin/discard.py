"""Settle rejected records without storing them: a group, or one row, after a page that asks."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal.admin_site import Capability, Page, confirm, is_confirmed, page
from portal.groupfix import Ref
from portal.intake.fixing import discard_rows
from portal.models import RejectedRow
from records.admin.attention import NOTHING_LEFT
from records.admin.groups import group_of
from records.admin.places import rejected_of


@page("records/attention/discard/", name="records_discard", capability=Capability.FIX)
class DiscardPage(Page):
    """Asks, then discards the rows that were there when it asked."""

    title = "Discard"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks."""
        refs = self._refs()
        if not refs:
            messages.info(request, NOTHING_LEFT)
            return redirect("admin:records_attention")
        return confirm(
            request,
            self.admin_site,
            title=self.title,
            question=f"Discard {_counted(len(refs))}?",
            facts=[
                "Nothing is stored of them, and they cannot be brought back.",
                "The rows and who discarded them stay on record.",
            ],
            button="Discard",
            back=reverse("admin:records_attention"),
            fields=[("rows", ",".join(f"{ref.id.hex}:{ref.version}" for ref in refs))],
            danger=True,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Discard what was asked about, if nobody has touched it since."""
        if not is_confirmed(request):
            return self.get(request)
        asked = set(request.POST.get("rows", "").split(","))
        ids = [ref.id for ref in self._refs() if f"{ref.id.hex}:{ref.version}" in asked]
        user: Any = request.user
        moved, _ = discard_rows(rows=RejectedRow.objects.with_ids(ids), actor=user.pk)
        if moved:
            messages.success(request, f"{_counted(moved)} discarded.")
        if len(asked) > moved:
            gone = f"{_counted(len(asked) - moved)} had been seen to by somebody else meanwhile."
            messages.info(request, gone)
        return redirect("admin:records_attention")

    def _refs(self) -> list[Ref]:
        """The group that the address names, or the one row."""
        if "row" not in self.request.GET:
            group = group_of(self.request)
            return group.refs if group else []
        try:
            wanted = uuid.UUID(self.request.GET["row"])
        except ValueError:
            raise Http404("no such row") from None
        mine = rejected_of(self.request).filter(pk=wanted)
        return [Ref(pk, version) for pk, version in mine.values_list("pk", "version")]


def _counted(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
