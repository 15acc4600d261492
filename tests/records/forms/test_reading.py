"""What a record's form shows, and what it sends back."""

from __future__ import annotations

from typing import Any

import pytest

from portal.intake.issues import Issue
from records.forms import FIELDS, read_row, row_form, take_over, value_of
from records.presentation.fields import DAY_LABELS
from tests.records.making import row


def sent(stands: Any, **changes: str) -> dict[str, str]:
    """The form of this row as a browser sends it, with some fields changed."""
    found: dict[str, str] = {}
    for field in row_form(stands, integrations=[]).fields:
        pointer = field.spec.pointer
        if field.days:
            found |= {name: text for name, _, text in field.days}
        elif field.rows:
            found[f"{pointer}/rows"] = str(len(field.rows))
            found |= {name: text for line in field.rows for name, _, text, _ in line}
        else:
            found[pointer] = field.value
    return found | changes


ODD: list[Any] = [
    row(),
    row(languages=[], locations=None, specialties=[]),
    row(workingHours={"mon": [{"start": "9am", "end": None}], "tue": []}),
    row(workingHours=None, education="two\nlines", summary=None),
    {"logicalId": None, "config": {"type": "practitioners", "extra": {"kept": True}}},
    row(specialties=[{"code": "207Q00000X", "own": "kept"}]),
]


@pytest.mark.parametrize("stands", ODD)
def test_a_form_that_nobody_touched_sends_the_row_as_it_stands(stands: Any) -> None:
    def plain(value: Any) -> Any:
        """Without what says nothing."""
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if plain(v) not in (None, [], {})}
        return [plain(each) for each in value] if isinstance(value, list) else value

    assert plain(read_row(sent(stands), stands)) == plain(stands)


@pytest.mark.parametrize("stands", [None, "text", 7, [], {"config": 1}])
def test_a_row_that_is_no_record_is_begun_anew(stands: Any) -> None:
    read = read_row({"/config/name": "Dr. New"}, stands)
    assert read["config"] == {"type": "practitioners", "name": "Dr. New"}


def test_a_number_is_written_as_the_text_that_it_should_have_been() -> None:
    stands = row(npi=1234567893, languages="English", specialties="Cardiology")
    assert value_of(FIELDS["/config/npi"], stands) == "1234567893"
    read = read_row(sent(stands), stands)
    assert read["config"]["npi"] == "1234567893"
    assert read["config"]["languages"] == ["English"]
    assert read["config"]["specialties"] == [{"name": "Cardiology", "code": None}]


@pytest.mark.parametrize(
    ("text", "stretches"),
    [
        ("09:00-12:30, 13:30-17:00", [("09:00", "12:30"), ("13:30", "17:00")]),
        ("09:00 – 12:30; 13:30—17:00", [("09:00", "12:30"), ("13:30", "17:00")]),
        ("9am", [("9am", None)]),
        ("", None),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, stretches: Any) -> None:
    stands = row(workingHours={"mon": [{"start": "01:00", "end": "02:00"}]})
    read = read_row(sent(stands, **{"/config/workingHours/mon": text}), stands)
    wanted = stretches and [{"start": start, "end": end} for start, end in stretches]
    assert read["config"]["workingHours"]["mon"] == wanted


def test_every_field_of_the_schema_has_its_place_in_the_form() -> None:
    names = {field.spec.name for field in row_form(row(), integrations=[]).fields}
    documented = set(row()["config"]) | {"logicalId", "integrationId"}
    assert names == documented - {"type"}


def test_faulty_fields_come_first_and_name_the_part_at_fault() -> None:
    errors = [Issue("/config/workingHours/tue/0", "hours.order", "m")]
    warnings = [Issue("/config/languages/0", "language.tag", "m", "English", "en")]
    form = row_form(row(), integrations=[], errors=errors, warnings=warnings)
    assert [field.spec.name for field in form.first] == ["workingHours", "languages"]
    assert form.first[0].guilty == {"/config/workingHours/tue"}
    assert set(DAY_LABELS) == {name.rpartition("/")[2] for name in form.first[0].parts}
    assert not form.notes


def test_a_suggestion_is_taken_by_its_name_and_an_old_one_changes_nothing() -> None:
    stands = row(languages=["English"])
    issue = Issue("/config/languages/0", "language.tag", "m", "English", "en")
    form = row_form(stands, integrations=[], warnings=[issue])
    token = form.first[0].warnings[0].token
    assert take_over(stands, [issue], token)["config"]["languages"] == ["en"]
    assert take_over(stands, [], token) is stands
