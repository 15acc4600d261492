from __future__ import annotations

import csv
import io

import pytest

from portal.intake.readers import Unreadable
from records.importers.rows import Format
from tests.records.importers.making import faults, opened, read

PERSON = {
    "NPI": "1234567893",
    "Entity Type Code": "1",
    "Provider Last Name (Legal Name)": "HADDAD",
    "Provider First Name": "AMAL",
    "Provider Middle Name": "",
    "Provider Credential Text": "M.D.",
    "Provider Gender Code": "F",
    "Provider Business Practice Location Address City Name": "SALEM",
    "Provider Business Practice Location Address State Name": "OR",
    "Healthcare Provider Taxonomy Code_1": "208D00000X",
    "Healthcare Provider Primary Taxonomy Switch_1": "N",
    "Provider License Number_1": "L-1",
    "Healthcare Provider Taxonomy Code_2": "207Q00000X",
    "Healthcare Provider Primary Taxonomy Switch_2": "Y",
    "Provider License Number_2": "L-2",
    "NPI Deactivation Date": "",
    "NPI Reactivation Date": "",
    "Some Column We Do Not Read": "x",
}


def nppes(*persons: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, PERSON, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(PERSON | each for each in persons)
    return text.getvalue()


def test_a_person_is_read_by_the_names_of_the_columns() -> None:
    (row,) = read(nppes({}))
    assert row.raw == {
        "logicalId": "1234567893",
        "config": {
            "type": "practitioners",
            "npi": "1234567893",
            "name": "AMAL HADDAD",
            "qualification": "M.D.",
            "gender": "female",
            "specialties": [{"code": "207Q00000X"}, {"code": "208D00000X"}],
            "id": "L-2",
            "locations": [{"locationName": "SALEM, OR"}],
            "status": "active",
        },
    }
    assert row.errors == ()


def test_an_organisation_is_refused_and_a_nameless_entity_too() -> None:
    rows = read(nppes({"Entity Type Code": "2"}, {"Entity Type Code": ""}, {}))
    assert faults(rows) == ["npi.organization", "npi.entity_type"]
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("gone", "back", "status"),
    [
        ("", "", "active"),
        ("05/23/2007", "", "inactive"),
        ("05/23/2007", "06/01/2007", "active"),
        ("06/01/2009", "12/31/2008", "inactive"),
    ],
)
def test_a_deactivated_number_is_inactive_until_it_is_reactivated(
    gone: str, back: str, status: str
) -> None:
    (row,) = read(nppes({"NPI Deactivation Date": gone, "NPI Reactivation Date": back}))
    assert row.raw["config"]["status"] == status


def test_the_format_is_found_by_the_header_and_can_be_asked_for() -> None:
    for kind in ("auto", "nppes"):
        with opened(nppes({}), kind=kind) as source:
            assert source.format is Format.NPPES
            assert "summary" not in source.carried
    with pytest.raises(Unreadable, match="no NPPES file"):
        opened("name,npi\nAmal,1\n", kind="nppes")
