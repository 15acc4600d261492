from __future__ import annotations

import pytest

from eligibility.files.appointments import date_of, row_of
from tests.eligibility.make_rows import errors, make_row, warnings


def make_cells(**cells: str) -> dict[str, str]:
    """One line of an appointment list, most of its cells blank."""
    return {
        "client_reference": "APT-1",
        "appointment": "2026-11-24 08:03",
        "id_type": "EMIRATESID",
        "visit_type": "",
        "note": "",
    } | cells


def test_blank_cells_are_left_out_and_the_others_are_trimmed() -> None:
    row = row_of(make_cells(name="  Anjali Haddad ", phone="   "))
    assert row["name"] == "Anjali Haddad"
    assert not {"phone", "visit_type", "note"} & row.keys()


def test_the_appointments_date_is_the_service_date_and_its_time_is_kept() -> None:
    row = row_of(make_cells())
    assert (row["service_date"], row["appointment"]) == ("2026-11-24", "2026-11-24 08:03")
    assert "scheduled_for" not in row


def test_a_column_for_the_service_date_counts_more_than_the_appointment() -> None:
    assert row_of(make_cells(service_date="2026-12-01"))["service_date"] == "2026-12-01"


@pytest.mark.parametrize("text", ["2026-11-24", "2026-11-24 08:03", "2026-11-24T08:03:00"])
def test_the_date_ends_where_the_time_begins(text: str) -> None:
    assert date_of(text) == "2026-11-24"


def test_an_appointment_that_is_no_date_is_refused_when_the_row_is_checked() -> None:
    row = row_of(make_cells(appointment="24/11/2026 08:03"))
    assert errors(make_row(**row)) == ["service_date.format"]


def test_what_is_only_for_display_raises_no_doubt() -> None:
    row = row_of(make_cells(insurance_as_written="NextCare TPA"))
    assert row["insurance_as_written"] == "NextCare TPA"
    assert warnings(make_row(**row)) == []


def test_a_column_that_nobody_knows_stays_so_that_it_can_be_named() -> None:
    assert warnings(make_row(**row_of(make_cells(room="12")))) == ["field.unknown"]


def test_a_note_fills_the_field_of_its_name() -> None:
    row = row_of(make_cells(note="serviceType=Consultation GP"))
    assert row["serviceType"] == "Consultation GP"
    assert "extra_args" not in row


def test_a_note_never_replaces_what_a_column_says() -> None:
    row = row_of(make_cells(name="Anjali Haddad", note="name = A. Haddad"))
    assert row["name"] == "Anjali Haddad"
    assert row["extra_args"] == {"title": "name", "value": "A. Haddad"}


def test_a_note_about_something_else_becomes_an_extra_argument() -> None:
    assert row_of(make_cells(note="trimester=2"))["extra_args"] == {
        "title": "trimester",
        "value": "2",
    }


def test_a_note_in_free_words_is_kept_as_such() -> None:
    assert row_of(make_cells(note="second visit"))["extra_args"] == {
        "title": "note",
        "value": "second visit",
    }


@pytest.mark.parametrize(("text", "value"), [("Yes", True), ("0", False), ("maybe", "maybe")])
def test_a_switch_in_a_file_becomes_true_or_false_when_it_is_one(text: str, value: object) -> None:
    assert row_of(make_cells(is_emergency=text))["is_emergency"] == value
    assert row_of(make_cells(note=f"is_emergency={text}"))["is_emergency"] == value
