"""The payer registry as the rules need it, read from the database and kept while it is true.

Whether it is still true is asked of the rows themselves: a time stamp would miss an edit by
`QuerySet.update`, one in plain SQL, and one by a machine whose clock is slow. The same query
asks the database's clock whether announced rules hold by now: from the first moment of their
day on they stand for those in the payer's row, whether or not a worker has written them there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from eligibility import clock
from eligibility.models import Payer, RulesVersion
from eligibility.rules import PayerRules, Registry

State = list[tuple[Any, ...]]
"""Every payer's row as the database writes it, with its announced rules and whether they hold."""

_AS_TEXT = ", ".join(f"CAST(p.{field.column} AS text)" for field in Payer._meta.concrete_fields)
_STATE = (
    f"SELECT {_AS_TEXT}, v.id, CAST(v.rules AS text),"  # noqa: S608
    " CASE WHEN v.effective_from <= {now} THEN 1 ELSE 0 END"
    f" FROM {Payer._meta.db_table} p LEFT JOIN {RulesVersion._meta.db_table} v"
    " ON v.payer_id = p.id AND v.state = 'announced' ORDER BY p.id"
)


@dataclass(frozen=True, slots=True)
class LoadedRegistry:
    """The active payers' rules and the database id of each code."""

    rules: Registry
    ids: dict[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """The rules of a payer that hold, since when, and what was announced (None: nothing)."""

    rules: PayerRules
    since: datetime
    upcoming: PayerRules | None = None
    upcoming_from: datetime | None = None


_loaded: tuple[State, LoadedRegistry] | None = None


def load() -> LoadedRegistry:
    """The registry as it stands now: one query of plain text when nothing has changed."""
    global _loaded
    state, kept = _state(), _loaded
    if kept is None or kept[0] != state:
        begun = [version for *_, version, _, holds in state if holds]
        kept = _loaded = (state, _read(begun))
    return kept[1]


def _state() -> State:
    with connection.cursor() as cursor:
        cursor.execute(_STATE.format(now=clock.now()), [])
        return cursor.fetchall()


def _read(begun: Sequence[int]) -> LoadedRegistry:
    payers = list(Payer.objects.filter(is_active=True))
    versions = RulesVersion.objects.filter(pk__in=begun) if begun else ()
    newer = {version.payer_id: version.rules for version in versions}
    return LoadedRegistry(
        rules=Registry([with_rules(rules_of(each), newer.get(each.pk)) for each in payers]),
        ids={payer.code: payer.pk for payer in payers},
    )


def standings(payers: Sequence[Payer]) -> list[Standing]:
    """What holds for each of these payers and what is announced, in their order; one query."""
    holds = ExpressionWrapper(Q(effective_from__lte=Now()), output_field=BooleanField())
    announced = RulesVersion.objects.announced().filter(payer__in=payers).annotate(holds=holds)
    found = {version.payer_id: version for version in announced}
    return [_standing(payer, found.get(payer.pk)) for payer in payers]


def _standing(payer: Payer, version: Any) -> Standing:
    rules = rules_of(payer)
    if version is None:
        return Standing(rules, payer.rules_from)
    newer = with_rules(rules, version.rules)
    if version.holds:
        return Standing(newer, version.effective_from)
    return Standing(rules, payer.rules_from, newer, version.effective_from)


def with_rules(rules: PayerRules, version: Mapping[str, Any] | None) -> PayerRules:
    """The same payer with the rules of a version, as RulesVersion keeps them; None: as it is."""
    if version is None:
        return rules
    return replace(
        rules,
        id_types=tuple(version["id_types"]),
        visit_types=tuple(version["visit_types"]),
        requires=tuple((rule["field"], rule["when"]) for rule in version["requires"]),
        optional=tuple(version["optional"]),
        members=tuple(version["members"]),
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
