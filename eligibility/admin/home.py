"""Home: today's clinic at a glance. The page fetches its panels anew every few seconds."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from eligibility.admin import home_lanes, home_machine, home_panels, home_webhooks
from eligibility.admin.home_desk import Desk, address
from portal import uploads
from portal.admin_site import Capability, Page, page
from portal.roles import can


class _Home(Page):
    """What both addresses of the home page show."""

    title = "Home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The panels of the person's own clinics."""
        uploads.sweep()  # some home page is nearly always open; a forgotten list goes in time
        desk = Desk.of(self.request.user, timezone.now())
        lanes = home_lanes.lanes_of(desk)
        batches = home_panels.last_batches(desk, lanes)
        queue = home_machine.queue(desk, lanes)
        return super().get_context_data(
            desk=desk,
            batches=batches,
            tiles=home_panels.answers_today(desk),
            attention=home_panels.attention(desk),
            queue=queue,
            lanes=home_lanes.home_lanes(lanes, queue.lanes, desk),
            workers=home_machine.workers(desk.now),
            imports=home_machine.last_imports(desk),
            webhooks_off=home_webhooks.switched_off_for(self.request.user, desk),
            is_new=not batches,
            ways_in=self._ways_in(),
            **kwargs,
        )

    def _ways_in(self) -> dict[str, str]:
        """Where work begins, for who may begin it."""
        user = self.request.user
        ways = {"new_check": Capability.CREATE, "upload": Capability.IMPORT}
        found = {name: address(name) for name, needed in ways.items() if can(user, needed)}
        return found | {"docs": reverse("docs")}


@page("", name="index")
class HomePage(_Home):
    """The whole page: it takes the place of the site's own list of models."""

    template_name = "eligibility/home.html"


@page("home/live/", name="home_live")
class HomeLive(_Home):
    """The panels alone, for the page that refreshes itself."""

    template_name = "eligibility/home_panels.html"
