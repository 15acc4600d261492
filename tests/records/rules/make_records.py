"""Rows of records as a client sends them, and the rules applied to them."""

from __future__ import annotations

from typing import Any

from portal.intake.issues import Issue
from portal.intake.luhn import luhn_digit
from records.rules import Checked, Facts, check_records
from records.rules.npi import PREFIX

INTEGRATION = "5eb7cf5a86d9755df3a6c593"
SUPERVISOR = "5eb7cf5a86d9755df3a6c594"
OTHER = "5eb7cf5a86d9755df3a6c595"
STRANGER = "5eb7cf5a86d9755df3a6c5ff"

TAXONOMY = {
    "207Q00000X": "Family Medicine Physician",
    "207N00000X": "Dermatology Physician",
    "2084P0800X": "Psychiatry Physician",
}
FACTS = Facts(
    integrations=frozenset({INTEGRATION}),
    supervisors={SUPERVISOR: None, OTHER: SUPERVISOR},
    shared_npis=frozenset(),
    taxonomy=TAXONOMY,
)
"""What a team knows that has everything loaded but a registry of NPIs."""

DAY = [{"start": "09:00", "end": "12:30"}, {"start": "13:30", "end": "17:00"}]
WEEK: dict[str, Any] = {
    "mon": DAY,
    "tue": DAY,
    "wed": DAY,
    "thu": DAY,
    "fri": [],
    "sat": None,
    "sun": [{"start": "00:00", "end": "24:00"}],
}


def make_npi(number: int = 123456789) -> str:
    """A number with the right check digit, from its first nine digits."""
    body = f"{number:09d}"
    return body + luhn_digit(PREFIX + body)


def make_record(*without: str, **config: Any) -> dict[str, Any]:
    """A row with no fault and no doubt in either profile; `config` changed, `without` left out."""
    full = {
        "type": "practitioners",
        "organizationId": "ORG-1",
        "id": "P-1",
        "npi": make_npi(),
        "name": "Dr Amal Haddad",
        "gender": "female",
        "avatar": "https://example.com/staff/1.png",
        "summary": "Sees families.",
        "qualification": "MD",
        "education": "University of Somewhere",
        "supervisorId": SUPERVISOR,
        "status": "active",
        "languages": ["en", "ar", "pt-BR"],
        "specialties": [{"name": "Family Medicine Physician", "code": "207Q00000X"}],
        "locations": [{"locationId": "A", "locationName": "Main"}],
        "workingHours": WEEK,
        "preferred_visiting_reasons": ["5eb7cf5a86d9755df3a6c593"],
    } | config
    kept = {name: value for name, value in full.items() if name not in without}
    return {"logicalId": "L-1", "integrationId": INTEGRATION, "config": kept}


def make_hours(*stretches: str, day: str = "mon", **others: Any) -> dict[str, Any]:
    """A week with hours such as "09:00-17:00" on one day."""
    hours = [dict(zip(("start", "end"), each.split("-"), strict=True)) for each in stretches]
    return {"workingHours": {day: hours, **others}}


def check(
    *rows: Any, profile: str = "lenient", facts: Facts = FACTS, **options: Any
) -> list[Checked]:
    """The rows checked, by default with all that a team may know."""
    return check_records(rows, profile=profile, facts=facts, **options)


def check_one(row: Any, profile: str = "lenient", facts: Facts = FACTS, **options: Any) -> Checked:
    """One row checked."""
    (checked,) = check(row, profile=profile, facts=facts, **options)
    return checked


def told(checked: Checked) -> list[tuple[str, str, str, Any]]:
    """What was found, as (E or W, code, pointer, suggestion)."""
    kinds: tuple[tuple[str, list[Issue]], ...] = (("E", checked.errors), ("W", checked.warnings))
    return [
        (kind, issue.code, issue.pointer, issue.suggestion)
        for kind, issues in kinds
        for issue in issues
    ]
