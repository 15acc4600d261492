"""What people do with a webhook, each after a page that says what will happen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal import audit
from portal.admin.webhooks.forms import show_secret
from portal.admin.webhooks.lists import CRUMB
from portal.admin.webhooks.reading import own_endpoint
from portal.admin_site import Capability, Page, confirm, is_confirmed, page
from portal.models import WebhookDelivery, WebhookEndpoint
from portal.moments import at
from portal.roles import zone_of
from portal.webhooks import operations

MOST_COUNTED = 10_000


class WebhookVerb(Page):
    """Asks, does it, says what came of it, and leads back. The verb writes the log."""

    crumbs = (CRUMB,)
    question: ClassVar[str]
    button: ClassVar[str]
    facts: ClassVar[tuple[str, ...]] = ()
    danger: ClassVar[bool] = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks."""
        endpoint = own_endpoint(request, self.kwargs["pk"])
        return confirm(
            request,
            self.admin_site,
            title=self.title,
            question=self.question,
            facts=[f"Address: {endpoint.url}", *self.told(endpoint)],
            button=self.button,
            back=reverse("admin:webhook", args=[endpoint.pk]),
            fields=self.fields(endpoint),
            danger=self.danger,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it, if it was asked about."""
        if not is_confirmed(request):
            return self.get(request)
        endpoint = own_endpoint(request, self.kwargs["pk"])
        done = self.act(request, endpoint, audit.actor_of(request))
        return done or redirect("admin:webhook", endpoint.pk)

    def told(self, endpoint: WebhookEndpoint) -> list[str]:
        """What is worth knowing before."""
        return list(self.facts)

    def fields(self, endpoint: WebhookEndpoint) -> list[tuple[str, str]]:
        """What the button sends besides."""
        return []

    def act(
        self, request: HttpRequest, endpoint: WebhookEndpoint, actor: audit.Actor
    ) -> HttpResponse | None:
        """Do it, and say so; an answer of its own takes the place of the way back."""
        raise TypeError("every verb does something of its own")


class Switch(WebhookVerb):
    """A verb that changes nothing, and says so, where the webhook is in its state already."""

    verb: ClassVar[Callable[..., bool]]
    said: ClassVar[str]
    already: ClassVar[str]

    def act(
        self, request: HttpRequest, endpoint: WebhookEndpoint, actor: audit.Actor
    ) -> HttpResponse | None:
        """Do it, and say whether anything changed."""
        if self.verb(endpoint=endpoint, actor=actor):
            messages.success(request, self.said)
        else:
            messages.warning(request, self.already)
        return None


def waiting(endpoint: WebhookEndpoint) -> str:
    """How many events wait for it."""
    count = WebhookDelivery.objects.pending().filter(endpoint=endpoint)[:MOST_COUNTED].count()
    return f"{count:,} {'event waits' if count == 1 else 'events wait'}"


@page("webhooks/<uuid:pk>/test/", name="webhook_test", capability=Capability.MANAGE_WEBHOOKS)
class SendTest(WebhookVerb):
    """Send an event that means nothing."""

    title = "Send a test"
    question = "Send a test event?"
    button = "Send the test"
    facts = (
        "It is of the type webhook.test, signed as every other, and says nothing of a patient.",
        "What came of it stands in the log a few seconds later.",
    )

    def act(
        self, request: HttpRequest, endpoint: WebhookEndpoint, actor: audit.Actor
    ) -> HttpResponse | None:
        """Put it in the line."""
        if operations.send_test(endpoint=endpoint, actor=actor) is None:
            messages.warning(request, "Nothing was sent: the webhook is paused or off.")
        else:
            messages.success(request, "The test is on its way. The log says what came of it.")
        return None


@page("webhooks/<uuid:pk>/pause/", name="webhook_pause", capability=Capability.MANAGE_WEBHOOKS)
class PauseWebhook(Switch):
    """Let events wait."""

    title = "Pause"
    question = "Send nothing to this webhook for now?"
    button = "Pause the webhook"
    facts = ("What happens meanwhile is kept, and sent when somebody switches it on again.",)
    verb = staticmethod(operations.pause_endpoint)
    said = "Paused. Events wait for it."
    already = "It was paused or off already."


@page("webhooks/<uuid:pk>/disable/", name="webhook_disable", capability=Capability.MANAGE_WEBHOOKS)
class DisableWebhook(Switch):
    """Switch it off."""

    title = "Switch off"
    question = "Switch this webhook off?"
    button = "Switch it off"
    facts = (
        "Nothing is sent to it, and what happens from now on is not kept for it.",
        "To let events wait instead, pause it.",
    )
    danger = True
    verb = staticmethod(operations.disable_endpoint)
    said = "Switched off."
    already = "It was off already."


@page("webhooks/<uuid:pk>/enable/", name="webhook_enable", capability=Capability.MANAGE_WEBHOOKS)
class EnableWebhook(Switch):
    """Switch it on, from a pause or from off."""

    title = "Switch on"
    question = "Send to this webhook again?"
    button = "Switch it on"
    verb = staticmethod(operations.enable_endpoint)
    said = "Switched on. Send a test to see whether it listens."
    already = "It was on already."

    def told(self, endpoint: WebhookEndpoint) -> list[str]:
        """What is sent at once, and what never."""
        told = [f"{waiting(endpoint)} for it, and will be sent at once."]
        if endpoint.disabled_at is not None:
            told.append("What happened while it was off was not kept, and is not sent.")
        return told


@page("webhooks/<uuid:pk>/delete/", name="webhook_delete", capability=Capability.MANAGE_WEBHOOKS)
class DeleteWebhook(WebhookVerb):
    """Take it away with its log."""

    title = "Delete the webhook"
    question = "Delete this webhook?"
    button = "Delete the webhook"
    danger = True

    def told(self, endpoint: WebhookEndpoint) -> list[str]:
        """What is lost."""
        return [
            f"{waiting(endpoint)} for it, and would never be sent.",
            "Its log of deliveries is deleted with it. The audit log keeps who did this.",
            "This cannot be undone. To keep the log, switch the webhook off instead.",
        ]

    def act(
        self, request: HttpRequest, endpoint: WebhookEndpoint, actor: audit.Actor
    ) -> HttpResponse | None:
        """Delete."""
        operations.delete_endpoint(endpoint=endpoint, actor=actor)
        messages.success(request, "The webhook was deleted.")
        return redirect("admin:webhooks")


@page("webhooks/<uuid:pk>/rotate/", name="webhook_rotate", capability=Capability.MANAGE_WEBHOOKS)
class RotateWebhook(WebhookVerb):
    """Give it a new secret, which is shown once."""

    title = "New secret"
    question = "Give this webhook a new secret?"
    button = "Make the new secret"

    def told(self, endpoint: WebhookEndpoint) -> list[str]:
        """That both sign for a day, and what that means for one that is being replaced."""
        told = [
            "The new secret is shown once.",
            "For 24 hours every event is signed with both secrets, the old one and the new one; "
            "then the old one ends. Give the receiver the new one before that.",
        ]
        if endpoint.rotating():
            until = at(endpoint.previous_until, zone_of(self.request.user))
            told.append(
                f"The secret before the present one still signs until {until}. It would end now."
            )
        return told

    def fields(self, endpoint: WebhookEndpoint) -> list[tuple[str, str]]:
        """Which secret is to be replaced: a page that is sent twice makes one new secret."""
        return [("secret", _mark(endpoint))]

    def act(
        self, request: HttpRequest, endpoint: WebhookEndpoint, actor: audit.Actor
    ) -> HttpResponse | None:
        """Rotate, and show."""
        if request.POST.get("secret") != _mark(endpoint):
            messages.warning(request, "It was given a new secret meanwhile. Nothing was changed.")
            return None
        rotated, secret = operations.rotate_secret(endpoint=endpoint, actor=actor)
        until = at(rotated.previous_until, zone_of(request.user))
        return show_secret(self, rotated, secret, title="New secret", old_until=until)


def _mark(endpoint: WebhookEndpoint) -> str:
    """Tells one sealed secret from another, and nothing more."""
    return hashlib.sha256(endpoint.secret.encode()).hexdigest()[:16]
