"""The verbs on webhook endpoints, called alike by API and admin.

Each writes its entry in the audit log, in its own transaction. A secret is given back in clear
once, by the verb that made it, and is nowhere kept but sealed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from portal import audit
from portal.audit import Actor
from portal.models import (
    Clinic,
    DisabledReason,
    Team,
    Verb,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookType,
)
from portal.sealing import is_sealed_with_first_key, seal, unseal
from portal.webhooks import outbox
from portal.webhooks.outbox import News
from portal.webhooks.signing import new_secret

BOTH_SIGN_FOR: Final = timedelta(hours=24)
"""How long the secret before a rotation signs beside the new one."""
MOST_ENDPOINTS: Final = 20
"""Endpoints of one team: each is a call for every event."""
_CHANGEABLE: Final = ("url", "description", "event_types", "clinic")


@transaction.atomic
def create_endpoint(
    *,
    team: Team,
    url: str,
    actor: Actor | str,
    clinic: Clinic | None = None,
    description: str = "",
    event_types: Sequence[str] = (),
) -> tuple[WebhookEndpoint, str] | None:
    """Make an endpoint that hears from now on. Returns it with its secret, which is shown once.

    The caller has checked the address (`address.url_fault`). None when the team has as many
    endpoints as it may.
    """
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    if WebhookEndpoint.objects.filter(team=team).count() >= MOST_ENDPOINTS:
        return None
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        team=team,
        clinic=clinic,
        url=url,
        description=description,
        event_types=list(event_types),
        secret=seal(secret),
        created_by=actor if isinstance(actor, str) else actor.id,
        created_at=timezone.now(),
    )
    endpoint.refresh_from_db()  # `listens_from` is of the database's clock
    audit.record(verb=Verb.CREATED, actor=actor, obj=endpoint, details={"url": url})
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    *, endpoint: WebhookEndpoint, changes: dict[str, Any], actor: Actor | str
) -> WebhookEndpoint:
    """Give it another address, description, choice of events or clinic. Returns it as it is now."""
    held = _hold(endpoint)
    differing = {
        name: value
        for name, value in changes.items()
        if name in _CHANGEABLE and getattr(held, name) != value
    }
    if differing:
        before = {name: _plain(getattr(held, name)) for name in differing}
        WebhookEndpoint.objects.filter(pk=held.pk).update(**differing)
        told = {name: (before[name], _plain(value)) for name, value in differing.items()}
        audit.record(verb=Verb.CHANGED, actor=actor, obj=held, changes=told)
    return WebhookEndpoint.objects.get(pk=held.pk)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Clinic) else value


@transaction.atomic
def delete_endpoint(*, endpoint: WebhookEndpoint, actor: Actor | str) -> None:
    """Take it away with its log of deliveries; what was not delivered yet never will be."""
    held = _hold(endpoint)
    audit.record(verb=Verb.DELETED, actor=actor, obj=held, details={"url": held.url})
    WebhookDelivery.objects.filter(endpoint=held).delete()
    held.delete()


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, actor: Actor | str) -> tuple[WebhookEndpoint, str]:
    """Give it a new secret. Returns it with that; the old one signs beside it for 24 hours."""
    held, secret = _hold(endpoint), new_secret()
    WebhookEndpoint.objects.filter(pk=held.pk).update(
        secret=seal(secret), previous_secret=F("secret"), previous_until=Now() + BOTH_SIGN_FOR
    )
    audit.record(verb=Verb.ROTATED, actor=actor, obj=held)
    return WebhookEndpoint.objects.get(pk=held.pk), secret


@transaction.atomic
def pause_endpoint(*, endpoint: WebhookEndpoint, actor: Actor | str) -> bool:
    """Send it nothing; what happens meanwhile waits for it. False when it was not enabled."""
    mine = WebhookEndpoint.objects.sending().filter(pk=endpoint.pk)
    if not mine.update(paused_at=Now()):
        return False
    audit.record(verb=Verb.PAUSED, actor=actor, obj=endpoint)
    return True


@transaction.atomic
def enable_endpoint(*, endpoint: WebhookEndpoint, actor: Actor | str) -> bool:
    """Send to it again, whether it was paused or disabled. False when it was enabled.

    What waits is due at once, also what waited when it was disabled; what happened while it was
    disabled was not kept.
    """
    held = _hold(endpoint)
    if held.state() == "enabled":
        return False
    mine = WebhookEndpoint.objects.filter(pk=held.pk)
    mine.enable()
    mine.update(paused_at=None)
    WebhookDelivery.objects.pending().filter(endpoint=held).update(next_at=Now(), attempts=0)
    verb = Verb.RESUMED if held.state() == "paused" else Verb.ACTIVATED
    audit.record(verb=verb, actor=actor, obj=held)
    return True


@transaction.atomic
def disable_endpoint(*, endpoint: WebhookEndpoint, actor: Actor | str) -> bool:
    """Switch it off: nothing is sent to it, and nothing more is kept. False when it was off."""
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if not mine.disable(DisabledReason.BY_HAND):
        return False
    audit.record(verb=Verb.DEACTIVATED, actor=actor, obj=endpoint)
    return True


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint, actor: Actor | str) -> WebhookDelivery | None:
    """Put a test event in its line, whatever it wants to hear. None when nothing is sent to it."""
    held = _hold(endpoint)
    if held.state() != "enabled":
        return None
    sequence = time.time_ns() // 1000
    news = News(
        team_id=held.team_id,
        clinic_id=held.clinic_id,
        type=WebhookType.TEST.value,
        subject=held.pk,
        sequence=sequence,
        data={"webhook_id": str(held.pk), "sequence": sequence},
    )
    audit.record(verb=Verb.TESTED, actor=actor, obj=held)
    return outbox.put_for(held, news)


@transaction.atomic
def replay(*, deliveries: QuerySet[WebhookDelivery], actor: Actor | str) -> int:
    """Send events once more that were delivered or given up. Returns how many.

    Same id, same body; those that are on their way already stay so.
    """
    ids = list(deliveries.order_by("pk").values_list("pk", flat=True))
    rows = WebhookDelivery.objects.filter(pk__in=ids)
    endpoints = list(WebhookEndpoint.objects.filter(deliveries__in=rows).distinct())
    moved = rows.replay()
    if moved:
        targets = [audit.Target.of(each) for each in endpoints]
        details = {"replayed": moved}
        audit.record_many(verb=Verb.RERUN, actor=actor, targets=targets, details=details)
    return moved


@transaction.atomic
def reseal_secrets() -> tuple[int, int]:
    """Seal every endpoint's secrets with the first key of FIELD_KEY.

    Returns how many were sealed anew and how many already were. Raises Unopenable, and changes
    nothing, when one was sealed with a key that FIELD_KEY no longer holds.
    """
    stale, already = [], 0
    for endpoint in WebhookEndpoint.objects.select_for_update().order_by("pk"):
        for name in ("secret", "previous_secret"):
            sealed = getattr(endpoint, name)
            if sealed and not is_sealed_with_first_key(sealed):
                setattr(endpoint, name, seal(unseal(sealed)))
                stale.append(endpoint)
            elif sealed:
                already += 1
    changed = list(dict.fromkeys(stale))
    WebhookEndpoint.objects.bulk_update(changed, ["secret", "previous_secret"], batch_size=200)
    return len(stale), already


def _hold(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The endpoint as it is now, held until the transaction ends."""
    return WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
