"""The payer registry as the rules need it, read from the database and kept while it is true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from eligibility.models import Payer
from eligibility.rules import PayerRules, Registry

Stamp = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True)
class LoadedRegistry:
    """The active payers' rules and the database id of each code."""

    rules: Registry
    ids: dict[str, int]


_loaded: tuple[Stamp, LoadedRegistry] | None = None


def load() -> LoadedRegistry:
    """The registry as it stands now: one small query when nothing has changed."""
    global _loaded
    facts = Payer.objects.aggregate(count=Count("pk"), changed=Max("updated_at"))
    stamp = (facts["count"], facts["changed"])
    if _loaded is None or _loaded[0] != stamp:
        _loaded = (stamp, _read())
    return _loaded[1]


def _read() -> LoadedRegistry:
    payers = list(Payer.objects.filter(is_active=True))
    return LoadedRegistry(
        rules=Registry([rules_of(payer) for payer in payers]),
        ids={payer.code: payer.pk for payer in payers},
    )


def rules_of(payer: Payer) -> PayerRules:
    """One payer's rules."""
    return PayerRules(
        code=payer.code,
        name=payer.name,
        kind=payer.kind,
        id_types=tuple(payer.id_types),
        visit_types=tuple(payer.visit_types),
        requires=tuple((rule["field"], rule["when"]) for rule in payer.requires),
        optional=tuple(payer.optional),
        aliases=tuple(payer.aliases),
        members=tuple(payer.members),
    )
