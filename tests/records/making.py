"""Rows of records for tests: one good practitioner, with what a test cares about changed."""

from __future__ import annotations

from typing import Any

from portal.models import Team
from records.models import Integration
from records.operations import Created, create_records

ME = "a" * 24
YOU = "b" * 24
ATHENA = "5eb7cf5a86d9755df3a6c593"
OTHER = "5eb7cf5a86d9755df3a6c594"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def config(**said: Any) -> dict[str, Any]:
    """A practitioner without a doubt about it; every documented key is present."""
    return {
        "type": "practitioners",
        "organizationId": "ORG-1",
        "id": "P-1",
        "npi": "1234567893",
        "name": "Dr. Amna Haddad",
        "gender": "female",
        "avatar": None,
        "summary": None,
        "qualification": "MD",
        "education": None,
        "supervisorId": None,
        "status": "active",
        "languages": ["en", "ar"],
        "specialties": [{"name": "Family Medicine", "code": "207Q00000X"}],
        "locations": [{"locationId": "L-1", "locationName": "Marina"}],
        "workingHours": dict.fromkeys(DAYS) | {"mon": [{"start": "09:00", "end": "17:00"}]},
        "preferred_visiting_reasons": None,
        **said,
    }


def row(logical_id: str | None = "L-1", integration: str | None = None, **said: Any) -> Any:
    """One row of a bulk request."""
    return {"logicalId": logical_id, "integrationId": integration, "config": config(**said)}


def bad(logical_id: str | None = "L-1", **said: Any) -> Any:
    """A row that no profile takes."""
    return row(logical_id, **{"supervisorId": "nobody"} | said)


def make_integration(team: Team, pk: str = ATHENA) -> Integration:
    """The integration that rows name."""
    return Integration.objects.create(pk=pk, team=team, name=f"Athena {pk}", provider="athena")


def create(team: Team, *rows: Any, **asked: Any) -> Created:
    """What a bulk request of these rows is told."""
    given: dict[str, Any] = {"team": team, "actor": ME, "rows": list(rows)} | asked
    return create_records(**given)


def became(created: Created) -> list[str]:
    """What became of each row."""
    return [entry.disposition.value for entry in created.entries]


def codes(created: Created) -> list[list[str]]:
    """The error codes of each row."""
    return [[issue.code for issue in entry.errors] for entry in created.entries]


def ids(created: Created) -> list[str | None]:
    """The id of each row's record."""
    return [entry.stored.id if entry.stored else None for entry in created.entries]
