from __future__ import annotations

import io
import json
from typing import Any

import pytest

from portal.intake.readers import Unreadable
from records.importers.fhir import NPI_SYSTEM, OF_PERSON, TAXONOMY_SYSTEM
from tests.records.importers.making import faults, opened, read


def make_practitioner(own_id: str = "pr-1", npi: str = "1234567893", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Practitioner",
        "id": own_id,
        "identifier": [
            {"system": "urn:other", "value": "x"},
            {"system": NPI_SYSTEM, "value": npi},
        ],
        "active": True,
        "name": [{"family": "Haddad", "given": ["Amal", "B."], "prefix": ["Dr."]}],
        "gender": "female",
        **more,
    }


def make_role(npi: str = "1234567893", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "practitioner": {"identifier": {"system": NPI_SYSTEM, "value": npi}},
        "organization": {"reference": "Organization/org-1"},
        "specialty": [
            {"coding": [{"system": TAXONOMY_SYSTEM, "code": "207Q00000X", "display": "Family"}]}
        ],
        "location": [{"identifier": {"value": "loc-1"}, "display": "Marina"}],
        "availableTime": [
            {
                "daysOfWeek": ["mon", "tue"],
                "availableStartTime": "09:00:00",
                "availableEndTime": "12:30:00",
            },
            {"daysOfWeek": ["sun"], "allDay": True},
        ],
        **more,
    }


def lines(*resources: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in resources)


def test_a_practitioner_is_joined_with_its_role_on_the_npi() -> None:
    for text in (
        lines(make_practitioner(), make_role()),
        lines(make_role(), make_practitioner()),
    ):
        (row,) = read(text)
        assert row.raw == {
            "logicalId": "pr-1",
            "config": {
                "type": "practitioners",
                "organizationId": "org-1",
                "npi": "1234567893",
                "name": "Dr. Amal B. Haddad",
                "gender": "female",
                "status": "active",
                "specialties": [{"code": "207Q00000X", "name": "Family"}],
                "locations": [{"locationId": "loc-1", "locationName": "Marina"}],
                "workingHours": {
                    "mon": [{"start": "09:00", "end": "12:30"}],
                    "tue": [{"start": "09:00", "end": "12:30"}],
                    "sun": [{"start": "00:00", "end": "24:00"}],
                },
            },
        }


def test_roles_may_stand_in_a_second_file_or_refer_by_id() -> None:
    by_id = make_role() | {"practitioner": {"reference": "Practitioner/pr-1"}}
    (row,) = read(lines(make_practitioner()), roles=io.BytesIO(lines(by_id).encode()))
    assert row.raw["config"]["organizationId"] == "org-1"


def test_several_roles_add_up_and_nothing_comes_twice() -> None:
    other = make_role(location=[{"identifier": {"value": "loc-2"}}])
    (row,) = read(lines(make_practitioner(), make_role(), other))
    config = row.raw["config"]
    assert config["specialties"] == [{"code": "207Q00000X", "name": "Family"}]
    assert config["locations"] == [
        {"locationId": "loc-1", "locationName": "Marina"},
        {"locationId": "loc-2"},
    ]


def test_roles_of_nobody_are_told_by_their_lines() -> None:
    with opened(lines(make_practitioner(), make_role(npi="1000000000"))) as source:
        assert len(list(source.rows)) == 1
        (said,) = source.notices
    assert said == "Roles that belong to no practitioner of the file: 1 (line 2)."


def test_without_roles_the_file_does_not_speak_of_what_roles_say() -> None:
    with opened(lines(make_practitioner())) as source:
        assert source.carried == OF_PERSON


def test_other_resources_and_broken_lines_are_refused_one_by_one() -> None:
    text = lines(make_practitioner()) + '{"resourceType": "Organization"}\n[1]\n{"resourceTy'
    rows = read(text)
    assert [row.is_row for row in rows] == [True, False, False, False]
    assert faults(rows) == ["fhir.resource_type", "fhir.resource_type", "json.syntax"]


def test_a_second_file_that_cannot_be_read_is_refused_with_its_line() -> None:
    with pytest.raises(Unreadable, match="roles: Line 2"):
        opened(lines(make_practitioner()), roles=io.BytesIO(lines(make_role()).encode() + b"{"))
    with pytest.raises(Unreadable, match="FHIR practitioners only"):
        opened("name\nAmal\n", roles=io.BytesIO(b""))


@pytest.mark.parametrize("odd", [{"name": "Amal"}, {"identifier": 7}, {"active": "yes"}, {"id": 5}])
def test_odd_resources_are_read_and_left_to_the_rules(odd: dict[str, Any]) -> None:
    (row,) = read(lines(make_practitioner(**odd)))
    assert row.is_row
