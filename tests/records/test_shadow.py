from __future__ import annotations

from typing import Any

from records.shadow import SHADOWS, shadow_of

NOTHING: dict[str, Any] = dict.fromkeys(
    ("npi", "name", "status", "supervisorId", "organizationId", "id", "specialties")
)


def shadows(**said: Any) -> dict[str, str]:
    config = {"type": "practitioners", **NOTHING, **said}
    return dict(zip(SHADOWS, shadow_of(config), strict=True))


def test_a_config_that_says_nothing_has_empty_shadows() -> None:
    assert set(shadows().values()) == {"practitioners", ""}


def test_every_shadow_is_read_off_the_config() -> None:
    found = shadows(
        npi="1234567893",
        name="Dr. José Haddad",
        status="active",
        supervisorId="5eb7cf5a86d9755df3a6c593",
        organizationId="O-1",
        id="P-7",
        specialties=[{"name": "Family Medicine", "code": "207Q00000X"}, {"name": "A|B"}],
    )
    assert found == {
        "type": "practitioners",
        "npi": "1234567893",
        "name_key": "dr. jose haddad",
        "status": "active",
        "supervisor_id": "5eb7cf5a86d9755df3a6c593",
        "organization_id": "O-1",
        "external_id": "P-7",
        "specialty_key": "|207q00000x|family medicine|a b|",
    }


def test_a_shadow_never_outgrows_its_column() -> None:
    found = shadows(name="ﷺ" * 300, specialties=[{"name": "n" * 300, "code": "c"}] * 100)
    assert len(found["name_key"]) == 300
    assert len(found["specialty_key"]) == 2000
