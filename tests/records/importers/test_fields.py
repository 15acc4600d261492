from __future__ import annotations

from records.importers.fields import DAYS, DOCUMENTED, ENDS, OBJECTS
from records.schemas import Hours, Location, Practitioner, Specialty, WorkingHours


def keys(shape: type) -> set[str]:
    return set(shape.__annotations__)


def test_files_know_every_documented_field() -> None:
    assert keys(Practitioner) - {"type"} == DOCUMENTED
    assert set(OBJECTS["specialties"]) == keys(Specialty)
    assert set(OBJECTS["locations"]) == keys(Location)
    assert set(DAYS) == keys(WorkingHours)
    assert set(ENDS) == keys(Hours)
