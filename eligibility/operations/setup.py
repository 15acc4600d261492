"""Bring a portal to life: the payer registry, and a team that can ask the synthetic payer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from eligibility import payer_file
from eligibility.engine.announced import begin_due
from eligibility.models import Connection, Payer
from eligibility.models.rules_version import rules_in
from eligibility.operations.payer_rules import keep_rules
from eligibility.payer_rules import PayerRules
from portal.models import Clinic, Team

SYNTHETIC_LIMITS: dict[str, Any] = {
    "connector": "synthetic",
    "max_in_flight": 20,
    "deadline": 5.0,
    "give_up_after": 60.0,
    "answer_within": 60.0,
    "backoff_min": 0.5,
    "backoff_max": 2.0,
    "breaker_min": 2.0,
    "breaker_max": 10.0,
    "expected_pace": 20.0,
}


@transaction.atomic
def sync_payers(*, payers: Iterable[PayerRules], dry_run: bool = False) -> dict[str, int]:
    """Make the registry say what these rules say; payers it has beside them are left alone.

    Returns how many were created, updated and unchanged. A second run changes nothing. Rules
    that change are kept as what held before; an announced change stays announced.
    """
    if not dry_run:
        begin_due()
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    known = {payer.code: payer for payer in Payer.objects.select_for_update()}
    for rules in payers:
        wanted: dict[str, Any] = {"members": [], **rules.as_json()}
        payer = known.get(rules.code) or Payer(code=rules.code)
        if payer.pk and all(getattr(payer, name) == value for name, value in wanted.items()):
            counts["unchanged"] += 1
            continue
        counts["updated" if payer.pk else "created"] += 1
        was = rules_in(payer) if payer.pk and not dry_run else {}
        if any(wanted[name] != value for name, value in was.items()):
            payer.rules_from = keep_rules(payer=payer, actor="")
        for name, value in wanted.items():
            setattr(payer, name, value)
        if not dry_run:
            payer.save()
    return counts


@transaction.atomic
def prepare_team(*, team: str, clinic: str) -> tuple[Team, Clinic]:
    """The team and the clinic of these names or ids, with all that checks need.

    Loads the shipped payer registry when there is none, then makes what is missing of: the
    team, the clinic (Asia/Dubai), its synthetic connections. Raises ValidationError for a name
    that is blank or too long.
    """
    if not Payer.objects.exists():
        sync_payers(payers=payer_file.shipped().payers)
    team_row = find_by_id_or_name(Team.objects, team) or _made(Team(name=team.strip()))
    clinics = Clinic.objects.filter(team=team_row)
    clinic_row = find_by_id_or_name(clinics, clinic) or _made(
        Clinic(team=team_row, name=clinic.strip())
    )
    connect_to_synthetic(team=team_row)
    return team_row, clinic_row


def find_by_id_or_name(rows: Any, text: str) -> Any:
    """The row with this name, or else with this id; None when there is neither."""
    found = rows.filter(name=text.strip()).first()
    if found is not None:
        return found
    try:
        return rows.filter(pk=text.strip()).first()
    except (ValueError, ValidationError):
        return None


def _made(row: Any) -> Any:
    row.full_clean()
    row.save()
    return row


def connect_to_synthetic(*, team: Team) -> None:
    """A synthetic connection for every payer that has none, and the test connection.

    A production team gets the test connection only: its own rows never reach a synthetic payer.
    """
    have = set(Connection.objects.filter(team=team).values_list("payer_id", flat=True))
    asked = Payer.objects.exclude(kind=Payer.Kind.SEARCH).exclude(pk__in=have - {None})
    wanted = [
        Connection(team=team, payer=payer, name=_lane_name(payer.name), **SYNTHETIC_LIMITS)
        for payer in ([] if team.is_production else asked)
    ]
    if None not in have:
        name = _lane_name("Test connection")
        wanted.append(Connection(team=team, payer=None, name=name, **SYNTHETIC_LIMITS))
    Connection.objects.bulk_create(wanted)


def _lane_name(name: str) -> str:
    return f"{name[:180]} (synthetic)"
