"""Practitioners offered where a check asks for a doctor."""

from __future__ import annotations

import pytest
from django.test import Client

from records.doctors import Doctor, doctors_of
from tests.cast import Cast
from tests.eligibility.admin.waiting import failed, fix_page
from tests.records.making import create, row

pytestmark = pytest.mark.django_db

AMNA = Doctor("DHA-P-0123456", "Dr. Amna Haddad · DHA-P-0123456 · NPI 1234567893")


@pytest.fixture
def doctors(cast: Cast) -> None:
    """Two doctors of ours who work, one who does not, and one of theirs."""
    create(
        cast.us.team,
        row("A", id="DHA-P-0123456"),
        row("B", id=None, name="Dr. Sami Noor", npi=None),
        row("C", id="DHA-P-9", name="Dr. Gone", status="inactive"),
    )
    create(cast.them.team, row("D", id="DHA-P-0123457"))


@pytest.mark.parametrize("text", ["amna", "HADDAD", "DHA-P-01", "12345678"])
def test_a_doctor_is_found_by_name_licence_and_npi(cast: Cast, doctors: None, text: str) -> None:
    assert doctors_of(cast.us.team.pk, text) == [AMNA]


def test_without_a_licence_the_name_is_what_a_payer_is_told(cast: Cast, doctors: None) -> None:
    assert doctors_of(cast.us.team.pk) == [AMNA, Doctor("Dr. Sami Noor", "Dr. Sami Noor")]


def test_the_forms_of_a_check_offer_the_teams_own_doctors(
    cast: Cast, doctors: None, client: Client
) -> None:
    client.force_login(cast.us.operator)
    task = failed(cast.us.first, payer="INS026")
    for url in (fix_page(task), "/admin/checks/new/?payer=INS026"):
        page = client.get(url).content.decode()
        assert '<option value="DHA-P-0123456"' in page
        assert "DHA-P-0123457" not in page
        assert "Gone" not in page


def test_what_somebody_types_is_looked_for_among_their_own(
    cast: Cast, doctors: None, client: Client
) -> None:
    client.force_login(cast.us.operator)
    found = client.get("/admin/doctors/", {"q": "noor\0"}).json()["doctors"]
    assert found == []
    found = client.get("/admin/doctors/", {"q": "noor"}).json()["doctors"]
    assert found == [{"value": "Dr. Sami Noor", "label": "Dr. Sami Noor"}]
    client.force_login(cast.us.viewer)
    assert client.get("/admin/doctors/", {"q": "noor"}).status_code == 403
