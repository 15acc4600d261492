"""What people do with a lane, each after a page that says what will happen."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from eligibility.admin.lane_parts import whom
from eligibility.admin.lane_view import own_lane
from eligibility.admin.lanes import CRUMB
from eligibility.admin.links import address
from eligibility.engine.lane.depth import Depth, depths
from eligibility.models import Connection
from eligibility.operations.lanes import pause_lane, probe_lane, reset_breaker, resume_lane
from eligibility.operations.probes import LONGEST
from eligibility.presentation.counts import counted
from portal import audit
from portal.admin_site import Capability, Page, confirm, is_confirmed, page


class LaneVerb(Page):
    """Asks, does it, says what came of it, and leads back to the lane. The verb writes the log."""

    crumbs = (CRUMB,)
    question: ClassVar[str]
    button: ClassVar[str]
    facts: ClassVar[tuple[str, ...]] = ()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks."""
        lane = own_lane(request, self.kwargs["pk"])
        return confirm(
            request,
            self.admin_site,
            title=f"{self.title}: {whom(lane)}",
            question=self.question.format(whom(lane)),
            facts=self.told(lane),
            button=self.button,
            back=address("lane", lane.pk),
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it, if it was asked about."""
        if not is_confirmed(request):
            return self.get(request)
        lane = own_lane(request, self.kwargs["pk"])
        self.act(request, lane, audit.actor_of(request))
        return redirect(address("lane", lane.pk))

    def told(self, lane: Connection) -> list[str]:
        """What is worth knowing before."""
        return list(self.facts)

    def act(self, request: HttpRequest, lane: Connection, actor: audit.Actor) -> None:
        """Do it, and say so."""
        raise TypeError("every verb does something of its own")


def depth_of(lane: Connection) -> Depth:
    """How many rows stand in it now."""
    return depths([lane.pk], now=timezone.now())[lane.pk]


def _wait(depth: Depth) -> str:
    return f"{counted(depth.in_line, 'row')} {'waits' if depth.in_line == 1 else 'wait'}"


@page("lanes/<int:pk>/pause/", name="lane_pause", capability=Capability.RUN_LANES)
class PauseLane(LaneVerb):
    """Stop it until somebody resumes it; the page asks for the reason too."""

    title = "Pause"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks, and says how many rows will wait."""
        lane = own_lane(request, self.kwargs["pk"])
        depth = depth_of(lane)
        words = {
            "title": f"{self.title}: {whom(lane)}",
            "whom": whom(lane),
            "waiting": _wait(depth),
            "back": address("lane", lane.pk),
        }
        context = {**self.get_context_data(), **words}
        return TemplateResponse(request, "eligibility/lane_pause.html", context)

    def act(self, request: HttpRequest, lane: Connection, actor: audit.Actor) -> None:
        """Pause."""
        reason = request.POST.get("reason", "").replace("\0", "")
        if pause_lane(connection=lane, actor=actor, reason=reason):
            waiting = _wait(depth_of(lane))
            messages.success(request, f"Paused. {waiting} until somebody resumes the lane.")
        else:
            messages.warning(request, "It was paused already.")


@page("lanes/<int:pk>/resume/", name="lane_resume", capability=Capability.RUN_LANES)
class ResumeLane(LaneVerb):
    """Let it go on."""

    title = "Resume"
    question = "Ask {} again?"
    button = "Resume the lane"

    def told(self, lane: Connection) -> list[str]:
        """How many rows go on."""
        return [f"{counted(depth_of(lane).in_line, 'row')} in line, at the lane's own pace."]

    def act(self, request: HttpRequest, lane: Connection, actor: audit.Actor) -> None:
        """Resume."""
        if resume_lane(connection=lane, actor=actor):
            messages.success(request, "Resumed. Its rows go on.")
        else:
            messages.warning(request, "It was not paused.")


@page("lanes/<int:pk>/probe/", name="lane_probe", capability=Capability.RUN_LANES)
class ProbeLane(LaneVerb):
    """Make a test call now."""

    title = "Test now"
    question = "Make a test call to {}?"
    button = "Make the call"
    facts = (
        "It asks about no patient, and moves no row.",
        f"It takes up to {LONGEST:.0f} seconds.",
        "When it goes well, a locked login is unlocked, and a lane whose payer was down tries "
        "its next row at once.",
    )

    def act(self, request: HttpRequest, lane: Connection, actor: audit.Actor) -> None:
        """Call, and tell the answer."""
        failed = probe_lane(connection=lane, actor=actor)
        if failed is None:
            messages.success(request, "The payer answered, and let us in.")
        else:
            messages.warning(request, f"It did not go well: {failed.message}")


@page("lanes/<int:pk>/reset/", name="lane_reset", capability=Capability.RUN_LANES)
class ResetLane(LaneVerb):
    """Trust the payer again at once."""

    title = "Go on at once"
    question = "Ask {} again with all rows at once?"
    button = "Go on at once"
    facts = (
        "The lane does not wait for its pause to end, nor for one row that tries first.",
        "If the payer is still down, the rows that are asked now fail, and it closes again.",
    )

    def told(self, lane: Connection) -> list[str]:
        """How many rows go on."""
        return [f"{counted(depth_of(lane).in_line, 'row')} in line.", *self.facts]

    def act(self, request: HttpRequest, lane: Connection, actor: audit.Actor) -> None:
        """Close the breaker."""
        if reset_breaker(connection=lane, actor=actor):
            messages.success(request, "The lane goes on.")
        else:
            messages.warning(request, "It was not waiting for its payer.")
