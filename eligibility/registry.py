"""The payer registry as the rules need it, read from the database and kept while it is true.

Whether it is still true is asked of the rows themselves: a time stamp would miss an edit by
`QuerySet.update`, one in plain SQL, and one by a machine whose clock is slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from eligibility.models import Payer
from eligibility.rules import PayerRules, Registry

State = list[tuple[Any, ...]]
"""Every payer's row as the database writes it."""

_AS_TEXT = ", ".join(f"CAST({field.column} AS text)" for field in Payer._meta.concrete_fields)
_STATE = f"SELECT {_AS_TEXT} FROM {Payer._meta.db_table} ORDER BY id"  # noqa: S608


@dataclass(frozen=True, slots=True)
class LoadedRegistry:
    """The active payers' rules and the database id of each code."""

    rules: Registry
    ids: dict[str, int]


_loaded: tuple[State, LoadedRegistry] | None = None


def load() -> LoadedRegistry:
    """The registry as it stands now: one query of plain text when nothing has changed."""
    global _loaded
    state, kept = _state(), _loaded
    if kept is None or kept[0] != state:
        kept = _loaded = (state, _read())
    return kept[1]


def _state() -> State:
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        return cursor.fetchall()


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
