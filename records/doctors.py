"""Practitioners to choose from where something else asks for a doctor."""

from __future__ import annotations

from typing import NamedTuple

from records.choices import RecordType
from records.models import ResourceRecord

MOST = 30
"""Practitioners offered at once: who looks for others types a part of the name or number."""
_ASIDE = "inactive"


class Doctor(NamedTuple):
    """`value` is what a payer is told: the licence, which is the record's own id, or the name.

    `label` is what a person recognises: name, licence, NPI.
    """

    value: str
    label: str


def doctors_of(team_id: str, text: str = "") -> list[Doctor]:
    """The team's practitioners that the text finds, by name, licence or NPI; by name in order.

    An empty text finds the first ones. Those who are inactive, or have neither licence nor name,
    are left out.
    """
    found = ResourceRecord.objects.of_team(team_id).filter(type=RecordType.PRACTITIONERS)
    found = found.exclude(status=_ASIDE).exclude(name_key="", external_id="")
    rows = found.search(text).order_by("name_key", "pk")
    columns = rows.values_list("config__name", "external_id", "npi")[:MOST]
    return [_doctor(name or "", licence, npi) for name, licence, npi in columns]


def _doctor(name: str, licence: str, npi: str) -> Doctor:
    parts = (name, licence, f"NPI {npi}" if npi else "")
    return Doctor(licence or name, " · ".join(part for part in parts if part))
