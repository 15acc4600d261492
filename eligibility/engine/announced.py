"""Announced rules of payers begin: their rows say from now on what was announced."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from eligibility.models import Payer, RulesVersion
from eligibility.models.rules_version import rules_in
from portal import audit
from portal.audit_values import difference
from portal.models import ActorKind, Verb


def begin_due() -> int:
    """Write what is due into its payers' rows. Returns how many payers changed.

    Only a matter of order: from the first moment of the day on, rows are judged by the announced
    rules whether or not this has run (`eligibility.registry`).
    """
    due = RulesVersion.objects.due().order_by("pk").values_list("pk", "payer")
    return sum(_begin(version_id, payer_id) for version_id, payer_id in due)


@transaction.atomic
def _begin(version_id: int, payer_id: int) -> bool:
    payer = Payer.objects.select_for_update().get(pk=payer_id)
    versions = RulesVersion.objects.filter(pk=version_id)
    if not versions.begin():
        return False
    version = versions.get()
    before, starts = rules_in(payer), version.effective_from
    RulesVersion.objects.keep_replaced([payer], until=starts, actor=version.noted_by)
    changed = {**version.rules, "rules_from": starts, "updated_at": Now()}
    Payer.objects.filter(pk=payer.pk).update(**changed)
    announcer = audit.find_actor(version.noted_by)
    audit.record(
        verb=Verb.CHANGED,
        actor=audit.Actor(ActorKind.SYSTEM, name="Portal", team_id=announcer.team_id),
        obj=payer,
        changes=difference(before, version.rules),
        details={"holds_from": version.day.isoformat(), "by": announcer.name},
    )
    return True
