"""What is done to API keys, whoever does it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal import audit
from portal.audit import Actor, Target
from portal.models import ApiKey, Verb


@transaction.atomic
def revoke_keys(*, keys: QuerySet[ApiKey], actor: Actor | str) -> int:
    """Close these keys for good, from the next request on. Returns how many were open."""
    ids = keys.order_by().values("pk")
    still_open = ApiKey.objects.filter(pk__in=ids, revoked_at=None)
    found = list(still_open.select_for_update().order_by("pk"))
    now = timezone.now()
    ApiKey.objects.filter(pk__in=[key.pk for key in found]).update(revoked_at=now)
    targets = [Target.of(key, {"revoked_at": (None, now)}) for key in found]
    audit.record_many(verb=Verb.REVOKED, actor=actor, targets=targets)
    return len(found)
