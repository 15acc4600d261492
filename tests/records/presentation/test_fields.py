from __future__ import annotations

import pytest

from records.outline import outline_of
from records.presentation.fields import DAY_LABELS, LABELS, label, place
from records.schemas import DAYS, Place, Practitioner
from tests.records.rules.cases import CASES
from tests.records.rules.make_records import check_one


def test_every_documented_field_has_a_label() -> None:
    documented = outline_of(Practitioner).keys | outline_of(Place).keys | {"config"}
    assert set(LABELS) == documented
    assert tuple(DAY_LABELS) == DAYS
    assert label("npi") == "NPI"
    assert label("colour") == "colour"


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("", "The whole row"),
        ("/config", "Record"),
        ("/logicalId", "Id in your system"),
        ("/config/npi", "NPI"),
        ("/config/languages", "Languages"),
        ("/config/languages/0", "Language 1"),
        ("/config/specialties/1/code", "Specialty 2, code"),
        ("/config/locations/0/locationName", "Location 1, name"),
        ("/config/workingHours", "Working hours"),
        ("/config/workingHours/mon", "Monday"),
        ("/config/workingHours/mon/1", "Monday, hours 2"),
        ("/config/workingHours/sun/0/end", "Sunday, hours 1, end"),
        ("/config/workingHours/Monday", "Monday"),
        ("/config/preferred_visiting_reasons/2", "Reason for a visit 3"),
        ("/colour", "colour"),
        ("/config/a~1b~0c", "a/b~c"),
        ("/config/specialties/x", "Specialty x"),
    ],
)
def test_a_place_in_a_row_is_told_in_words(pointer: str, words: str) -> None:
    assert place(pointer) == words


def test_every_place_that_the_rules_name_has_words() -> None:
    for case in CASES:
        checked = check_one(case.row, "strict", case.facts)
        for issue in (*checked.errors, *checked.warnings):
            assert place(issue.pointer)
            assert not place(issue.pointer).startswith("/")
