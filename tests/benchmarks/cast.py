"""Who takes part in the benchmarks: a team with a clinic, a key, every payer and its lane."""

from __future__ import annotations

from dataclasses import dataclass

from eligibility.models import Connection, Payer
from eligibility.payer_file import shipped
from portal.models import ApiKey, Clinic, Scope, Team


@dataclass(frozen=True, slots=True)
class Cast:
    """The caller of every request; `key` is the key's text."""

    team: Team
    clinic: Clinic
    key: str


def make_cast() -> Cast:
    """A team as `create_api_key --create` leaves one."""
    team = Team.objects.create(name="Benchmarks")
    clinic = Clinic.objects.create(team=team, name="First clinic")
    Payer.objects.bulk_create(Payer(**_columns(rules.as_json())) for rules in shipped().payers)
    lanes = [*Payer.objects.all(), None]
    Connection.objects.bulk_create(
        Connection(
            team=team, payer=payer, name=payer.code if payer else "tests", connector="synthetic"
        )
        for payer in lanes
    )
    _, key = ApiKey.issue(team=team, name="bench", scopes=Scope.values, clinics=[clinic])
    return Cast(team, clinic, key)


def _columns(rules: dict[str, object]) -> dict[str, object]:
    names = {field.attname for field in Payer._meta.concrete_fields}
    return {name: value for name, value in rules.items() if name in names}
