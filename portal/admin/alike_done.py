"""What a correction of a group did, and the way to take it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from portal import groupfix, moments
from portal.admin.alike_words import rows, sentence
from portal.admin_site import Capability, Page, page
from portal.models import GroupFix
from portal.roles import zone_of

HOMES: dict[str, str] = {}
"""Kind of row → the address name of the list that its rows are taken from."""


@page("fixes/<uuid:pk>/", name="group_fix", capability=Capability.FIX)
class GroupFixPage(Page):
    """What a correction of a group did, and the way to take it back: for whoever made it."""

    template_name = "portal/groupfix/done.html"
    title = "Correction of a group"

    def get_crumbs(self) -> list[dict[str, str]]:
        """Back to the list that the rows came from."""
        home = HOMES.get(self.fix().kind, "admin:worklist")
        return [{"title": "Needs attention", "link": reverse(home)}]

    def fix(self) -> GroupFix:
        """The person's own. Raises Http404."""
        user: Any = self.request.user
        return get_object_or_404(GroupFix, pk=self.kwargs["pk"], made_by=user.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The counts, and where the rows came from."""
        fix = self.fix()
        home = HOMES.get(fix.kind, "admin:index")
        undone_at = moments.at(fix.undone_at, zone_of(self.request.user))
        return super().get_context_data(fix=fix, undone_at=undone_at, back=reverse(home), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take it back."""
        user: Any = request.user
        fix = self.fix()
        if request.POST.get("action") != "undo":
            raise Http404("nothing else can be done here")
        undone = groupfix.undo_group_fix(fix=fix, actor=user.pk)
        if undone.undone:
            messages.success(request, f"{rows(undone.undone)} as before.")
        for why, count in undone.stayed.items():
            messages.warning(request, f"{rows(count)} could not be taken back: {sentence(why)}")
        return redirect("admin:group_fix", pk=fix.pk)
