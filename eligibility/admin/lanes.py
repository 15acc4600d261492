"""The lanes: what runs, what is held, why, and until when. Both pages fetch themselves anew."""

from __future__ import annotations

from typing import Any

from eligibility.admin import lane_parts as parts
from eligibility.admin.home_machine import workers
from eligibility.admin.lane_log import log_of
from eligibility.admin.lane_view import own_lane, own_lanes, read_lanes
from eligibility.admin.links import address
from portal.admin_site import Page, page
from portal.roles import zone_of

CRUMB = ("Lanes", "admin:lanes")


class _Lanes(Page):
    """What both addresses of the list show."""

    title = "Lanes"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The lanes of the person's team, those that need somebody first."""
        user: Any = self.request.user
        zone, found = zone_of(user), list(own_lanes(self.request))
        views = sorted(read_lanes(found), key=parts.rank)
        several = len({lane.team_id for lane in found}) > 1
        return super().get_context_data(
            lanes=[parts.line(view, zone, several_teams=several) for view in views],
            summary=parts.summary(views),
            workers=workers(views[0].now) if views else None,
            **kwargs,
        )


@page("lanes/", name="lanes")
class LanesPage(_Lanes):
    """The whole page."""

    template_name = "eligibility/lanes.html"


@page("lanes/live/", name="lanes_live")
class LanesLive(_Lanes):
    """Its parts alone, for the page that refreshes itself."""

    template_name = "eligibility/lanes_live.html"


class _Lane(Page):
    """What both addresses of one lane show."""

    title = "Lane"
    crumbs = (CRUMB,)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The lane as it is now."""
        lane = own_lane(self.request, self.kwargs["pk"])
        (view,) = read_lanes([lane])
        zone = zone_of(self.request.user)
        named: dict[str, Any] = {"title": parts.whom(lane)}
        return super().get_context_data(
            lane=parts.line(view, zone),
            limits=parts.limits(view),
            failures=parts.failures(view),
            looked_at=view.recent.ended,
            probe=parts.probe(view, zone),
            rows_links=parts.rows_links(lane),
            log=log_of(lane, zone),
            links=_links(view),
            **named,
            **kwargs,
        )


def _links(view: Any) -> dict[str, str]:
    """Where the buttons lead; empty for what this lane's state does not allow."""
    pk = view.lane.pk
    possible = {
        "pause": view.lane.paused_at is None,
        "resume": view.lane.paused_at is not None,
        "probe": True,
        "reset": view.state.breaker != "closed",
        "limits": True,
    }
    return {
        name: address(f"lane_{name}", pk) if is_possible else ""
        for name, is_possible in possible.items()
    }


@page("lanes/<int:pk>/", name="lane")
class LanePage(_Lane):
    """One lane: its state, its limits, what failed lately, and who did what to it."""

    template_name = "eligibility/lane.html"


@page("lanes/<int:pk>/live/", name="lane_live")
class LaneLive(_Lane):
    """Its parts alone, for the page that refreshes itself."""

    template_name = "eligibility/lane_live.html"
