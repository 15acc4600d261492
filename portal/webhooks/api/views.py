"""The REST faces of webhook endpoints and of their log of deliveries."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.done import done
from portal.api.idempotent import holds_secret, idempotent
from portal.api.ids import ids_in
from portal.api.newest import newest_page
from portal.api.prefer import read_choice
from portal.api.shapes import object_of
from portal.api.views import ApiViewSet, json_body
from portal.errors import ApiError, ErrorCode, not_found
from portal.models import DeliveryState, Scope, WebhookDelivery, WebhookEndpoint
from portal.webhooks import operations
from portal.webhooks.api import pages, wire
from portal.webhooks.api.reading import has_whole_team, read_fields


class _OfCaller(ApiViewSet):
    """What the caller may see: endpoints of its clinic, and of the team when it has all of it."""

    def endpoints(self) -> QuerySet[WebhookEndpoint]:
        """Those of other clinics are not there."""
        mine = Q(clinic=self.caller.clinic)
        if has_whole_team(self.caller):
            mine |= Q(clinic=None)
        return WebhookEndpoint.objects.filter(mine, team=self.caller.team)

    def find(self, webhook_id: str) -> WebhookEndpoint:
        """Raises ApiError for one that is not there."""
        found = self.endpoints().filter(pk__in=ids_in(webhook_id)).first()
        if found is None:
            raise not_found("webhook")
        return found


class WebhookViewSet(_OfCaller):
    """Addresses that events are sent to."""

    required_scopes = dict.fromkeys(
        ("list", "create", "retrieve", "partial_update", "destroy", "rotate", "pause", "enable",
         "test"),
        Scope.WEBHOOKS_MANAGE,
    )  # fmt: skip

    @pages.list_webhooks
    def list(self, request: Request) -> Response:
        """The endpoints, newest first."""
        return Response(newest_page(self.endpoints(), request, wire.webhook))

    @pages.create_webhook
    @idempotent
    @holds_secret
    def create(self, request: Request) -> Response:
        """Make an endpoint; its secret is shown here and never again."""
        fields = read_fields(object_of(json_body(request)), self.caller, is_new=True)
        made = operations.create_endpoint(
            team=self.caller.team, actor=self.caller.actor_id, **fields
        )
        if made is None:
            message = f"A team has at most {operations.MOST_ENDPOINTS} webhooks."
            raise ApiError(ErrorCode.CONFLICT, message)
        endpoint, secret = made
        return Response(done("Webhook created.", webhook=wire.webhook(endpoint), secret=secret))

    @pages.get_webhook
    def retrieve(self, request: Request, webhook_id: str) -> Response:
        """One endpoint."""
        return Response(wire.webhook(self.find(webhook_id)))

    @pages.change_webhook
    def partial_update(self, request: Request, webhook_id: str) -> Response:
        """Change what the body names."""
        found = self.find(webhook_id)
        changes = read_fields(object_of(json_body(request)), self.caller, is_new=False)
        changed = operations.change_endpoint(
            endpoint=found, changes=changes, actor=self.caller.actor_id
        )
        return Response(wire.webhook(changed))

    @pages.delete_webhook
    def destroy(self, request: Request, webhook_id: str) -> Response:
        """Take it away with its log."""
        operations.delete_endpoint(endpoint=self.find(webhook_id), actor=self.caller.actor_id)
        return Response(status=204)

    @pages.rotate_webhook
    @idempotent
    @holds_secret
    def rotate(self, request: Request, webhook_id: str) -> Response:
        """Give it a new secret; the old one signs beside it for a while."""
        endpoint, secret = operations.rotate_secret(
            endpoint=self.find(webhook_id), actor=self.caller.actor_id
        )
        return Response(
            done("The secret was rotated.", webhook=wire.webhook(endpoint), secret=secret)
        )

    @pages.pause_webhook
    @idempotent
    def pause(self, request: Request, webhook_id: str) -> Response:
        """Send it nothing for a while."""
        return self._turned(webhook_id, operations.pause_endpoint, "Webhook paused.")

    @pages.enable_webhook
    @idempotent
    def enable(self, request: Request, webhook_id: str) -> Response:
        """Send to it again."""
        return self._turned(webhook_id, operations.enable_endpoint, "Webhook enabled.")

    @pages.test_webhook
    @idempotent
    def test(self, request: Request, webhook_id: str) -> Response:
        """Put a `webhook.test` event in its line."""
        sent = operations.send_test(endpoint=self.find(webhook_id), actor=self.caller.actor_id)
        if sent is None:
            raise ApiError(ErrorCode.CONFLICT, "Nothing is sent to this webhook: enable it first.")
        sent.refresh_from_db()
        return Response(done("A test event is on its way.", delivery=wire.delivery(sent)))

    def _turned(self, webhook_id: str, verb: Any, message: str) -> Response:
        """Carry it out; an endpoint that is so already stays so."""
        verb(endpoint=self.find(webhook_id), actor=self.caller.actor_id)
        return Response(done(message, webhook=wire.webhook(self.find(webhook_id))))


class DeliveryViewSet(_OfCaller):
    """The log: what was sent where, and how it went."""

    required_scopes = dict.fromkeys(("list", "replay"), Scope.WEBHOOKS_MANAGE)

    @pages.list_deliveries
    def list(self, request: Request, webhook_id: str) -> Response:
        """The deliveries of an endpoint, newest first."""
        rows = WebhookDelivery.objects.filter(endpoint=self.find(webhook_id))
        wanted = read_choice(request, "state", "all", *DeliveryState.values)
        if wanted != "all":
            rows = rows.filter(state=wanted)
        return Response(newest_page(rows.select_related("event"), request, wire.delivery))

    @pages.replay_delivery
    @idempotent
    def replay(self, request: Request, delivery_id: str) -> Response:
        """Send an event once more, under the same id."""
        mine = WebhookDelivery.objects.filter(
            endpoint__in=self.endpoints(), pk__in=ids_in(delivery_id)
        )
        if not mine.exists():
            raise not_found("delivery")
        if not operations.replay(deliveries=mine, actor=self.caller.actor_id):
            raise ApiError(ErrorCode.CONFLICT, "This event is on its way already.")
        found = mine.select_related("event").get()
        return Response(done("The event is sent again.", delivery=wire.delivery(found)))
