"""Send events of the log once more."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal import audit
from portal.admin.webhooks.endpoint import MOST
from portal.admin.webhooks.lists import CRUMB
from portal.admin.webhooks.reading import own_endpoint, own_endpoints
from portal.admin_site import Capability, Page, confirm, is_confirmed, page
from portal.models import DeliveryState, WebhookDelivery
from portal.webhooks.operations import replay

FACTS = (
    "It is the same event under the same id, so a careful receiver takes it only once.",
    "The tries begin anew. While the webhook is paused or off, it waits.",
)


@page(
    "webhooks/delivery/<uuid:pk>/replay/",
    name="webhook_replay",
    capability=Capability.MANAGE_WEBHOOKS,
)
class ReplayDelivery(Page):
    """One event to one endpoint, once more."""

    title = "Send again"
    crumbs = (CRUMB,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks, for whoever comes without the button."""
        delivery = self._delivery(request)
        return confirm(
            request,
            self.admin_site,
            title=self.title,
            question="Send this event again?",
            facts=FACTS,
            button="Send it again",
            back=reverse("admin:webhook", args=[delivery.endpoint_id]),
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Put it in the line again."""
        if not is_confirmed(request):
            return self.get(request)
        delivery = self._delivery(request)
        rows = WebhookDelivery.objects.filter(pk=delivery.pk)
        if replay(deliveries=rows, actor=audit.actor_of(request)):
            messages.success(request, "The event is sent again.")
        else:
            messages.warning(request, "It is on its way already.")
        return redirect("admin:webhook", delivery.endpoint_id)

    def _delivery(self, request: HttpRequest) -> WebhookDelivery:
        own = WebhookDelivery.objects.filter(endpoint__in=own_endpoints(request).order_by())
        delivery = own.filter(pk=self.kwargs["pk"]).first()
        if delivery is None:
            raise Http404("no such delivery")
        return delivery


@page("webhooks/<uuid:pk>/replay/", name="webhook_replay_failed",
      capability=Capability.MANAGE_WEBHOOKS)  # fmt: skip
class ReplayFailed(Page):
    """Everything that an endpoint did not take, once more."""

    title = "Send again what was given up"
    crumbs = (CRUMB,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """How much it is."""
        endpoint = own_endpoint(request, self.kwargs["pk"])
        count = self._given_up().count()
        return confirm(
            request,
            self.admin_site,
            title=self.title,
            question=f"Send {count:,} event{'' if count == 1 else 's'} again?",
            facts=(f"The newest that were given up, {MOST:,} at most.", *FACTS),
            button="Send them again",
            back=reverse("admin:webhook", args=[endpoint.pk]),
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Put them in the line again."""
        if not is_confirmed(request):
            return self.get(request)
        endpoint = own_endpoint(request, self.kwargs["pk"])
        ids = list(self._given_up().values_list("pk", flat=True))
        rows = WebhookDelivery.objects.filter(pk__in=ids)
        moved = replay(deliveries=rows, actor=audit.actor_of(request))
        said = "1 event is" if moved == 1 else f"{moved:,} events are"
        messages.success(request, f"{said} sent again.")
        return redirect("admin:webhook", endpoint.pk)

    def _given_up(self) -> Any:
        rows = WebhookDelivery.objects.filter(endpoint=self.kwargs["pk"])
        return rows.filter(state=DeliveryState.FAILED).order_by("-created_at", "-pk")[:MOST]
