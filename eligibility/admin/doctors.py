"""The doctors that a check's form offers while somebody types."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from portal.admin_site import Capability, Page, page
from portal.intake.text import storable_text
from records.doctors import doctors_of

_LONGEST = 100


@page("doctors/", name="doctors", capability=Capability.FIX)
class DoctorsPage(Page):
    """What a typed text finds among the team's practitioners: value and label, as JSON."""

    title = "Doctors"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Those of the person's own team."""
        user: Any = request.user
        text = storable_text(request.GET.get("q", "").strip()[:_LONGEST])
        found = doctors_of(user.team_id, text) if user.team_id else []
        return JsonResponse({"doctors": [each._asdict() for each in found]})
