"""Switch rows on and off, many at once, with an audit event for each that moved."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal import audit
from portal.audit import Actor, Target
from portal.models import Verb


@transaction.atomic
def switch(*, rows: QuerySet[Any], on: bool, actor: Actor | str) -> int:
    """Set `is_active` of these rows. Returns how many moved; the others were so already."""
    model = rows.model
    wanted = model._base_manager.filter(pk__in=rows.order_by().values("pk"), is_active=not on)
    moving = list(wanted.select_for_update().order_by("pk"))
    values: dict[str, Any] = {"is_active": on}
    if any(field.name == "updated_at" for field in model._meta.concrete_fields):
        values["updated_at"] = timezone.now()
    model._base_manager.filter(pk__in=[row.pk for row in moving]).update(**values)
    verb = Verb.ACTIVATED if on else Verb.DEACTIVATED
    targets = [Target.of(row, {"is_active": (not on, on)}) for row in moving]
    audit.record_many(verb=verb, actor=actor, targets=targets)
    return len(moving)
